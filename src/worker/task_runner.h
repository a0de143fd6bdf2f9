/// The processes of tasks, as a port: started, heard, told, signalled.
///
/// Implementations: real processes (tasks/), and the simulator's.
#pragma once

#include <stellwerk/result.h>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/task_limits.h"
#include "model/task_usage.h"

namespace stellwerk::worker {

/// Of a task's stderr, the last that is kept for its failure's cause, in bytes.
inline constexpr std::size_t kErrorTailBytesMax = 4096;
/// The control channel is this descriptor of the task's.
inline constexpr int kControlDescriptor = 3;
/// Longest line on a task's control channel, in bytes; a longer one is a fault of the task's and is reported once.
inline constexpr std::size_t kControlLineBytesMax = std::size_t{64} << 10;

/// What to start.
struct Launch {
  /// Program and arguments. A program with a slash counts from `folder`; another one is looked up in the PATH of
  /// `environment`.
  std::vector<std::string> command;
  std::map<std::string, std::string> environment;  ///< all of it; names without '='
  std::string folder;                              ///< working directory; exists
  std::string output;                              ///< path; ".out" and ".err" are appended to it, its folder exists
  std::string prefix;                              ///< before each line of stdout in the worker's own: "count 3> "
  bool leased = false;         ///< it must not outlive us for a moment, and somebody has to watch over its lease
  model::TaskLimits limits{};  ///< those that need a control group hold only where the runner has one
};

/// How a process ended.
struct TaskExit {
  int code = 0;
  int signal = 0;  ///< not 0: ended by this, and `code` means nothing
  /// Last whole lines of stderr, without what ends the last one; of a line that is longer alone, its end. Bytes that
  /// are not UTF-8 are replaced.
  std::string error_tail;
  bool out_of_memory = false;  ///< something of it was killed because it used more than its limit

  friend bool operator==(const TaskExit&, const TaskExit&) = default;
};

/// What the owner of a process hears, on the executor, never from inside a call that it makes itself.
struct TaskHandler {
  /// One line of the control channel, without its end. What came after the last end of a line is not told.
  std::function<void(std::string line)> on_line;
  /// Once: the process has ended, all that it wrote was taken, and nothing of its group is left. Nothing follows.
  std::function<void(TaskExit exit)> on_exit;
};

/// One process and its group. Destroying it before on_exit kills the group and tells nothing more.
class TaskProcess {
 public:
  virtual ~TaskProcess() = default;

  virtual std::int64_t pid() const = 0;
  /// In clock ticks since the boot of the host, as in /proc/<pid>/stat: with the pid it names this process until the
  /// next boot.
  virtual std::int64_t started() const = 0;
  /// One line on the control channel, without its end and with none inside. A task that does not read loses lines
  /// beyond a bound; that is no fault. Does nothing when the process has ended.
  virtual void send(std::string_view line) = 0;
  /// To the whole group. Does nothing when the process has ended.
  virtual void signal(int signal) = 0;
  /// What it and its descendants use now; none when it has ended. Takes some tens of microseconds for each process.
  virtual std::optional<model::TaskUsage> usage() const = 0;
};

class TaskRunner {
 public:
  virtual ~TaskRunner() = default;

  /// Errors, each a sentence with the command: invalid (no program named, a zero byte), not_found (no such program, or
  /// none as a script's first line names), refused (it may not be executed, or is no program), failed (no such folder,
  /// the system has no room, a limit cannot be set, it is leased and nobody
  /// watches). Nothing is left then, and `handler` is never called.
  virtual Result<std::unique_ptr<TaskProcess>> start(const Launch& launch, TaskHandler handler) = 0;
};

}  // namespace stellwerk::worker
