#include "tasks/process_runner.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <map>
#include <stdexcept>
#include <utility>

#include "base/text.h"
#include "processes/proc.h"
#include "tasks/descriptors.h"
#include "tasks/orphans.h"
#include "tasks/output.h"
#include "tasks/program.h"
#include "tasks/spawn.h"
#include "tasks/task.h"

namespace stellwerk::tasks {
namespace {

/// Between two looks at processes that were killed, while we end.
constexpr int kFarewellPauseMs = 5;

Error system_error(const std::string& what) {
  return make_error(Errc::failed, what + ": " + std::strerror(errno));
}

/// Ours stays here, theirs goes to the task.
struct Ends {
  FileDescriptor ours;
  FileDescriptor theirs;
};

Result<Ends> place(std::array<int, 2> pair) {
  FileDescriptor first(pair[0]);
  FileDescriptor second(pair[1]);
  auto ours = move_up(std::move(first), kHeldFrom);
  if (ours.has_error()) return ours.error();
  auto theirs = move_up(std::move(second), kLowestOfEnds);
  if (theirs.has_error()) return theirs.error();
  return Ends{std::move(*ours), std::move(*theirs)};
}

Result<Ends> make_pipe() {
  std::array<int, 2> pair{-1, -1};
  if (::pipe2(pair.data(), O_CLOEXEC) != 0) return system_error("no pipe");
  auto ends = place(pair);
  // Of the two only ours: a task's write() must wait, not fail.
  if (ends.has_value() && ::fcntl(ends->ours.get(), F_SETFL, O_NONBLOCK) != 0) return system_error("no pipe");
  return ends;
}

Result<Ends> make_channel() {
  std::array<int, 2> pair{-1, -1};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair.data()) != 0) return system_error("no socket");
  return place(pair);
}

/// All that a task and we hold of each other.
struct Connection {
  Ends output;
  Ends error;
  Ends control;
};

Result<Connection> connect() {
  auto output = make_pipe();
  if (output.has_error()) return output.error();
  auto error = make_pipe();
  if (error.has_error()) return error.error();
  auto control = make_channel();
  if (control.has_error()) return control.error();
  return Connection{std::move(*output), std::move(*error), std::move(*control)};
}

/// A process that nobody can watch.
void kill_and_reap(pid_t pid) {
  ::kill(-pid, SIGKILL);
  while (::waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
  }
}

/// Ignored, children would vanish before anybody could ask how they ended.
void listen_to_children() {
  struct sigaction now {};
  if (::sigaction(SIGCHLD, nullptr, &now) != 0) return;
  if ((now.sa_flags & SA_NOCLDWAIT) == 0 && ((now.sa_flags & SA_SIGINFO) != 0 || now.sa_handler != SIG_IGN)) return;
  now.sa_flags &= ~SA_NOCLDWAIT;
  if ((now.sa_flags & SA_SIGINFO) == 0 && now.sa_handler == SIG_IGN) now.sa_handler = SIG_DFL;
  ::sigaction(SIGCHLD, &now, nullptr);
}

class Handle : public worker::TaskProcess {
 public:
  explicit Handle(std::shared_ptr<Task> task) : task_(std::move(task)) {}
  ~Handle() override { task_->abandon(); }
  std::int64_t pid() const override { return task_->pid(); }
  std::int64_t started() const override { return task_->started(); }
  void send(std::string_view line) override { task_->send(line); }
  void signal(int signal) override { task_->signal(signal); }
  std::optional<model::TaskUsage> usage() const override { return task_->usage(); }

 private:
  std::shared_ptr<Task> task_;
};

}  // namespace

class ProcessRunner::Core {
 public:
  Core(boost::asio::io_context& io, Executor& executor, RunnerSetup setup, FileDescriptor null)
      : io_(io),
        executor_(executor),
        setup_(std::move(setup)),
        null_(std::move(null)),
        note_([this](const std::string& text) {
          if (setup_.note) setup_.note(text);
        }),
        output_(executor, {setup_.output, setup_.sink, note_}),
        orphans_(executor, {processes::child_candidates, setup_.somebody_elses,
                            [this](std::int64_t pid) { return tasks_.at(pid)->lives_in_group(); },
                            [this](std::int64_t pid) { gone(pid); }, note_}) {}

  ~Core() {
    const Time end = executor_.now() + kFarewellMax;
    while (!kill_all() && executor_.now() < end) ::poll(nullptr, 0, kFarewellPauseMs);
    for (const auto& [pid, task] : tasks_) task->close();
  }

