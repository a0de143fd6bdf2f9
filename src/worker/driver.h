/// Performs what a worker's core decides: the thin half of a worker, the same in production and in the simulator. It
/// decides nothing.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "base/executor.h"
#include "link/link.h"
#include "worker/memory.h"
#include "worker/task_folders.h"
#include "worker/task_runner.h"
#include "worker/worker.h"

namespace stellwerk::worker {

/// What a driver needs besides its ports. Called on the executor; they do not destroy the driver.
struct DriverHooks {
  std::function<void(NoteLevel, const std::string&)> log;
  /// Asks for masters, and calls back once, on the executor, never from inside the call. A call back after the driver's
  /// end does nothing. Not needed by who does not discover.
  std::function<void(std::function<void(event::Found)>)> discover;
  /// Takes no longer than a look at /proc.
  std::function<model::WorkerLoad()> measure;
  /// Tells whoever speaks for this worker when it is dead. Not needed.
  std::function<void(const effect::Registered&)> registered;
  /// Tells whoever ends leased tasks when this worker cannot. Not needed.
  std::function<void(const effect::Leased&)> leased;
  /// The core has ended: the process should, once what was sent last has gone out. Nothing follows.
  std::function<void(int code, const std::string& why)> exit;
};

/// What a driver works with; all of it outlives the driver.
struct DriverPorts {
  link::Dialer& dialer;
  Memory& memory;
  TaskRunner& runner;
  TaskFolders& folders;
  AttemptBook& book;
};

/// Processes that are looked at in one turn of the loop, and what else the last task in it has.
inline constexpr std::size_t kMeasureSlice = 32;

/// Call only on the executor. The owner keeps the ports alive longer than the driver, and destroys the driver on the
/// executor's thread; links that are open then end without a word.
class Driver {
 public:
  Driver(Executor& executor, DriverPorts ports, WorkerOptions options, DriverHooks hooks);
  ~Driver();
  Driver(const Driver&) = delete;
  Driver& operator=(const Driver&) = delete;

  void start();
  /// SIGTERM. Ends in DriverHooks::exit.
  void stop();

  const Worker& core() const { return core_; }

 private:
  void step(Event event);
  void go_on();
  void wake();
  void opened(LinkId id, std::unique_ptr<link::Link> link);

  void perform(effect::Dial& effect);
  void perform(effect::Send& effect);
  void perform(effect::Close& effect);
  void perform(effect::Remember& effect);
  void perform(effect::Discover& effect);
  void perform(effect::Measure& effect);
  void perform(effect::Registered& effect);
  void perform(effect::Leased& effect);
  void perform(effect::Note& effect);
  void perform(effect::Exit& effect);
  void perform(effect::Prepare& effect);
  void perform(effect::Launch& effect);
  void perform(effect::Signal& effect);
  void perform(effect::Say& effect);
  void perform(effect::Discard& effect);
  void perform(effect::KeepEnd& effect);
  void perform(effect::ForgetEnd& effect);
  Result<std::int64_t> launch(effect::Launch& effect);
  void measure(TaskId from, std::vector<link::AttemptUsage> found);

  struct Task {
    model::AttemptId attempt;
    TaskPlace place;
    std::unique_ptr<TaskProcess> process;
  };

  Executor& executor_;
  const DriverPorts ports_;
  DriverHooks hooks_;
  Worker core_;
  std::map<LinkId, std::unique_ptr<link::Link>> links_;
  std::map<TaskId, Task> tasks_;
  std::deque<Effect> effects_;  ///< not performed yet
  Executor::TimerId held_ = 0;  ///< while they wait for effect::Remember: until then at most
  Executor::TimerId timer_ = 0;
  bool measuring_ = false;
  bool exited_ = false;
  /// Completions that outlive the driver find this gone and do nothing.
  std::shared_ptr<Driver*> alive_;
};

}  // namespace stellwerk::worker
