/// The guard beside this master (src/guard): started before anything that it guards, told what it needs
/// to know, started again if it dies.
#pragma once

#include <boost/asio/io_context.hpp>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "app/guard_keeper.h"
#include "guard/message.h"

namespace stellwerk::app {

/// Use on the loop's thread. The loop must turn for beats to go out: that is their meaning.
class GuardProcess {
 public:
  static constexpr Duration kBeat = std::chrono::milliseconds(100);

  struct Setup {
    std::string program;
    std::string log_file;  ///< for the guard's own lines; empty: stderr
    guard::Settings settings;
    guard::Log log;
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
  /// The log was opened anew: the guard's lines go there too.
  void log_goes_to(FileDescriptor log);
  /// From now on our silence means nothing.
  void farewell();

 private:
  void tell_all();
  bool send(const guard::Message& message, std::span<const int> descriptors = {});
  void beat();

  Executor& executor_;
  const guard::Settings settings_;
  const guard::Log log_;
  const std::vector<int> wires_;
  GuardKeeper keeper_;
  std::optional<guard::Session> session_;
  std::optional<guard::Place> place_;
  bool farewell_ = false;
  Executor::TimerId beat_timer_ = 0;
};

}  // namespace stellwerk::app
