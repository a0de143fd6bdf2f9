/// The processes of a cluster under drill, as a port: what runs, signals, starting again.
///
/// Implementations: our own cluster (drill/own_site.h), a running one of this host (drill/target_site.h),
/// and a twin in memory for tests.
#pragma once

#include <stellwerk/result.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <variant>
#include <vector>

#include "drill/faults.h"
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

/// What a cluster's surroundings can suffer, besides signals to its processes.
struct StorageAway {};  ///< the storageDir is not there; who has it open may still write to it
struct ReadOnly {};     ///< nothing can be written to it
struct DiskFull {};     ///< what is there stays, and nothing more fits
/// Packets from one daemon to another are lost.
struct Cut {
  std::string from{};
  std::string to{};
};
using Harm = std::variant<StorageAway, ReadOnly, DiskFull, Cut>;

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
  /// Who runs and does not serve yet, besides masters and workers: they show it themselves. Empty: nobody. May block
  /// for some seconds.
  virtual std::string unready() = 0;
  /// How long it may take until what has ended runs again: longer where others start it.
  virtual std::chrono::milliseconds patience() const = 0;
  /// Why this fault is not possible here, in words that follow "because"; empty: it is.
  virtual std::string lacks(Fault fault) const = 0;
  /// Until heal(). Errors: failed; then nothing was done.
  virtual Result<void> harm(const Harm& harm) = 0;
  /// Ends all harm; any number of times. Errors: failed.
  virtual Result<void> heal() = 0;
  /// The process whose end is the end of this one, of its guards and of all that they have started, at once. 0: none.
  virtual std::int64_t container_of(std::int64_t pid) = 0;
  using Ask = std::function<void(const http::Endpoint& master)>;
  /// Calls `ask` on this thread, where connections that it opens come from that master's own host, with its address
  /// there.
  virtual void beside(const Daemon& master, const Ask& ask) = 0;
};

}  // namespace stellwerk::drill
