#include "jobs/metric_views.h"

#include <algorithm>
#include <limits>

#include "jobs/found_vertex.h"
#include "jobs/job_views.h"

namespace stellwerk::jobs {

using model::JobStatus;
using model::TaskUsage;

namespace {

constexpr double kNsPerMs = 1e6;
constexpr double kPermilleOfOne = 1000;

void add_metric(Metrics& out, std::string id, std::int64_t value) {
  out.push_back({std::move(id), static_cast<double>(value)});
}

void add_usage(TaskUsage& sum, const TaskUsage& one) {
  sum.memory_bytes += one.memory_bytes;
  sum.cpu_ms += one.cpu_ms;
  sum.processes += one.processes;
}

void append(Metrics& out, Metrics more) {
  for (Metric& each : more) out.push_back(std::move(each));
}

/// Of all its attempts that workers have told of; none: nobody has.
std::optional<TaskUsage> usage_of_job(const WorkerTable& workers, const JobId& id) {
  std::optional<TaskUsage> sum;
  const model::AttemptId first{id, {std::numeric_limits<std::int32_t>::min(), 0}, 0};
  workers.entries().for_each([&](const std::string&, const WorkerEntry& worker) {
    if (!worker.usages) return;
    for (auto at = worker.usages->lower_bound(first); at != worker.usages->end() && at->first.job == id; ++at) {
      if (!sum) sum.emplace();
      add_usage(*sum, at->second);
    }
  });
  return sum;
}

std::optional<TaskUsage> usage_of_task(const LiveView& view, const JobId& id, model::TaskRef task) {
  const auto attempt = view.state.attempt(id, task);
  if (!attempt || !attempt->open() || view.workers == nullptr) return std::nullopt;
  const auto worker = view.workers->find(attempt->worker);
  if (!worker || !worker->usages) return std::nullopt;
  const auto at = worker->usages->find({id, task, attempt->number});
  if (at == worker->usages->end()) return std::nullopt;
  return at->second;
}

/// Since when it is in this status; 0: it is not.
WallMs time_in(const model::JobState& job, JobStatus status, WallMs now) {
  if (job.status != status) return 0;
  return std::max<WallMs>(0, now - job.timestamps[static_cast<std::size_t>(status)]);
}

}  // namespace

Metrics cluster_metrics(const ClusterState& state, const WorkerTable& workers) {
  Metrics out;
  add_metric(out, "numRunningJobs", state.counts().running);
  add_metric(out, "numRegisteredTaskManagers", static_cast<std::int64_t>(workers.entries().size()));
  add_metric(out, "taskSlotsTotal", workers.slots());
  add_metric(out, "taskSlotsAvailable", workers.free_slots());
  return out;
}

Metrics process_metrics(std::int64_t resident_bytes, std::int64_t cpu_ms) {
  Metrics out;
  add_metric(out, "Status.Process.Memory.Resident", resident_bytes);
  out.push_back({"Status.Process.CPU.Time", static_cast<double>(cpu_ms) * kNsPerMs});
  return out;
}

Metrics worker_metrics(const WorkerEntry& worker) {
  Metrics out = process_metrics(worker.load.resident, worker.load.cpu_ms);
  add_metric(out, "Status.Host.Memory.Total", worker.load.memory_total);
  add_metric(out, "Status.Host.Memory.Available", worker.load.memory_free);
  add_metric(out, "Status.Host.CPU.Count", worker.load.processors);
  out.push_back({"Status.Host.CPU.Load", static_cast<double>(worker.load.load_permille) / kPermilleOfOne});
  add_metric(out, "taskSlotsTotal", worker.about.slots);
  add_metric(out, "taskSlotsAvailable", worker.free_slots());
  TaskUsage tasks;
  if (worker.usages)
    for (const auto& [attempt, usage] : *worker.usages) add_usage(tasks, usage);
  add_metric(out, "Status.Tasks.Count", worker.usages ? static_cast<std::int64_t>(worker.usages->size()) : 0);
  add_metric(out, "Status.Tasks.Memory.Resident", tasks.memory_bytes);
  out.push_back({"Status.Tasks.CPU.Time", static_cast<double>(tasks.cpu_ms) * kNsPerMs});
  add_metric(out, "Status.Tasks.Process.Count", tasks.processes);
  return out;
}

Metrics task_metrics(const TaskUsage& usage) {
  Metrics out;
  add_metric(out, "Process.Memory.Resident", usage.memory_bytes);
  out.push_back({"Process.CPU.Time", static_cast<double>(usage.cpu_ms) * kNsPerMs});
  add_metric(out, "Process.Count", usage.processes);
  return out;
}

Metrics job_metrics(const model::JobState& job, WallMs now) {
  const bool ended = is_terminal(job.status);
  const WallMs down = time_in(job, JobStatus::restarting, now) + time_in(job, JobStatus::failing, now);
  Metrics out;
  add_metric(out, "numRestarts", job.restarts);
  add_metric(out, "fullRestarts", job.restarts);
  add_metric(out, "uptime", ended ? -1 : time_in(job, JobStatus::running, now));
  add_metric(out, "downtime", ended ? -1 : down);
  add_metric(out, "createdTime", time_in(job, JobStatus::created, now));
  add_metric(out, "runningTime", time_in(job, JobStatus::running, now));
  add_metric(out, "restartingTime", time_in(job, JobStatus::restarting, now));
  add_metric(out, "failingTime", time_in(job, JobStatus::failing, now));
  add_metric(out, "cancellingTime", time_in(job, JobStatus::cancelling, now));
  return out;
}

Result<Metrics> metrics_of_job(const LiveView& view, const JobId& id, WallMs now) {
  const auto job = find_job(view.state, id, false);
  if (!job) return make_error(Errc::not_found, no_such_job(view.state, id));
  Metrics out;
  if (job->entry.state) out = job_metrics(*job->entry.state, now);
  if (view.workers != nullptr)
    if (const auto usage = usage_of_job(*view.workers, id)) append(out, task_metrics(*usage));
  return out;
}

Result<std::vector<Metrics>> metrics_of_subtasks(const LiveView& view, const JobId& id, std::string_view vertex) {
  const auto found = find_vertex(view, id, vertex);
  if (found.has_error()) return found.error();
  std::vector<Metrics> out(static_cast<std::size_t>(found->vertex().parallelism));
  for (std::size_t i = 0; i < out.size(); ++i)
    if (const auto usage = usage_of_task(view, id, {found->index, static_cast<std::int32_t>(i)}))
      out[i] = task_metrics(*usage);
  return out;
}

}  // namespace stellwerk::jobs
