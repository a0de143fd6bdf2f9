/// What a master is told when it is made, and what protects it.
#pragma once

#include <stellwerk/coordination.h>

#include <chrono>
#include <string>

#include "jobs/changes.h"
#include "journal/commit.h"
#include "master/scheduler_limits.h"
#include "master/worker_limits.h"

namespace stellwerk::master {

/// Of files that jobs bring along (docs/model/Artifacts.tla).
struct UploadSafeguards {
  bool new_names = true;      ///< off: the content alone names a file
  bool record_first = true;   ///< off: a file goes before its record's deletion is durable
  bool own_epoch = true;      ///< off: a record may name a file of an epoch before its own
  bool spare_uploads = true;  ///< off: a file that waits for its record is removed like a stray
};

/// What stands between a fault and a broken promise. Each is on; only the simulator ever switches
/// one off, to see that a checker outside notices.
struct Safeguards {
  journal::CommitSafeguards commit;
  jobs::JobSafeguards jobs;
  UploadSafeguards uploads;
  bool answer_when_durable = true;     ///< off: callers are answered before the commit (P3)
  bool check_before_join = true;       ///< off: a register that was emptied or set back is believed
  bool match_cluster = true;           ///< off: storage of another cluster is believed
  bool burn_tainted_epoch = true;      ///< off: other bytes under a name of unknown fate
  bool keep_later_segments = true;     ///< off: compaction forgets what was committed beside it
  bool sweep_only_unnamed = true;      ///< off: a sweep also takes what a head may still name
  bool keep_previous_snapshot = true;  ///< off: a sweep leaves nothing to fall back to
  bool apply_before_lead = true;       ///< off: serves without the tail that it has not read
  bool act_until_deadline = true;      ///< off: acts although its lock may have passed on
  bool stand_only_if_healthy = true;   ///< off: stays in the queue although it cannot read storage
  bool look_beside_watch = true;       ///< off: a follower relies on the watch of the head alone
  bool quarantine = true;              ///< off: a job whose record is missing is served as if it were not
};

struct CompactionLimits {
  std::size_t bytes_min = std::size_t{8} << 20;    ///< segments since the snapshot, in bytes
  std::int64_t segments_max = 4096;                ///< or this many
  std::chrono::milliseconds pause{10'000};         ///< between two compactions
  std::chrono::milliseconds sweep_pause{50};       ///< between two removals
  std::chrono::milliseconds stray_age{3'600'000};  ///< strays of lower epochs are left alone for so long
  std::chrono::milliseconds put_max{300'000};      ///< a snapshot's put without an answer is given up
};

struct UploadLimits {
  std::chrono::milliseconds sweep_first{60'000};     ///< from the begin of a term to its first look for strays
  std::chrono::milliseconds sweep_every{3'600'000};  ///< from one look to the next
  std::chrono::milliseconds stray_age{3'600'000};    ///< files of lower epochs without a record are left for so long
  std::chrono::milliseconds sweep_pause{50};         ///< between two removals
};

struct Limits {
  std::size_t batch_changes = 4096;
  std::size_t batch_bytes = std::size_t{16} << 20;
  std::size_t pending_changes = 16'384;
  std::size_t pending_bytes = std::size_t{64} << 20;
  std::size_t slice_records = 2'000;  ///< applied in one turn of the loop
  std::chrono::milliseconds probe_every{10'000};
  std::chrono::milliseconds look_every{60'000};  ///< whether each file that the head names is there
  std::chrono::milliseconds sick_after{
      10'000};  ///< storage fails or is silent, or claims cannot serve, for so long: leave
  std::chrono::milliseconds sick_pause_max{300'000};  ///< the doubling pause before joining again ends here
  std::chrono::milliseconds retry_pause{200};         ///< between two tries of a read
  std::chrono::milliseconds forget_every{60'000};
  std::chrono::milliseconds forget_first{5'000};  ///< in a term: short ones forget too
  std::chrono::milliseconds forget_pause{1'000};  ///< while there is more to forget than one commit takes
  std::int64_t forget_slack = 1'000;  ///< ended jobs beyond their limits for which none of this is waited for
  /// A wall clock that jumped ahead makes nothing old before it has stood for so long, nor that of a new leader; or for
  /// the shortest of the ages, if that is less.
  std::chrono::milliseconds believe_after{600'000};
  std::chrono::milliseconds tell_again_after{60'000};  ///< a failure that goes on is told once, and then this often
  std::chrono::milliseconds amend_after{
      1'000};  ///< a takeover's last time waits so long for a change to go with, then goes alone
  std::chrono::milliseconds burn_pause{1'000};  ///< between two epochs given up because of storage
  CompactionLimits compaction;
  UploadLimits uploads;
};

struct Options {
  Candidate self;           ///< who we are; `id` is a fresh guid per process
  std::string new_cluster;  ///< a fresh uuid, used only if this master founds the cluster
  std::string cluster_id;   ///< `high-availability.cluster-id`, for messages
  std::string storage;      ///< BlobStore::describe(), for messages
  bool durable = true;      ///< false: type NONE without storageDir (P3 and P5 do not hold)
  Limits limits;
  jobs::JobLimits jobs;
  WorkerLimits workers;
  SchedulerLimits scheduler;
  Safeguards safeguards;
};

}  // namespace stellwerk::master
