#include "worker/tasks.h"

#include <algorithm>
#include <csignal>

#include "worker/task_environment.h"

namespace stellwerk::worker {

using model::AttemptEnd;

namespace {

constexpr const char* kLeaseOver = "its lease is over, because no leader has answered its worker for so long";

}  // namespace

Tasks::Tasks(TaskOptions options) : options_(std::move(options)) {
  for (const auto& each : options_.ended) ended_.emplace(each.attempt, each);
}

void Tasks::handle(Clocks clocks, const TaskEvent& event) {
  std::visit([&](const auto& e) { on(clocks, e); }, event);
}

// ---- what the leader says ----

void Tasks::take(Clocks clocks, std::int64_t epoch, link::StartTask& message) {
  // It was sent again, because somebody did not know that it had come.
  if (const Task* const known = find(message.attempt)) {
    if (known->at != Task::At::preparing) messages_.emplace_back(report_of(clocks.now, *known));
    return;
  }
  if (const auto known = ended_.find(message.attempt); known != ended_.end()) {
    messages_.emplace_back(known->second);
    return;
  }
  const TaskId id = ++last_;
  Task& task = tasks_[id];
  task.start = std::move(message);
  task.epoch = epoch;
  task.since = clocks.now;
  ids_.emplace(task.start.attempt, id);
  if (leaving_) {
    task.given_back = true;
    return finish(clocks, id, AttemptEnd::canceled, "its worker leaves");
  }
  if (tasks_.size() > kTasksMax)
    return finish(clocks, id, AttemptEnd::failed, "its worker runs " + std::to_string(kTasksMax) + " tasks already");
  const std::string name = task.start.vertex + "-" + std::to_string(task.start.attempt.task.subtask);
  emit(effect::Prepare{id, task.start.attempt, {name, task.start.ports, task.start.artifact}});
}

void Tasks::take(Time now, link::Peers& message) {
  Task* const task = find(message.attempt);
  if (task == nullptr || task->stopping || task->at == Task::At::preparing) return;
  if (task->at == Task::At::running) return tell_peers(ids_.at(message.attempt), *task, std::move(message.environment));
  task->peers = std::move(message.environment);
  launch(now, ids_.at(message.attempt), *task);
}

void Tasks::take(Time now, WallMs wall, const link::StopTask& message) {
  Task* const task = find(message.attempt);
  if (task != nullptr) stop(now, wall, ids_.at(message.attempt), *task, options_.cancellation_timeout);
}

void Tasks::take(const link::Acknowledge& message) {
  for (const auto& attempt : message.attempts)
    if (ended_.erase(attempt) > 0) emit(effect::ForgetEnd{attempt});
}

// ---- what becomes of them ----

void Tasks::on(Clocks clocks, const event::Prepared& e) {
  Task* const task = find(e.task);
  if (task == nullptr) return;
  if (e.ports.has_error()) return finish(clocks, e.task, AttemptEnd::failed, e.ports.error().text);
  task->ports = *e.ports;
  task->at = Task::At::prepared;
  if (!task->start.await_peers) return launch(clocks.now, e.task, *task);
  messages_.emplace_back(report_of(clocks.now, *task));
}

void Tasks::launch(Time now, TaskId id, Task& task) {
  if (task.start.leased && now >= leased_until_) {
    waiting_.insert(id);
    return;
  }
  if (task.start.leased) leased_.insert(id);
  effect::Launch out{id, {}};
  out.launch.command = task.start.command;
  out.launch.environment = task_environment(options_.environment, task.start, task.epoch, task.ports, task.peers);
  out.launch.prefix = output_prefix(task.start);
  out.launch.leased = task.start.leased;
  out.launch.limits = task.start.limits;
  note_limits(task.start);
  task.at = Task::At::running;
  emit(std::move(out));
}

/// Once for each job: it runs all the same.
void Tasks::note_limits(const link::StartTask& start) {
  const model::GroupLimits missing = without(model::group_limits(start.limits), options_.limits);
  if (!missing.any()) return;
  if (noted_.size() >= kNotedMax) noted_.clear();
  if (!noted_.insert(start.attempt.job.text()).second) return;
  emit(effect::Note{NoteLevel::warn, "Job " + start.attempt.job.text() + " runs here without its limits of " +
                                         listed(missing) + ": " + options_.limits_why});
}

void Tasks::on(Clocks clocks, const event::Launched& e) {
  Task* const task = find(e.task);
  if (task == nullptr) return;
  if (e.result.has_error()) return finish(clocks, e.task, AttemptEnd::failed, e.result.error().text);
  task->pid = e.pid;
  task->since = clocks.now;
  task->mute_at = clocks.now + kHelloMax;
  messages_.emplace_back(report_of(clocks.now, *task));
  emit(effect::Say{e.task, hello_line(task->start, task->epoch)});
  if (task->start.restore) emit(effect::Say{e.task, restore_line(*task->start.restore)});
  // Both came while it was being started.
  if (task->stopping) return emit(effect::Signal{e.task, task->lease_over ? SIGKILL : SIGTERM});
  ask_checkpoint(clocks.now, e.task, *task);
}

void Tasks::on(Clocks clocks, const event::Exited& e) {
  Task* const task = find(e.task);
  if (task == nullptr) return;
  if (task->lease_over) return finish(clocks, e.task, AttemptEnd::canceled, kLeaseOver);
  if (task->stopping) return finish(clocks, e.task, AttemptEnd::canceled, "stopped: " + why_ended(e.exit));
  if (e.exit.signal == 0 && e.exit.code == 0) return finish(clocks, e.task, AttemptEnd::finished, {});
  finish(clocks, e.task, AttemptEnd::failed, why_ended(e.exit, task->start.limits));
}

void Tasks::stop(Time now, WallMs wall, TaskId id, Task& task, Duration patience) {
  const bool again = std::exchange(task.stopping, true);
  if (patience != Duration(0) && now + patience < task.kill_at) {
    kills_.erase({task.kill_at, id});
    task.kill_at = now + patience;
    kills_.emplace(task.kill_at, id);
  }
  if (again) return;
  // Whatever it waits for may take long.
  if (task.at != Task::At::running) return finish({now, wall}, id, AttemptEnd::canceled, "stopped before it began");
  if (task.pid == 0) return;
  emit(effect::Say{id, stop_line()});
  emit(effect::Signal{id, SIGTERM});
}

void Tasks::finish(Clocks clocks, TaskId id, AttemptEnd end, std::string why) {
  const auto node = tasks_.extract(id);
  const Task& task = node.mapped();
  ids_.erase(task.start.attempt);
  leased_.erase(id);
  waiting_.erase(id);
  kills_.erase({task.kill_at, id});
  if (task.words_wait) untold_.erase({task.words_since + kWordsEvery, id});
  mute_.erase({task.mute_at, id});
  emit(effect::Discard{id});
  if (end == AttemptEnd::failed && failures_.name(clocks.now, task.start.attempt.job.text()))
    emit(effect::Note{NoteLevel::warn, "Task " + task.start.vertex + " (" +
                                           std::to_string(task.start.attempt.task.subtask + 1) + "/" +
                                           std::to_string(task.start.parallelism) + ") of job " +
                                           task.start.attempt.job.text() + " failed: " + why});
  if (task.silent) return;
  link::TaskEnded ended{task.start.attempt, end, task.given_back, std::move(why), clocks.wall};
  if (ended.given_back && end == AttemptEnd::finished) ended.given_back = false;
  messages_.emplace_back(ended);
  emit(effect::KeepEnd{ended});
  ended_.emplace(task.start.attempt, std::move(ended));
}

void Tasks::leave(Time now, WallMs wall) {
  leaving_ = true;
  const Duration wanted = options_.cancellation_timeout;
  const Duration patience = wanted == Duration(0) ? Duration(kLeaveMax) : std::min<Duration>(kLeaveMax, wanted);
  for (const auto& [attempt, id] : std::map(ids_)) {
    Task& task = tasks_.at(id);
    task.given_back = !task.stopping;
    stop(now, wall, id, task, patience);
  }
}

void Tasks::lease(Time now, Time until) {
  leased_until_ = until;
  if (now >= until) return;
  for (const TaskId id : std::exchange(waiting_, {})) launch(now, id, tasks_.at(id));
}

/// The guard may have done the same already, or do it in the same moment.
void Tasks::end_leased() {
  for (const TaskId id : std::exchange(leased_, {})) {
    Task& task = tasks_.at(id);
    task.given_back = !task.stopping;
    task.stopping = task.lease_over = true;
    emit(effect::Note{NoteLevel::warn, "Task " + task.start.vertex + " of at-most-one job " +
                                           task.start.attempt.job.text() + " is killed: " + kLeaseOver});
    if (task.pid != 0) emit(effect::Signal{id, SIGKILL});
  }
}

void Tasks::begin_anew(Time now, WallMs wall) {
  // What another cluster's leader allowed is nothing in this one.
  leased_until_ = {};
  end_leased();
  for (const auto& [attempt, ended] : std::exchange(ended_, {})) emit(effect::ForgetEnd{attempt});
  for (const auto& [attempt, id] : std::map(ids_)) {
    Task& task = tasks_.at(id);
    task.silent = true;
    stop(now, wall, id, task, options_.cancellation_timeout);
  }
}

void Tasks::tick(Time now) {
  if (now >= leased_until_) end_leased();
  pass_on_late(now);
  ask_mute(now);
  for (auto& text : failures_.take_due(now)) emit(effect::Note{NoteLevel::warn, std::move(text)});
  while (!kills_.empty() && kills_.begin()->first <= now) {
    const TaskId id = kills_.begin()->second;
    kills_.erase(kills_.begin());
    const Task& task = tasks_.at(id);
    if (task.pid == 0) continue;  // it is not running yet, and will not be
    emit(effect::Note{NoteLevel::warn, "Task " + task.start.vertex + " of job " + task.start.attempt.job.text() +
                                           " did not stop in time: it is killed"});
    emit(effect::Signal{id, SIGKILL});
  }
}

Time Tasks::wake_at() const {
  Time at = std::min(failures_.wake_at(), leased_.empty() ? Time::max() : leased_until_);
  if (!kills_.empty()) at = std::min(at, kills_.begin()->first);
  if (!untold_.empty()) at = std::min(at, untold_.begin()->first);
  if (!mute_.empty()) at = std::min(at, mute_.begin()->first);
  return at;
}

// ---- what is known ----

link::TaskReport Tasks::report_of(Time now, const Task& task) {
  return {task.start.attempt,
          task.at == Task::At::running ? link::TaskPhase::running : link::TaskPhase::prepared,
          task.pid,
          task.ports,
          (now - task.since) / std::chrono::milliseconds(1),
          task.will_be_ready && !task.ready,
          task.progress,
          task.advertised};
}

std::vector<link::TaskReport> Tasks::reports(Time now) const {
  std::vector<link::TaskReport> out;
  std::size_t words = 0;
  for (const auto& [id, task] : tasks_) {
    if (task.at == Task::At::preparing || task.silent) continue;
    link::TaskReport& report = out.emplace_back(report_of(now, task));
    words += report.progress.size();
    for (const auto& [port, address] : report.advertised) words += port.size() + address.size();
    if (words <= kHelloWordsBytesMax) continue;
    report.progress.clear();
    report.advertised.clear();
  }
  return out;
}

std::vector<link::TaskEnded> Tasks::ended() const {
  std::vector<link::TaskEnded> out;
  for (const auto& [attempt, ended] : ended_) out.push_back(ended);
  return out;
}

Tasks::Task* Tasks::find(const model::AttemptId& attempt) {
  const auto at = ids_.find(attempt);
  return at == ids_.end() ? nullptr : &tasks_.at(at->second);
}

Tasks::Task* Tasks::find(TaskId id) {
  const auto at = tasks_.find(id);
  return at == tasks_.end() ? nullptr : &at->second;
}

}  // namespace stellwerk::worker
