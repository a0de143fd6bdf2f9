/// All that a cluster remembers, as its records say: the one state that leader, followers, views and
/// snapshots share. Changed only by applying records in the order of the journal.
#pragma once

#include <stellwerk/result.h>

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "base/cow_map.h"
#include "model/attempt.h"
#include "model/bundle.h"
#include "model/checkpoint.h"
#include "model/job.h"
#include "model/position.h"
#include "model/record.h"

namespace stellwerk::jobs {

/// A job as its records have it. `state` and `spec` are both there in a healthy job.
struct JobEntry {
  std::optional<model::JobState> state;
  std::shared_ptr<const std::string> spec;  ///< the record's value (model::decode_job_spec)
  bool archived = false;                    ///< from `history/`: ended, kept to be shown

  bool healthy() const { return state.has_value() && (spec != nullptr || archived); }
};

/// How far the tasks of a job are, as their newest attempts tell; kept as records are applied. Tasks that never ran
/// are not among them.
struct AttemptCounts {
  std::int64_t open = 0;
  std::int64_t finished = 0;
  std::int64_t failed = 0;
  std::int64_t canceled = 0;

  std::int64_t all() const { return open + finished + failed + canceled; }
  friend bool operator==(const AttemptCounts&, const AttemptCounts&) = default;
};

/// What the newest attempts of tasks say of one worker; kept as records are applied.
struct WorkerAttempts {
  std::int64_t newest = 0;  ///< its incarnation in any that was ever applied while others of it were there
  std::int64_t open = 0;
  std::int64_t all = 0;
};

/// Counts that `/overview` shows, kept as records are applied.
struct JobCounts {
  std::int64_t running = 0;  ///< everything that has not ended
  std::int64_t finished = 0;
  std::int64_t canceled = 0;
  std::int64_t failed = 0;

  friend bool operator==(const JobCounts&, const JobCounts&) = default;
};

/// One term of leadership, from `takeovers/<epoch>`: the text of its record.
using Takeovers = std::map<std::int64_t, std::shared_ptr<const std::string>>;

/// Why a record could not be understood. The state goes on without it.
struct RecordFault {
  std::string key;
  std::string job;  ///< empty: no job's
  Error error;
};

class ClusterState {
 public:
  ClusterState() = default;
  ClusterState(ClusterState&&) noexcept = default;
  ClusterState& operator=(ClusterState&&) noexcept = default;

  /// A second state with the same content, sharing all of it.
  ClusterState share();

  /// Applies one record. A fault leaves the record in `records()` (nothing is lost) and out of the
  /// typed tables; Errc::not_supported means that a newer version wrote it: do not stand.
  std::optional<RecordFault> apply(const model::Record& record);

  /// Every record, typed or not: what a snapshot is made of.
  const CowMap<std::string>& records() const { return records_; }
  CowMap<std::string> share_records() { return records_.share(); }

  /// Jobs that have not ended, and ended ones whose history is kept.
  const CowMap<JobEntry>& jobs() const { return jobs_; }
  /// The newest attempt of each task, by attempt_path().
  const CowMap<model::Attempt>& attempts() const { return attempts_; }
  std::shared_ptr<const model::Attempt> attempt(const JobId& job, model::TaskRef task) const;
  /// By job id, of jobs that have any.
  const CowMap<AttemptCounts>& attempt_counts() const { return attempt_counts_; }
  AttemptCounts attempt_counts(const JobId& job) const;
  /// All zero: no attempt is recorded as its.
  WorkerAttempts worker_attempts(std::string_view worker) const;
  /// Of jobs that ever took a checkpoint, or were asked to, by job id.
  const CowMap<model::CheckpointBook>& checkpointings() const { return checkpointings_; }
  std::shared_ptr<const model::CheckpointBook> checkpointing(const JobId& job) const;
  /// Read from its record; none: it is not kept. Costs as much as the record is long.
  std::optional<model::Checkpoint> checkpoint(const JobId& job, std::int64_t number) const;
  const CowMap<model::CheckpointTrigger>& triggers() const { return triggers_; }
  const CowMap<model::EndedJob>& ended() const { return ended_; }
  const CowMap<model::Quarantine>& quarantined() const { return quarantined_; }
  const Takeovers& takeovers() const { return takeovers_; }
  /// By SHA-256.
  const CowMap<model::StoredArtifact>& artifacts() const { return artifacts_; }
  /// By uuid, without their specs: those are found in the records (bundle_spec()).
  const CowMap<model::Bundle>& bundles() const { return bundles_; }
  /// Empty: there is none.
  std::string bundle_spec(std::string_view uuid) const;
  const JobCounts& counts() const { return counts_; }
  /// Ids minted up to this time may have been forgotten: they are refused. 0 = nothing was evicted.
  WallMs evicted_up_to_ms() const { return evicted_up_to_ms_; }
  std::int64_t evicted_count() const { return evicted_count_; }

