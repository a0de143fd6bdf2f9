#include "jobs/vertex_views.h"

#include <algorithm>
#include <array>
#include <map>
#include <vector>

#include "jobs/found_vertex.h"

namespace stellwerk::jobs {

using model::JobVertex;
using model::TaskState;

namespace {

/// Flink's, for what has no place.
constexpr std::string_view kUnassigned = "(unassigned)";

// ---- one task ----

constexpr std::array<TaskState, 5> kTimedStates{TaskState::created, TaskState::scheduled, TaskState::deploying,
                                                TaskState::initializing, TaskState::running};
/// How long a task has been in each of kTimedStates; -1: not known, or never.
using StateTimes = std::array<WallMs, kTimedStates.size()>;

StateTimes state_times(const TaskSight& task, WallMs now) {
  constexpr std::size_t kDeploying = 2;
  constexpr std::size_t kInitializing = 3;
  constexpr std::size_t kRunning = 4;
  StateTimes out{-1, -1, -1, -1, -1};
  const Times times = times_of(task, now);
  if (times.start < 0) return out;
  // Only of a task that runs it is known when it began to.
  const bool told = task.live && task.live->since_ms > 0;
  if (!told) {
    out[task.live ? kDeploying : kRunning] = times.duration;
    return out;
  }
  const WallMs before = std::clamp<WallMs>(task.live->since_ms - times.start, 0, times.duration);
  const bool prepared = task.live->phase == TaskEntry::Phase::initializing;
  out[kDeploying] = before;
  out[prepared ? kInitializing : kRunning] = times.duration - before;
  return out;
}

std::string_view host_of(const TaskSight& task) {
  return task.attempt ? std::string_view(task.attempt->host) : kUnassigned;
}
std::string_view worker_of(const TaskSight& task) {
  return task.attempt ? std::string_view(task.attempt->worker) : kUnassigned;
}

void write_live(JsonWriter& out, const TaskSight& task) {
  if (!task.live || task.live->pid == 0) return;
  out.member("pid", task.live->pid).key("ports").begin_object();
  for (const auto& [name, port] : task.live->ports) out.member(name, port);
  out.end_object();
  if (!task.live->advertised.empty()) {
    out.key("advertised").begin_object();
    for (const auto& [name, address] : task.live->advertised) out.member(name, address);
    out.end_object();
  }
  if (!task.live->progress.empty()) out.member("progress", task.live->progress);
}

void write_subtask(JsonWriter& out, const TaskSight& task, std::int32_t subtask, WallMs now) {
  const Times times = times_of(task, now);
  const StateTimes spent = state_times(task, now);
  out.begin_object().member("subtask", subtask).member("status", to_string(task.state));
  out.member("attempt", task.attempt ? task.attempt->number : 0);
  out.member("host", host_of(task)).member("endpoint", host_of(task));
  write_times(out, times);
  write_metrics(out);
  out.member("taskmanager-id", worker_of(task)).key("status-duration").begin_object();
  for (std::size_t i = 0; i < kTimedStates.size(); ++i) out.member(to_string(kTimedStates[i]), spent[i]);
  out.end_object().member("start_time", times.start);
  write_live(out, task);
  out.end_object();
}

/// When it was in which state, as far as that is known; 0: never, or not known.
void write_state_times(JsonWriter& out, const TaskSight& task) {
  constexpr std::array<TaskState, model::kTaskStates> kOrder{
      TaskState::created,  TaskState::running, TaskState::reconciling, TaskState::finished,  TaskState::initializing,
      TaskState::canceled, TaskState::failed,  TaskState::scheduled,   TaskState::canceling, TaskState::deploying};
  out.key("timestamps").begin_object();
  for (const TaskState state : kOrder) {
    WallMs at = 0;
    if (task.attempt && (state == TaskState::scheduled || state == TaskState::deploying)) at = task.attempt->start_ms;
    if (task.attempt && is_terminal(state) && state == task.state) at = std::max<WallMs>(0, task.attempt->end_ms);
    const bool heard = task.live && state == task.state;
    if (heard && (state == TaskState::running || state == TaskState::initializing)) at = task.live->since_ms;
    out.member(to_string(state), at);
  }
  out.end_object();
}

// ---- several ----

/// What "aggregated" says of some numbers; those that are not known are left out.
void write_statistics(JsonWriter& out, std::string_view name, std::vector<WallMs> values) {
  std::erase_if(values, [](WallMs value) { return value < 0; });
  std::sort(values.begin(), values.end());
  WallMs sum = 0;
  for (const WallMs value : values) sum += value;
  const auto count = static_cast<WallMs>(values.size());
  // The nearest rank.
  const auto at = [&](std::size_t percent) -> WallMs {
    if (values.empty()) return 0;
    return values[std::min(values.size() - 1, (values.size() * percent + 99) / 100 - (percent > 0 ? 1 : 0))];
  };
  out.key(name).begin_object().member("min", at(0)).member("max", at(100));
  out.member("avg", count == 0 ? 0 : sum / count).member("sum", sum).member("median", at(50));
  out.member("p25", at(25)).member("p75", at(75)).member("p95", at(95)).end_object();
}

class Aggregated {
 public:
  void add(const TaskSight& task, WallMs now) {
    const StateTimes spent = state_times(task, now);
    for (std::size_t i = 0; i < spent.size(); ++i) spent_[i].push_back(spent[i]);
  }
  void write(JsonWriter& out) const {
    out.key("aggregated").begin_object().key("metrics").begin_object();
    for (const std::string_view name : kTrafficMetrics) write_statistics(out, name, {});
    for (const std::string_view name : kTimeMetrics) write_statistics(out, name, {});
    out.end_object().key("status-duration").begin_object();
    for (std::size_t i = 0; i < kTimedStates.size(); ++i) write_statistics(out, to_string(kTimedStates[i]), spent_[i]);
    out.end_object().end_object();
  }

