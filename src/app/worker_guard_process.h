/// The guard beside this worker (src/guard): started before any task, told of each of them and of the masters that are
/// to hear of this worker's death, started again if it dies.
#pragma once

#include <boost/asio/io_context.hpp>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "app/guard_keeper.h"
#include "coordination/resolver.h"
#include "guard/worker_message.h"
#include "http/endpoint.h"
#include "tasks/witness.h"
#include "worker/protocol.h"

namespace stellwerk::app {

/// Use on the loop's thread. A guard that does not read what it is told about a task within kPatience is replaced.
class WorkerGuardProcess : public tasks::Witness {
 public:
  static constexpr std::chrono::milliseconds kPatience{100};
  /// A name of a master's host that could not be looked up is tried again after.
  static constexpr Duration kLookUpAgain = std::chrono::seconds(30);

  struct Setup {
    std::string program;
    std::string log_file;  ///< for the guard's own lines; empty: stderr
    guard::worker_mode::Self self;
    guard::Log log;
  };

  /// The resolver outlives it.
  WorkerGuardProcess(boost::asio::io_context& io, Executor& executor, coordination::Resolver& resolver, const Log& log,
                     Setup setup);
  /// Leaves the guard to itself: it sees that we are gone.
  ~WorkerGuardProcess() override;
  WorkerGuardProcess(const WorkerGuardProcess&) = delete;
  WorkerGuardProcess& operator=(const WorkerGuardProcess&) = delete;

  /// Starts it, or takes over the one that this process was started by (pid 1). Errors: failed, with a sentence about
  /// what is lost without a guard.
  Result<void> start();
  /// Whether this is the guard's process, which nobody else reaps.
  bool is(std::int64_t pid) const { return keeper_.is(pid); }

  void registered(const worker::effect::Registered& at);
  void leased(const worker::effect::Leased& lease);
  /// The log was opened anew: the guard's lines go there too.
  void log_goes_to(FileDescriptor log);
  /// Our tasks are ended, and so are we.
  void farewell();

  bool starts(const std::string& mark, bool leased) override;
  void runs(std::int64_t pid, std::int64_t started) override;
  void not_started() override;
  void ended(std::int64_t pid, std::int64_t started) override;

 private:
  struct Host {
    bool asking = false;
    coordination::Resolver::Addresses addresses;
  };

  void tell(const guard::worker_mode::Message& message, std::span<const int> descriptors = {});
  void tell_all();
  void tell_place();
  void look_up();
  void looked_up(const std::string& host, Result<coordination::Resolver::Addresses> found);

  Executor& executor_;
  coordination::Resolver& resolver_;
  const guard::worker_mode::Self self_;
  const guard::Log log_;
  GuardKeeper keeper_;
  struct Task {
    std::int64_t started = 0;
    std::string mark{};  ///< of a leased one; empty: it is not
  };
  std::map<std::int64_t, Task> tasks_;  ///< by pid
  std::string starting_;                ///< the mark of the leased one that is being started
  guard::worker_mode::Lease lease_;
  guard::worker_mode::Place place_;
  std::vector<http::Endpoint> masters_;
  std::map<std::string, Host> hosts_;  ///< by name
  Executor::TimerId look_up_timer_ = 0;
  bool farewell_ = false;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace stellwerk::app
