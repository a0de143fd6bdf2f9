/// One task's process, from its start until nothing of it is left.
#pragma once

#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/executor.h"
#include "base/file_descriptor.h"
#include "tasks/cgroup.h"
#include "tasks/control_channel.h"
#include "tasks/output.h"
#include "tasks/watched.h"
#include "worker/task_runner.h"

namespace stellwerk::tasks {

/// After a process has ended, somebody may still hold its pipes or its channel; so long is waited for their end.
inline constexpr Duration kOutputAfterEndMax = std::chrono::seconds(1);
/// And so long, from then on, for the output's thread, which a disk may hold up.
inline constexpr Duration kOutputWrittenMax = std::chrono::seconds(10);

/// Use on the loop's thread. Its owner is the runner; it lives on when nobody wants to hear of it any more.
class Task : public std::enable_shared_from_this<Task> {
 public:
  struct Setup {
    std::int64_t pid = 0;
    std::int64_t started = 0;
    FileDescriptor pidfd;
    std::string name;  ///< for notes
    worker::TaskHandler handler;
    std::function<void()> on_ended;     ///< the process has; its group was killed, it is not reaped
    std::function<void()> on_finished;  ///< right before the handler's on_exit
    std::function<void(const std::string&)> note;
    std::optional<Cgroup> cgroup{};  ///< that it runs in
  };

  /// Like begin(), throws what Asio throws when the system has no room.
  Task(boost::asio::io_context& io, Executor& executor, Setup setup);
  ~Task();
  Task(const Task&) = delete;
  Task& operator=(const Task&) = delete;

  void begin(OutputThread& thread, FileDescriptor control, TaskOutput::Setup output);

  std::int64_t pid() const { return setup_.pid; }
  std::int64_t started() const { return setup_.started; }
  void send(std::string_view line);
  /// Only while the process may not be reaped: its number is nobody else's then.
  void signal(int signal);
  std::optional<model::TaskUsage> usage() const;
  /// Looks whether the process has ended; if so, the first time it kills its group and calls on_ended.
  bool has_ended();
  /// Something lives in its control group; it is killed again. After the process has ended.
  bool lives_in_group();
  /// Nothing of it is left but the process itself.
  void gone();
  /// Kills it and tells nothing more.
  void abandon();
  /// The end of the runner: lets go of everything that waits.
  void close();

 private:
  void watch();
  void reap();
  void cut_output();
  void give_up_output();
  void finish_if_over();

  boost::asio::io_context& io_;
  Executor& executor_;
  Setup setup_;
  std::shared_ptr<const worker::TaskHandler> handler_;  ///< none: nobody wants to hear any more
  std::optional<Watched> pidfd_;                        ///< none: reaped
  std::optional<Cgroup> cgroup_;                        ///< until nothing of it is left
  std::unique_ptr<ControlChannel> control_;
  std::unique_ptr<TaskOutput> output_;
  Executor::TimerId deadline_ = 0;

  worker::TaskExit exit_;
  bool ended_ = false;
  bool gone_ = false;
  bool output_over_ = false;
  bool control_over_ = false;
  bool finished_ = false;
};

}  // namespace stellwerk::tasks
