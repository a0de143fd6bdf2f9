/// The TaskRunner port with real processes.
///
/// Each task is the leader of a session and a process group of its own, with /dev/null as stdin, pipes as stdout and
/// stderr, the control channel as descriptor 3, and nothing else of ours: no other descriptor, no ignored or blocked
/// signal. Where there are control groups it is in one of its own, and so is all that it starts. To its environment
/// STELLWERK_TASK_MARK is added (tasks/orphans.h).
///
/// **What ends with a task.** When its process has ended, however, the rest of its group gets SIGKILL at once, and then
/// what else tasks/orphans.h can find: all of its session, and daemons; and all that lives in its control group or
/// below it. on_exit waits until these are gone, which only a process that hangs in the kernel delays, and until its
/// output has ended, for at most kOutputAfterEndMax: somebody who was not found may hold the pipes.
///
/// **What this does to the process that it lives in.** It becomes the reaper of its descendants' orphans; SIGCHLD is
/// not ignored any more; children that RunnerSetup::somebody_elses does not name are taken for what tasks left behind,
/// and reaped. So at most one ProcessRunner is in a process, and nobody else calls wait() for any child but his own.
///
/// A start costs the loop a fraction of a millisecond, in which the system looks up and maps the program; a program on
/// a file system that hangs would hang the loop. Files and pipes are handled on a thread of their own
/// (tasks/output.h). Needs Linux 5.9 and /proc.
#pragma once

#include <stellwerk/result.h>
#include <sys/resource.h>

#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/executor.h"
#include "tasks/cgroup.h"
#include "tasks/rotated_file.h"
#include "tasks/witness.h"
#include "worker/task_runner.h"

namespace stellwerk::tasks {

struct RunnerSetup {
  OutputLimits output{};
  /// For lines of stdout, with their prefix: this worker's own. Stays its owner's; -1: none.
  int sink = -1;
  /// The soft limit of descriptors that tasks start with: DescriptorLimit::before, when ours was raised. None: ours.
  std::optional<rlim_t> task_descriptors{};
  /// Children of this process that are not ours to reap (its guard).
  std::function<bool(std::int64_t pid)> somebody_elses{};
  /// Outlives the runner; null: nobody. Not told of the ends that the runner's own end brings.
  Witness* witness = nullptr;
  /// Outlives the runner; null: tasks stay in our own control group, and limits that need one do not hold.
  Cgroups* cgroups = nullptr;
  /// What an operator should know, in a sentence. On the executor, never from inside a call.
  std::function<void(const std::string&)> note{};
};

/// Use on the loop's thread; `io` and `executor` are one loop, and outlive it. Not to be destroyed from inside a
/// handler.
class ProcessRunner : public worker::TaskRunner {
 public:
  /// At its end all tasks are killed and waited for, this long; what is left then is the system's.
  static constexpr Duration kFarewellMax = std::chrono::seconds(2);

  /// Errors: failed (no /dev/null, no /proc, no pidfd).
  static Result<std::unique_ptr<ProcessRunner>> open(boost::asio::io_context& io, Executor& executor,
                                                     RunnerSetup setup);
  /// Kills all tasks. No handler is called; processes that it gave out may outlive it, and do nothing.
  ~ProcessRunner() override;
  ProcessRunner(const ProcessRunner&) = delete;
  ProcessRunner& operator=(const ProcessRunner&) = delete;

  Result<std::unique_ptr<worker::TaskProcess>> start(const worker::Launch& launch,
                                                     worker::TaskHandler handler) override;
  /// Tasks that were started and have not come to their end, wanted or not.
  std::size_t size() const;

 private:
  class Core;
  explicit ProcessRunner(std::unique_ptr<Core> core);
  std::unique_ptr<Core> core_;
};

}  // namespace stellwerk::tasks