 private:
  std::array<std::vector<WallMs>, kTimedStates.size()> spent_;
};

/// The tasks of one vertex on one worker.
struct OnWorker {
  std::string_view host;
  TaskSum sum;
  Aggregated aggregated;
};

void write_on_worker(JsonWriter& out, std::string_view worker, const OnWorker& tasks, WallMs now) {
  out.begin_object().member("host", tasks.host).member("endpoint", tasks.host);
  out.member("status", to_string(aggregate(tasks.sum.counts)));
  write_times(out, tasks.sum.times(now));
  write_metrics(out);
  write_counts(out, "status-counts", tasks.sum.counts);
  out.member("taskmanager-id", worker);
  tasks.aggregated.write(out);
  out.end_object();
}

/// The begin of every answer about a vertex.
void write_name(JsonWriter& out, const JobVertex& vertex) {
  out.begin_object().member("id", model::vertex_id(vertex.name)).member("name", vertex.name);
}

}  // namespace

Result<std::string> vertex_json(const LiveView& view, const JobId& id, std::string_view vertex, WallMs now) {
  const auto found = find_vertex(view, id, vertex);
  if (found.has_error()) return found.error();
  const std::int32_t parallelism = found->vertex().parallelism;
  std::string text;
  JsonWriter out(text);
  write_name(out, found->vertex());
  out.member("parallelism", parallelism).member("maxParallelism", parallelism).member("now", now);
  Aggregated aggregated;
  out.key("subtasks").begin_array();
  for (std::int32_t i = 0; i < parallelism; ++i) {
    const TaskSight task = found->task(view, i);
    aggregated.add(task, now);
    write_subtask(out, task, i, now);
  }
  out.end_array();
  aggregated.write(out);
  out.end_object();
  return text;
}

Result<std::string> subtask_times_json(const LiveView& view, const JobId& id, std::string_view vertex, WallMs now) {
  const auto found = find_vertex(view, id, vertex);
  if (found.has_error()) return found.error();
  std::string text;
  JsonWriter out(text);
  write_name(out, found->vertex());
  out.member("now", now).key("subtasks").begin_array();
  for (std::int32_t i = 0; i < found->vertex().parallelism; ++i) {
    const TaskSight task = found->task(view, i);
    out.begin_object().member("subtask", i).member("host", host_of(task)).member("endpoint", host_of(task));
    out.member("duration", times_of(task, now).duration);
    write_state_times(out, task);
    out.end_object();
  }
  out.end_array().end_object();
  return text;
}

Result<std::string> vertex_workers_json(const LiveView& view, const JobId& id, std::string_view vertex, WallMs now) {
  const auto found = find_vertex(view, id, vertex);
  if (found.has_error()) return found.error();
  const std::int32_t parallelism = found->vertex().parallelism;
  std::vector<TaskSight> tasks;
  tasks.reserve(static_cast<std::size_t>(parallelism));
  std::map<std::string_view, OnWorker> workers;
  for (std::int32_t i = 0; i < parallelism; ++i) tasks.push_back(found->task(view, i));
  for (const TaskSight& task : tasks) {
    OnWorker& there = workers[worker_of(task)];
    there.host = host_of(task);
    there.sum.add(task);
    there.aggregated.add(task, now);
  }
  std::string text;
  JsonWriter out(text);
  write_name(out, found->vertex());
  out.member("now", now).key("taskmanagers").begin_array();
  for (const auto& [worker, there] : workers) write_on_worker(out, worker, there, now);
  out.end_array().end_object();
  return text;
}

Result<std::string> subtask_json(const LiveView& view, const JobId& id, std::string_view vertex, std::int32_t subtask,
                                 std::optional<std::int32_t> attempt, WallMs now) {
  const auto found = find_vertex(view, id, vertex);
  if (found.has_error()) return found.error();
  const auto task = find_attempt(view, *found, subtask, attempt);
  if (task.has_error()) return task.error();
  std::string text;
  JsonWriter out(text);
  write_subtask(out, *task, subtask, now);
  return text;
}

}  // namespace stellwerk::jobs