  Result<std::unique_ptr<worker::TaskProcess>> start(const worker::Launch& launch, worker::TaskHandler handler) {
    auto ends = connect();
    if (ends.has_error()) return start_error(Errc::failed, launch, ends.error().text);
    const ChildEnds theirs{null_.get(), ends->output.theirs.get(), ends->error.theirs.get(),
                           ends->control.theirs.get()};
    auto group = make_group(launch);
    if (group.has_error()) return group.error();
    const std::string mark = orphans_.next_mark();
    const bool watched = setup_.witness != nullptr && setup_.witness->starts(mark, launch.leased);
    if (launch.leased && !watched)
      return start_error(Errc::failed, launch,
                         "tasks of at-most-one jobs run only beside their worker's guard, and it is not there now");
    auto spawned = spawn({launch, theirs, mark, setup_.task_descriptors, group->entrance.get()});
    if (spawned.has_error()) {
      if (setup_.witness != nullptr) setup_.witness->not_started();
      return spawned.error();
    }
    const pid_t pid = spawned->pid;
    auto task = watch(std::move(*spawned), launch, std::move(*ends), std::move(handler), std::move(group->cgroup));
    if (task.has_error()) {
      kill_and_reap(pid);
      if (setup_.witness != nullptr) setup_.witness->not_started();
      return start_error(Errc::failed, launch, task.error().text);
    }
    if (setup_.witness != nullptr) setup_.witness->runs(pid, (*task)->started());
    tasks_.emplace(pid, *task);
    orphans_.began(pid);
    return std::make_unique<Handle>(std::move(*task));
  }

  std::size_t size() const { return tasks_.size(); }

 private:
  Result<std::shared_ptr<Task>> watch(Spawned spawned, const worker::Launch& launch, Connection ends,
                                      worker::TaskHandler handler, std::optional<Cgroup> cgroup) {
    const pid_t pid = spawned.pid;
    auto kept = move_up(std::move(spawned.pidfd), kHeldFrom);
    if (kept.has_error()) return kept.error();
    const auto stat = processes::read_stat(pid);
    if (!stat) return make_error(Errc::failed, "/proc does not show it");
    try {
      auto task = std::make_shared<Task>(io_, executor_,
                                         Task::Setup{pid, stat->started, std::move(*kept), name_of(launch, pid),
                                                     std::move(handler), [this, pid] { orphans_.ended(pid); },
                                                     [this, pid] { tasks_.erase(pid); }, note_, std::move(cgroup)});
      task->begin(output_, std::move(ends.control.ours),
                  {std::move(ends.output.ours), std::move(ends.error.ours), launch.output, launch.prefix, {}});
      return task;
    } catch (const std::runtime_error& error) {
      return make_error(Errc::failed, std::string("it cannot be watched: ") + error.what());
    }
  }

  /// For one start; none of both where there are no groups.
  struct Group {
    std::optional<Cgroup> cgroup{};
    FileDescriptor entrance{};
  };
  Result<Group> make_group(const worker::Launch& launch) {
    if (setup_.cgroups == nullptr) return Group{};
    auto made = setup_.cgroups->make(launch.limits);
    if (made.has_error()) return start_error(Errc::failed, launch, made.error().text);
    FileDescriptor entrance(::open(made->entrance().c_str(), O_WRONLY | O_CLOEXEC));
    if (!entrance) return start_error(Errc::failed, launch, made->entrance() + ": " + std::strerror(errno));
    return Group{std::move(*made), std::move(entrance)};
  }

  void gone(std::int64_t pid) {
    Task& task = *tasks_.at(pid);
    if (setup_.witness != nullptr) setup_.witness->ended(pid, task.started());
    task.gone();
  }

  static std::string name_of(const worker::Launch& launch, std::int64_t pid) {
    return "The task " + shown(launch.command[0]) + " (process " + std::to_string(pid) + ")";
  }

  /// True if nothing is left but processes that can be reaped.
  bool kill_all() {
    bool ended = true;
    for (const auto& [pid, task] : tasks_) {
      task->abandon();
      ended = task->has_ended() && ended;
    }
    return orphans_.look_now() && ended;
  }

  boost::asio::io_context& io_;
  Executor& executor_;
  const RunnerSetup setup_;
  const FileDescriptor null_;
  const std::function<void(const std::string&)> note_;
  OutputThread output_;
  std::map<std::int64_t, std::shared_ptr<Task>> tasks_;
  Orphans orphans_;
};

Result<std::unique_ptr<ProcessRunner>> ProcessRunner::open(boost::asio::io_context& io, Executor& executor,
                                                           RunnerSetup setup) {
  FileDescriptor null(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  if (!null) return system_error("tasks cannot run, because /dev/null cannot be opened");
  auto free = move_up(std::move(null), kLowestOfEnds);
  if (free.has_error()) return free.error();
  if (!processes::read_stat(::getpid()))
    return make_error(Errc::failed, "tasks cannot run, because /proc shows no processes");
  if (::syscall(SYS_close_range, ~0U, ~0U, 0) != 0) return system_error("tasks cannot run without Linux 5.9");
  listen_to_children();
  try {
    return std::unique_ptr<ProcessRunner>(
        new ProcessRunner(std::make_unique<Core>(io, executor, std::move(setup), std::move(*free))));
  } catch (const std::runtime_error& error) {
    return make_error(Errc::failed, std::string("tasks cannot run: ") + error.what());
  }
}

ProcessRunner::ProcessRunner(std::unique_ptr<Core> core) : core_(std::move(core)) {}
ProcessRunner::~ProcessRunner() = default;

Result<std::unique_ptr<worker::TaskProcess>> ProcessRunner::start(const worker::Launch& launch,
                                                                  worker::TaskHandler handler) {
  return core_->start(launch, std::move(handler));
}

std::size_t ProcessRunner::size() const {
  return core_->size();
}

}  // namespace stellwerk::tasks
