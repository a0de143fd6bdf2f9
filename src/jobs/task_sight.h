/// Tasks as they are shown: what the records say of them, and, where a leader shows them, what it hears. Pure.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "base/json_writer.h"
#include "jobs/cluster_state.h"
#include "jobs/task_table.h"
#include "jobs/worker_table.h"
#include "model/task_state.h"

namespace stellwerk::jobs {

/// All that is known on a master. A follower has the state alone.
struct LiveView {
  const ClusterState& state;
  const TaskTable* tasks = nullptr;      ///< a leader's
  const WorkerTable* workers = nullptr;  ///< a leader's
};

/// Tasks, by state.
using TaskCounts = std::array<std::int64_t, model::kTaskStates>;

/// All tasks of a job, from what is counted as records are applied.
TaskCounts count_tasks(const model::JobState& job, const AttemptCounts& attempts);

/// The status of several tasks together, as Flink has it of a vertex: a failed one first, then those that are being
/// stopped, and RUNNING as soon as some have run.
model::TaskState aggregate(const TaskCounts& counts);

/// One task.
struct TaskSight {
  model::TaskState state = model::TaskState::created;
  std::shared_ptr<const model::Attempt> attempt;  ///< the newest; null: it never ran
  std::shared_ptr<const TaskEntry> live;          ///< of an open attempt; null: nothing was heard
};
/// `status`: of its job; none: it cannot be read.
TaskSight see_task(const LiveView& view, const JobId& job, std::optional<model::JobStatus> status, model::TaskRef task);

/// -1 is Flink's "not yet".
struct Times {
  WallMs start = -1;
  WallMs end = -1;
  WallMs duration = -1;
};
/// Wall clocks differ between masters: no duration is below zero. `end` -1: it goes on.
Times times_of(WallMs start, WallMs end, WallMs now);
Times times_of(const TaskSight& task, WallMs now);

/// Several tasks together.
struct TaskSum {
  TaskCounts counts{};
  WallMs first_start = -1;
  WallMs last_end = -1;
  bool over = true;  ///< all of them

  void add(const TaskSight& task);
  Times times(WallMs now) const;
};

/// "start-time", "end-time", "duration".
void write_times(JsonWriter& out, const Times& times);
/// `name`: {"CREATED":0,...}
void write_counts(JsonWriter& out, std::string_view name, const TaskCounts& counts);
/// "created":0,...: the members of an open object, as lists of jobs have them.
void write_lower_counts(JsonWriter& out, const TaskCounts& counts);
/// "metrics": zeros. What a job's own sockets carry is not counted here; said to be complete, because Flink's dashboard
/// waits for what is not.
void write_metrics(JsonWriter& out);
/// Its numbers, in Flink's order.
inline constexpr std::array<std::string_view, 4> kTrafficMetrics{"read-bytes", "write-bytes", "read-records",
                                                                 "write-records"};
inline constexpr std::array<std::string_view, 3> kTimeMetrics{"accumulated-backpressured-time", "accumulated-idle-time",
                                                              "accumulated-busy-time"};

}  // namespace stellwerk::jobs
