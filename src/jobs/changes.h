/// What callers may ask of the state, and what becomes of it: pure decisions against a state, as
/// records to commit and the answer to give once they are durable.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "jobs/bundle_changes.h"
#include "jobs/checkpoint_changes.h"
#include "jobs/cluster_state.h"
#include "jobs/reply.h"
#include "jobs/task_changes.h"

namespace stellwerk::jobs {

/// A job to be accepted. The spec was read and validated before (model/job_spec_reader.h).
struct SubmitJob {
  JobId id;
  std::string spec;  ///< canonical text
  std::string hash;  ///< of the canonical text
  std::string name;
  std::int64_t tasks = 0;
  std::optional<model::ArtifactRef> artifact{};  ///< the spec's
  std::string bundle{};                          ///< uuid of the upload that it is run from; empty: none
};

struct CancelJob {
  JobId id;
};

/// The leader's own: the first commit of its epoch. `takeover` is the record's value; jobs whose
/// records cannot be read are quarantined in the same commit.
struct BeginEpoch {
  std::int64_t epoch = 0;
  std::string takeover;
  std::vector<std::pair<JobId, model::Quarantine>> quarantines;
};

/// The leader's own: the record of its epoch once more, when the last of its times is known.
struct AmendTakeover {
  std::int64_t epoch = 0;
  std::string takeover;
};

/// The leader's own: forgets what is older than it has to be remembered (`jobstore.*`).
/// Removes kForgottenMax records of each kind at most: one that removes as many wants to be followed by another.
struct ForgetOldJobs {
  /// The time by which it is old, if that is before now (master/aging_clock.h). Absent: nothing is, and only what is
  /// too many is forgotten.
  std::optional<WallMs> by;
};

using Change =
    std::variant<SubmitJob, CancelJob, BeginEpoch, AmendTakeover, ForgetOldJobs, StartTasks, EndTasks, FailJob,
                 AddBundle, RemoveBundle, AskCheckpoint, BeginCheckpoint, CompleteCheckpoint, GiveUpCheckpoint>;

/// It follows from a leader's soft state: who begins an epoch anew asks for it again, if it still has to be.
bool is_of_the_schedule(const Change& change);

/// Size in memory, for the bound on what is pending.
std::size_t bytes_of(const Change& change);

/// How much of ended jobs is remembered. Keys `jobstore.*`.
struct JobLimits {
  std::int64_t history_ms = 3600 * 1000;           ///< jobstore.expiration-time
  std::int64_t history_max = 10'000;               ///< jobstore.max-capacity, bounded
  std::int64_t ended_ms = 7LL * 24 * 3600 * 1000;  ///< jobstore.ended.expiration-time
  std::int64_t ended_max = 100'000;                ///< jobstore.ended.max-capacity
  std::int64_t live_max = 100'000;                 ///< jobs that have not ended, at the same time
  std::int64_t takeovers_max = 100;                ///< newest terms of leadership kept
  std::int64_t upload_ms = 3600 * 1000;            ///< an upload for one job has so long to be used
  std::int64_t bundles_max = 1000;
  std::int64_t trigger_ms = 3600 * 1000;  ///< the answer to a caller's trigger is remembered for so long
};

/// Records of one kind forgotten in one commit; the next turn goes on.
inline constexpr std::size_t kForgottenMax = 1000;

/// Too many ended jobs, by more than `slack`: they come faster than they are forgotten. Costs nothing.
bool too_many_ended(const ClusterState& state, const JobLimits& limits, std::int64_t slack);

/// What protects jobs. Only the simulator ever switches one off.
struct JobSafeguards {
  bool refuse_known_ids = true;    ///< off: a repeated submission makes the job anew
  bool ended_is_final = true;      ///< off: an ended job may be submitted again
  bool refuse_evicted_ids = true;  ///< off: an id older than all that is remembered is taken
};

Decision decide(const ClusterState& state, const Change& change, WallMs now, const JobLimits& limits,
                const JobSafeguards& safeguards = {});

}  // namespace stellwerk::jobs
