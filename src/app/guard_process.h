/// The guard beside this master (src/guard): started before anything that it guards, told what it needs
/// to know, started again if it dies.
#pragma once

#include <sys/types.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "app/log_setup.h"
#include "base/executor.h"
#include "base/file_descriptor.h"
#include "guard/message.h"

namespace stellwerk::app {

/// Where the guard's program is: `libexec/` of the installation, or the build tree; empty: nowhere.
std::string find_guard_program();

/// Use on the loop's thread. The loop must turn for beats to go out: that is their meaning.
class GuardProcess {
 public:
  /// Between two starts of a guard that dies: doubles from the first to the last, and begins anew after
  /// one that has lived longer than the last.
  static constexpr Duration kRestartFirst = std::chrono::milliseconds(100);
  static constexpr Duration kRestartLast = std::chrono::minutes(1);
  static constexpr Duration kBeat = std::chrono::milliseconds(100);

  struct Setup {
    std::string program;
    std::string log_file;  ///< for the guard's own lines; empty: stderr
    guard::Settings settings;
    /// That hang up when this process dies: Tripwires::ends(), which must outlive this object; none: its pidfd tells.
    std::vector<int> wires;
  };

  GuardProcess(boost::asio::io_context& io, Executor& executor, const Log& log, Setup setup);
  /// Leaves the guard to itself: it sees that we are gone.
  ~GuardProcess();
  GuardProcess(const GuardProcess&) = delete;
  GuardProcess& operator=(const GuardProcess&) = delete;

  /// Starts it, or takes over the one that this process was started by (pid 1), and beats from now on.
  /// Errors: failed, with a sentence about what is lost without a guard.
  Result<void> start();

  void tell(const guard::Session& session);
  void tell(const guard::Place& place);
  /// The session of the last tell() can be reached at these.
  void tell_servers(const std::vector<std::string>& servers);
  /// From now on our silence means nothing.
  void farewell();

 private:
  Result<void> spawn();
  Result<void> use(int socket);
  bool send(const guard::Message& message, std::span<const int> descriptors = {});
  void beat();
  void watch();
  void died();
  void restart();
  void drop();

  Executor& executor_;
  const Log& log_;
  const Setup setup_;
  FileDescriptor log_file_;  ///< for each guard that is started
  boost::asio::posix::stream_descriptor socket_;
  pid_t pid_ = 0;  ///< 0: not our child
  std::optional<guard::Session> session_;
  std::optional<guard::Place> place_;
  bool farewell_ = false;
  Executor::TimerId beat_timer_ = 0;
  Executor::TimerId restart_timer_ = 0;
  Duration restart_pause_ = kRestartFirst;
  Time started_at_{};
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace stellwerk::app
