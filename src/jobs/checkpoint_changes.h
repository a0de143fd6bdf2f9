/// What becomes of checkpoints: pure decisions upon the state, as records.
///
/// A number is given by a record before any process hears of it, and never again. Whatever does not fit the state any
/// more (a task has ended, another number is under way) changes nothing.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "jobs/cluster_state.h"
#include "jobs/reply.h"
#include "model/checkpoint.h"
#include "model/record.h"

namespace stellwerk::jobs {

/// A caller wants one; it is told by the record of its trigger. Said twice it is the same.
struct AskCheckpoint {
  JobId job;
  std::string trigger;  ///< model::is_trigger_id
};

/// Gives out `number`, if it is the next one and all tasks that have not finished run.
struct BeginCheckpoint {
  JobId job;
  std::int64_t number = 0;
};

/// All that were asked have acknowledged. Older ones than `retained` newest go.
struct CompleteCheckpoint {
  JobId job;
  model::Checkpoint checkpoint;
  std::int32_t retained = 1;
};

struct GiveUpCheckpoint {
  JobId job;
  std::int64_t number = 0;
  std::string cause;
  std::int64_t acknowledged = 0;
  bool counted = true;     ///< it is a failure: of a leader's death it is none
  bool ask_again = false;  ///< who waits for it waits for the next one
  std::int32_t tolerable = 0;
};

Decision decide_ask(const ClusterState& state, const AskCheckpoint& ask, WallMs now);
std::vector<model::Record> decide_checkpoint_begin(const ClusterState& state, const BeginCheckpoint& begin, WallMs now);
std::vector<model::Record> decide_complete(const ClusterState& state, const CompleteCheckpoint& complete);
std::vector<model::Record> decide_give_up(const ClusterState& state, const GiveUpCheckpoint& give_up, WallMs now);

/// Too many failures in a row: with this one the job has to begin anew.
bool exceeds(const model::CheckpointBook& book, const GiveUpCheckpoint& give_up);

// ---- along with other decisions ----

/// A task of the job has ended: what is under way is given up, and is no failure of its own.
void give_up_pending(const ClusterState& state, const JobId& job, const std::string& cause, WallMs now,
                     std::vector<model::Record>& records);
/// Tasks begin from the newest one, if there is one.
void note_restore(const ClusterState& state, const JobId& job, WallMs now, std::vector<model::Record>& records);
/// The job has ended: no checkpoint of it is kept, and nobody waits for one any more. What there was is shown as long
/// as the job is.
void end_checkpoints(const ClusterState& state, const JobId& job, WallMs now, std::vector<model::Record>& records);
/// Of jobs that are not shown any more, and triggers that are older than `age_ms`.
void forget_checkpoints(const ClusterState& state, WallMs now, std::int64_t age_ms, std::size_t records_max,
                        std::vector<model::Record>& records);

/// Triggers that are remembered; of those that are answered the oldest goes. While all of them wait nobody else may
/// ask.
inline constexpr std::size_t kTriggersMax = 1'000;

}  // namespace stellwerk::jobs
