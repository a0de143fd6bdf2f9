/// What becomes of the tasks of jobs: pure decisions of the leader's own, as records.
///
/// A decision is made upon the state as it will be when all that was decided before is durable. Whatever does not fit
/// that state any more (the job was cancelled, the attempt has ended) changes nothing.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "jobs/cluster_state.h"
#include "model/job_spec.h"
#include "model/record.h"

namespace stellwerk::jobs {

/// A task's next attempt, and where it is to run.
struct TaskStart {
  model::TaskRef task;
  std::int32_t number = 0;  ///< one more than that of the attempt before it
  std::string worker;
  std::int64_t incarnation = 0;
  std::string host;
};

/// Starts tasks of one job; with them the job is RUNNING.
struct StartTasks {
  JobId job;
  std::vector<TaskStart> starts;
};

/// Why an attempt that did not finish has ended.
enum class Blame {
  task,           ///< its own doing, or it was asked to stop
  worker_leaves,  ///< no fault: it begins elsewhere at once, uncounted
  worker_lost,    ///< no fault either, unless it happens again and again (kCalm)
};
/// A job whose worker is lost begins anew at once and uncounted if it has run for so long since its last restart, in
/// ms; else its strategy decides, because the job may be what kills its workers.
inline constexpr std::int64_t kCalmMs = 60'000;

/// An attempt that is over.
struct TaskEnd {
  model::AttemptId attempt;
  std::string worker;  ///< that says so, or that is gone
  model::AttemptEnd end = model::AttemptEnd::finished;
  Blame blame = Blame::task;
  std::string task_name;  ///< "count (3/4)", for people
  std::string why;        ///< empty if it finished
};

/// Ends attempts of one job, and with them perhaps the job. `seed` is for the jitter of delays.
struct EndTasks {
  JobId job;
  std::vector<TaskEnd> ends;
  model::RestartStrategy strategy;  ///< the job's, or the cluster's
  std::uint64_t seed = 0;
};

/// Fails a job for a reason that no attempt has: it found no slots in time. Restarts as EndTasks does.
struct FailJob {
  JobId job;
  std::string why;
  model::RestartStrategy strategy;
  std::uint64_t seed = 0;
};

std::vector<model::Record> decide_start(const ClusterState& state, const StartTasks& start, WallMs now);
std::vector<model::Record> decide_end(const ClusterState& state, const EndTasks& end, WallMs now);
std::vector<model::Record> decide_fail(const ClusterState& state, const FailJob& fail, WallMs now);

/// The records that end a job: what it was moves to the history, its id is remembered for longer. Its attempts stay
/// until the history is forgotten.
void append_end(std::vector<model::Record>& records, const JobId& id, const JobEntry& job,
                const model::JobState& state);

}  // namespace stellwerk::jobs
