/// What callers may ask of the state, and what becomes of it: pure decisions against a state, as
/// records to commit and the answer to give once they are durable.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "jobs/cluster_state.h"
#include "jobs/task_changes.h"
#include "model/record.h"

namespace stellwerk::jobs {

/// A job to be accepted. The spec was read and validated before (model/job_spec_reader.h).
struct SubmitJob {
  JobId id;
  std::string spec;  ///< canonical text
  std::string hash;  ///< of the canonical text
  std::string name;
  std::int64_t tasks = 0;
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
struct ForgetOldJobs {};

using Change =
    std::variant<SubmitJob, CancelJob, BeginEpoch, AmendTakeover, ForgetOldJobs, StartTasks, EndTasks, FailJob>;

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
};

/// What protects jobs. Only the simulator ever switches one off.
struct JobSafeguards {
  bool refuse_known_ids = true;    ///< off: a repeated submission makes the job anew
  bool ended_is_final = true;      ///< off: an ended job may be submitted again
  bool refuse_evicted_ids = true;  ///< off: an id older than all that is remembered is taken
};

/// What a caller is told, in the words of the domain; http/ turns it into statuses.
struct Reply {
  enum class Kind {
    accepted,  ///< done and durable (also a repeat of what was done before)
    not_found,
    conflict,     ///< contradicts what stands
    refused,      ///< cannot be done, now or ever
    overloaded,   ///< certainly nothing happened: too much is waiting
    no_space,     ///< certainly nothing happened: the store is full
    unavailable,  ///< certainly nothing happened: no leader in time
    unknown,      ///< it may have happened
  };
  Kind kind = Kind::accepted;
  JobId job;
  std::string text;          ///< why, unless accepted
  model::Position position;  ///< the commit that the answer rests on

  friend bool operator==(const Reply&, const Reply&) = default;
};

/// Empty records: nothing changes, but the answer still rests on all that was decided before.
struct Decision {
  std::vector<model::Record> records;
  Reply reply;
};

Decision decide(const ClusterState& state, const Change& change, WallMs now, const JobLimits& limits,
                const JobSafeguards& safeguards = {});

}  // namespace stellwerk::jobs
