#include "tasks/task.h"

#include <sys/wait.h>

#include <csignal>
#include <utility>

#include "base/assert.h"
#include "loop/turn_meter.h"
#include "processes/use.h"

namespace stellwerk::tasks {

Task::Task(boost::asio::io_context& io, Executor& executor, Setup setup)
    : io_(io),
      executor_(executor),
      setup_(std::move(setup)),
      handler_(std::make_shared<worker::TaskHandler>(std::move(setup_.handler))),
      pidfd_(adopt(io, std::move(setup_.pidfd))) {
  if (setup_.cgroup) cgroup_.emplace(std::move(*std::exchange(setup_.cgroup, std::nullopt)));
}

Task::~Task() {
  if (deadline_ != 0) executor_.cancel(deadline_);
}

void Task::begin(OutputThread& thread, FileDescriptor control, TaskOutput::Setup output) {
  // What is owned by this object calls it only while it lives.
  output.done = [this](std::string tail) {
    exit_.error_tail = std::move(tail);
    output_over_ = true;
    finish_if_over();
  };
  output_ = std::make_unique<TaskOutput>(thread, std::move(output));
  ControlChannel::Handler heard;
  heard.on_line = [this](std::string line) {
    const auto handler = handler_;  // it may let go of what holds it
    if (handler && handler->on_line) handler->on_line(std::move(line));
  };
  heard.on_long_line = [this] {
    setup_.note(setup_.name + " wrote a line of more than " + std::to_string(worker::kControlLineBytesMax) +
                " bytes to its control channel; such lines are left out");
  };
  heard.on_end = [this] {
    control_over_ = true;
    finish_if_over();
  };
  control_ = std::make_unique<ControlChannel>(io_, std::move(control), std::move(heard));
  watch();
}

void Task::watch() {
  pidfd_->async_wait(Watched::wait_read, [weak = weak_from_this()](const boost::system::error_code& error) {
    const auto self = weak.lock();
    if (error || !self || !self->pidfd_) return;
    const loop::TurnMeter::Turn turn(loop::turn_meter(self->io_));
    if (!self->has_ended()) self->watch();
  });
}

bool Task::has_ended() {
  if (ended_) return true;
  siginfo_t info{};
  // Not reaped: as long as it is there, its number and its group's cannot be another one's.
  const int result = ::waitid(P_PIDFD, static_cast<id_t>(pidfd_->native_handle()), &info, WEXITED | WNOHANG | WNOWAIT);
  STELLWERK_ASSERT(result == 0, "nobody but the runner reaps the process of a task");
  if (info.si_pid == 0) return false;
  if (info.si_code == CLD_EXITED) {
    exit_.code = info.si_status;
  } else {
    exit_.signal = info.si_status;
  }
  ::kill(-static_cast<pid_t>(setup_.pid), SIGKILL);
  if (cgroup_) cgroup_->kill();
  ended_ = true;
  if (control_) control_->hurry();
  deadline_ = executor_.after(kOutputAfterEndMax, [this] { cut_output(); });
  setup_.on_ended();
  return true;
}

void Task::cut_output() {
  const auto self = shared_from_this();  // what its last words call may let go of it
  deadline_ = executor_.after(kOutputWrittenMax, [this] { give_up_output(); });
  output_->cut();
  if (!control_over_) control_->take_rest();
  if (finished_) return;
  control_.reset();
  control_over_ = true;
  finish_if_over();
}

void Task::give_up_output() {
  deadline_ = 0;
  if (output_over_) return;
  setup_.note(setup_.name + " has ended, but not all of its output could be written in time");
  output_.reset();
  output_over_ = true;
  finish_if_over();
}

bool Task::lives_in_group() {
  if (!cgroup_ || cgroup_->empty()) return false;
  cgroup_->kill();
  return true;
}

void Task::gone() {
  exit_.out_of_memory = cgroup_ && cgroup_->out_of_memory();
  reap();
  cgroup_.reset();
  gone_ = true;
  finish_if_over();
}

void Task::reap() {
  siginfo_t ignored{};
  ::waitid(P_PIDFD, static_cast<id_t>(pidfd_->native_handle()), &ignored, WEXITED | WNOHANG);
  pidfd_.reset();
}

void Task::finish_if_over() {
  if (!gone_ || !output_over_ || !control_over_ || finished_) return;
  finished_ = true;
  // From here on nothing of the loop is held: whoever keeps the process for longer may outlive it.
  executor_.cancel(std::exchange(deadline_, 0));
  control_.reset();
  output_.reset();
  const auto self = shared_from_this();
  const auto handler = std::exchange(handler_, nullptr);
  setup_.on_finished();
  if (handler && handler->on_exit) handler->on_exit(exit_);
}

void Task::send(std::string_view line) {
  if (control_ && !ended_) control_->send(line);
}

void Task::signal(int signal) {
  if (!ended_) ::kill(-static_cast<pid_t>(setup_.pid), signal);
}

std::optional<model::TaskUsage> Task::usage() const {
  if (ended_) return std::nullopt;
  std::vector<std::int64_t> pids;
  std::optional<std::int64_t> cpu_ms;
  if (cgroup_) {
    pids = cgroup_->processes(processes::kTreeMax);
    cpu_ms = cgroup_->cpu_ms();
  }
  if (pids.empty()) pids = processes::read_tree(setup_.pid);
  model::TaskUsage sum;
  for (const std::int64_t pid : pids) {
    const auto use = processes::read_use(pid);
    if (!use) continue;
    sum.memory_bytes += use->resident_bytes;
    sum.cpu_ms += use->cpu_ms;
    ++sum.processes;
  }
  if (cpu_ms) sum.cpu_ms = *cpu_ms;
  return sum;
}

void Task::abandon() {
  handler_ = nullptr;
  signal(SIGKILL);
}

void Task::close() {
  abandon();
  if (pidfd_) reap();
  cgroup_.reset();
  ended_ = finished_ = true;
  executor_.cancel(std::exchange(deadline_, 0));
  control_.reset();
  output_.reset();
}

}  // namespace stellwerk::tasks
