/// Whether and when a job runs again after a failure, as Flink 1.20 decides it.
///
/// Pure: the caller keeps the state in the job's record, and commits it before it acts on a decision.
/// Only failures are told here: the end of a task on a worker that says it is leaving is none.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/executor.h"
#include "model/job_spec.h"
#include "model/restart_state.h"

namespace stellwerk::jobs {

struct RestartDecision {
  bool restart = false;
  /// exponential-delay: false if the failure fell into the pause after an earlier one, which it shares.
  /// Such a failure is no restart of its own, in Flink's numRestarts neither.
  bool counted = true;
  /// From now on; at most the strategy's longest. After a change of leaders a wait starts again in full.
  std::int64_t delay_ms = 0;
  /// Why not, if not: Flink's sentence, without a full stop.
  std::string cause;

  friend bool operator==(const RestartDecision&, const RestartDecision&) = default;
};

/// One failure. In Flink's order: first it is counted, then the strategy is asked.
///
/// none: never. fixed-delay: `attempts` times in the life of the job, success between them does not
/// matter. failure-rate: unless more than the most failures lie within the interval up to now, both
/// ends included; with a most of model::kFailureTimesMax or more it never gives up.
/// exponential-delay: the pause is initial x multiplier^(attempts so far), give or take a random part
/// of up to the jitter factor, and always between initial and max; it is the initial one again (and the
/// attempts 0) if no failure came for the threshold after the end of the last pause. A failure before
/// that end waits for it and counts for nothing; fixed-delay and failure-rate count every failure.
///
/// `now` is of the leader's wall clock, which may differ from its predecessor's or have been set back: times that lie
/// in the future count as now. Those further ahead than the interval, or the threshold, are of another reckoning and
/// count as long ago: no job fails because a clock was set. `seed` is all the randomness there is; a new one for each
/// failure.
RestartDecision on_failure(const model::RestartStrategy& strategy, model::RestartState& state, WallMs now,
                           std::uint64_t seed);

/// What holds for a job: its own strategy, else the cluster's (`restart-strategy.type`), else Flink's
/// default: exponential-delay for a job with checkpoints, none for one without. `checkpoints`: jobs take some that say
/// nothing themselves (execution.checkpointing.interval).
model::RestartStrategy strategy_for(const model::JobSpec& spec, const std::optional<model::RestartStrategy>& cluster,
                                    bool checkpoints = false);

}  // namespace stellwerk::jobs
