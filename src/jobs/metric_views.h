/// Numbers about cluster, workers, jobs and tasks, by the names that Flink has for them where it has some. Pure; from
/// any thread.
///
/// Times that end in `Time` are ms but for `CPU.Time`, which is in ns as Flink's; memory is in bytes.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "jobs/task_sight.h"

namespace stellwerk::jobs {

struct Metric {
  std::string id;
  double value = 0;

  friend bool operator==(const Metric&, const Metric&) = default;
};
using Metrics = std::vector<Metric>;

/// Of all jobs and workers.
Metrics cluster_metrics(const ClusterState& state, const WorkerTable& workers);
/// Of a daemon's own process.
Metrics process_metrics(std::int64_t resident_bytes, std::int64_t cpu_ms);
Metrics worker_metrics(const WorkerEntry& worker);
Metrics task_metrics(const model::TaskUsage& usage);
/// What the records tell of it: restarts, and how long it is how it is.
Metrics job_metrics(const model::JobState& job, WallMs now);

/// The same, and what its tasks use together, as far as workers have told. Errors: not_found.
Result<Metrics> metrics_of_job(const LiveView& view, const JobId& id, WallMs now);
/// By subtask; empty for those that do not run, or of which no worker has told yet. Errors: not_found.
Result<std::vector<Metrics>> metrics_of_subtasks(const LiveView& view, const JobId& id, std::string_view vertex);

}  // namespace stellwerk::jobs
