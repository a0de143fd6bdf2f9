#include "jobs/task_sight.h"

#include <algorithm>
#include <string>

namespace stellwerk::jobs {

using model::AttemptEnd;
using model::JobStatus;
using model::TaskState;

namespace {

/// The states of tasks in the order in which Flink lists them, and as it writes them in lists of jobs.
struct TaskWord {
  TaskState state;
  std::string_view lower;
};
constexpr std::array<TaskWord, model::kTaskStates> kTaskWords{{{TaskState::created, "created"},
                                                               {TaskState::running, "running"},
                                                               {TaskState::reconciling, "reconciling"},
                                                               {TaskState::finished, "finished"},
                                                               {TaskState::initializing, "initializing"},
                                                               {TaskState::canceled, "canceled"},
                                                               {TaskState::failed, "failed"},
                                                               {TaskState::scheduled, "scheduled"},
                                                               {TaskState::canceling, "canceling"},
                                                               {TaskState::deploying, "deploying"}}};

std::int64_t& count_of(TaskCounts& counts, TaskState state) {
  return counts[static_cast<std::size_t>(state)];
}

/// Of a task that never ran.
TaskState unstarted(JobStatus job) {
  switch (job) {
    case JobStatus::running:
    case JobStatus::restarting: return TaskState::scheduled;
    case JobStatus::finished: return TaskState::finished;
    case JobStatus::failing:
    case JobStatus::failed:
    case JobStatus::cancelling:
    case JobStatus::canceled: return TaskState::canceled;
    default: return TaskState::created;
  }
}

/// Of one that runs, as far as the records tell.
TaskState recorded_open(JobStatus job) {
  if (is_terminal(job)) return TaskState::canceled;
  return job == JobStatus::cancelling || job == JobStatus::failing ? TaskState::canceling : TaskState::running;
}

TaskState ended(AttemptEnd end) {
  switch (end) {
    case AttemptEnd::finished: return TaskState::finished;
    case AttemptEnd::failed: return TaskState::failed;
    case AttemptEnd::canceled: break;
  }
  return TaskState::canceled;
}

TaskState heard(TaskEntry::Phase phase) {
  switch (phase) {
    case TaskEntry::Phase::deploying: return TaskState::deploying;
    case TaskEntry::Phase::initializing: return TaskState::initializing;
    case TaskEntry::Phase::canceling: return TaskState::canceling;
    case TaskEntry::Phase::running: break;
  }
  return TaskState::running;
}

}  // namespace

TaskCounts count_tasks(const model::JobState& job, const AttemptCounts& attempts) {
  TaskCounts counts{};
  count_of(counts, TaskState::finished) = attempts.finished;
  count_of(counts, TaskState::failed) = attempts.failed;
  count_of(counts, TaskState::canceled) = attempts.canceled;
  count_of(counts, recorded_open(job.status)) += attempts.open;
  count_of(counts, unstarted(job.status)) += std::max<std::int64_t>(0, job.tasks - attempts.all());
  return counts;
}

TaskState aggregate(const TaskCounts& counts) {
  using enum TaskState;
  const auto any = [&](TaskState state) { return counts[static_cast<std::size_t>(state)] > 0; };
  // Flink's order; RECONCILING, which it never shows, stands behind what is certain.
  for (const TaskState state : {failed, canceling, canceled, initializing, running, reconciling})
    if (any(state)) return state;
  if (!any(finished)) return created;
  return any(created) || any(scheduled) || any(deploying) ? running : finished;
}

TaskSight see_task(const LiveView& view, const JobId& job, std::optional<JobStatus> status, model::TaskRef task) {
  TaskSight out;
  out.attempt = view.state.attempt(job, task);
  if (out.attempt && !out.attempt->open()) {
    out.state = ended(*out.attempt->end);
    return out;
  }
  if (!status) {
    out.state = TaskState::reconciling;
    return out;
  }
  if (!out.attempt) {
    out.state = unstarted(*status);
    return out;
  }
  out.state = recorded_open(*status);
  if (view.tasks != nullptr) out.live = view.tasks->find(job, task);
  if (out.live && out.live->number != out.attempt->number) out.live = nullptr;
  if (out.state != TaskState::running || view.tasks == nullptr) return out;
  out.state = out.live ? heard(out.live->phase) : TaskState::reconciling;
  return out;
}

Times times_of(WallMs start, WallMs end, WallMs now) {
  if (start < 0) return {};
  return {start, end, std::max<WallMs>(0, (end >= 0 ? end : now) - start)};
}

Times times_of(const TaskSight& task, WallMs now) {
  if (!task.attempt) return {};
  return times_of(task.attempt->start_ms, task.attempt->end_ms, now);
}

void TaskSum::add(const TaskSight& task) {
  ++count_of(counts, task.state);
  over = over && is_terminal(task.state);
  if (!task.attempt) return;
  const WallMs start = task.attempt->start_ms;
  first_start = first_start < 0 ? start : std::min(first_start, start);
  last_end = std::max(last_end, task.attempt->end_ms);
}

Times TaskSum::times(WallMs now) const {
  return times_of(first_start, over ? last_end : -1, now);
}

void write_times(JsonWriter& out, const Times& times) {
  out.member("start-time", times.start).member("end-time", times.end).member("duration", times.duration);
}

void write_counts(JsonWriter& out, std::string_view name, const TaskCounts& counts) {
  out.key(name).begin_object();
  for (const TaskWord& word : kTaskWords)
    out.member(to_string(word.state), counts[static_cast<std::size_t>(word.state)]);
  out.end_object();
}

void write_lower_counts(JsonWriter& out, const TaskCounts& counts) {
  for (const TaskWord& word : kTaskWords) out.member(word.lower, counts[static_cast<std::size_t>(word.state)]);
}

void write_metrics(JsonWriter& out) {
  out.key("metrics").begin_object();
  for (const std::string_view name : kTrafficMetrics) out.member(name, 0).member(std::string(name) + "-complete", true);
  for (const std::string_view name : kTimeMetrics) out.member(name, 0);
  out.end_object();
}

}  // namespace stellwerk::jobs
