/// The processes of a cluster under drill, as a port: what runs, signals, starting again.
///
/// Implementations: our own cluster (drill/own_site.h), a running one of this host (drill/target_site.h),
/// and a twin in memory for tests.
#pragma once

#include <stellwerk/result.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "http/endpoint.h"

namespace stellwerk::drill {

/// For one answer of a master on this host.
inline constexpr std::chrono::milliseconds kMasterAnswerMax = std::chrono::seconds(2);

enum class Kind { master, worker, zookeeper };

/// What has not come back within this time will not.
inline constexpr std::chrono::milliseconds kComeBackMax = std::chrono::seconds(60);
/// On a running cluster somebody starts again what was ended.
inline constexpr std::chrono::milliseconds kStartAgainMax = std::chrono::minutes(5);

struct Daemon {
  Kind kind = Kind::master;
  std::string name{};  ///< stays over restarts
  std::int64_t pid = 0;
  bool runs = false;      ///< it may be stopped by a signal all the same
  http::Endpoint rest{};  ///< of a master; stays over restarts
};

class Site {
 public:
  virtual ~Site() = default;

  /// Masters, workers, servers, as they are now. May block for a moment.
  virtual std::vector<Daemon> look() = 0;
  /// Errors: not_found, there is no such process (any more); failed, the system refuses.
  virtual Result<void> signal(std::int64_t pid, int number) = 0;
  /// The guards beside this daemon.
  virtual std::vector<std::int64_t> guards_of(std::int64_t pid) = 0;
  /// Starts one that does not run, with the same name, address and folder; returns once its process is there. Where
  /// others start it, does nothing. Errors: failed.
  virtual Result<void> start(const std::string& name) = 0;
  /// How long it may take until what has ended runs again: longer where others start it.
  virtual std::chrono::milliseconds patience() const = 0;
};

}  // namespace stellwerk::drill