  /// Job ids of live jobs whose records do not fit together (a spec without a state, a state without
  /// a spec): never run, to be quarantined. Costs a pass over all jobs.
  std::map<std::string, std::string> incomplete_jobs() const;

 private:
  std::optional<Error> apply_typed(const model::Record& record);
  std::optional<Error> apply_job(std::string_view rest, const model::Record& record);
  std::optional<Error> apply_history(std::string_view id, const model::Record& record);
  std::optional<Error> apply_ended(std::string_view id, const model::Record& record);
  std::optional<Error> apply_attempt(std::string_view path, const model::Record& record);
  std::optional<Error> apply_checkpointing(std::string_view job, const model::Record& record);
  std::optional<Error> apply_trigger(std::string_view id, const model::Record& record);
  std::optional<Error> apply_artifact(std::string_view sha256, const model::Record& record);
  std::optional<Error> apply_bundle(std::string_view uuid, const model::Record& record);
  void count_of_worker(const model::Attempt& attempt, std::int64_t by);
  void set_job(std::string_view id, std::optional<JobEntry> entry);
  void count(const JobEntry& entry, std::int64_t by);

  CowMap<std::string> records_;
  CowMap<JobEntry> jobs_;
  CowMap<model::Attempt> attempts_;
  CowMap<AttemptCounts> attempt_counts_;
  CowMap<WorkerAttempts> worker_attempts_;  ///< by worker
  CowMap<model::CheckpointBook> checkpointings_;
  CowMap<model::CheckpointTrigger> triggers_;
  CowMap<model::EndedJob> ended_;
  CowMap<model::Quarantine> quarantined_;
  CowMap<model::StoredArtifact> artifacts_;
  CowMap<model::Bundle> bundles_;
  Takeovers takeovers_;
  JobCounts counts_;
  WallMs evicted_up_to_ms_ = 0;
  std::int64_t evicted_count_ = 0;
};

/// Keys of the records (docs/formats.md).
std::string job_spec_key(const JobId& id);
std::string job_state_key(const JobId& id);
std::string attempt_key(const JobId& id, model::TaskRef task);
/// "<job>/<vertex>/<subtask>"
std::string attempt_path(const JobId& id, model::TaskRef task);
/// Of a key `jobs/<id>/attempts/...`; nothing for others.
struct AttemptPlace {
  std::string_view job;
  model::TaskRef task;
};
std::optional<AttemptPlace> parse_attempt_key(std::string_view key);
std::string checkpointing_key(const JobId& id);
std::string checkpoint_key(const JobId& id, std::int64_t number);
std::string trigger_key(std::string_view id);
std::string history_key(const JobId& id);
std::string ended_key(const JobId& id);
std::string quarantine_key(const JobId& id);
std::string takeover_key(std::int64_t epoch);
inline constexpr std::string_view kEvictedKey = "evicted";

}  // namespace stellwerk::jobs
