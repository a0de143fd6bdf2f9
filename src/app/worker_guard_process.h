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
  };

  /// The resolver outlives it.
  WorkerGuardProcess(boost::asio::io_context& io, Executor& executor, coordination::Resolver& resolver, const Log& log,
                     Setup setup);
  /// Leaves the guard to itself: it sees that we are gone.
  ~WorkerGuardProcess() override;
  WorkerGuardProcess(const WorkerGuardProcess&) = delete;
  WorkerGuardProcess& operator=(const WorkerGuardProcess&) = delete;

  /// Errors: failed, with a sentence about what is lost without a guard.
  Result<void> start();
  /// Whether this is the guard's process, which nobody else reaps.
  bool is(std::int64_t pid) const { return keeper_.is(pid); }

  void registered(const worker::effect::Registered& at);
  /// Our tasks are ended, and so are we.
  void farewell();

  void starts(const std::string& mark) override;
  void runs(std::int64_t pid, std::int64_t started) override;
  void not_started() override;
  void ended(std::int64_t pid, std::int64_t started) override;

 private:
  struct Host {
    bool asking = false;
    coordination::Resolver::Addresses addresses;
  };

  void tell(const guard::worker_mode::Message& message);
  void tell_all();
  void tell_place();
  void look_up();
  void looked_up(const std::string& host, Result<coordination::Resolver::Addresses> found);

  Executor& executor_;
  coordination::Resolver& resolver_;
  const guard::worker_mode::Self self_;
  GuardKeeper keeper_;
  std::map<std::int64_t, std::int64_t> tasks_;  ///< pid to start
  guard::worker_mode::Place place_;
  std::vector<http::Endpoint> masters_;
  std::map<std::string, Host> hosts_;  ///< by name
  Executor::TimerId look_up_timer_ = 0;
  bool farewell_ = false;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace stellwerk::app
