/// What a simulated cluster is like, and which of its safeguards are off.
#pragma once

#include <stellwerk/coordination.h>

#include <chrono>

#include "jobs/changes.h"
#include "leadership/zk_election.h"
#include "master/options.h"

namespace stellwerk::test {

struct SimClusterOptions {
  int masters = 3;
  int workers = 2;  ///< every second one is told no master and finds them
  Duration session_timeout = std::chrono::seconds(10);
  master::Safeguards safeguards = with_watch_alone();
  leadership::Safeguards election;
  /// Small, so that a minute sees many compactions.
  master::CompactionLimits compaction{2048, 32, std::chrono::milliseconds(2000), std::chrono::milliseconds(20),
                                      std::chrono::milliseconds(10'000)};
  /// So short that a minute sees many files come and go.
  master::UploadLimits uploads{std::chrono::milliseconds(1000), std::chrono::milliseconds(4000),
                               std::chrono::milliseconds(3000), std::chrono::milliseconds(20)};
  /// So few that a minute sees jobs forgotten.
  jobs::JobLimits jobs = few_remembered();
  std::chrono::milliseconds forget_every{5000};
  std::int64_t forget_slack = 4;
  bool worker_guards = true;             ///< off: who runs what a killed worker ran, waits for a timeout
  bool worker_guards_end_tasks = true;   ///< off: they only say so
  bool worker_guards_end_leased = true;  ///< off: a worker that stands still keeps what is leased
  bool wait_lease = true;                ///< off: leaders do not wait for leases
  std::chrono::milliseconds lease{8000};
  bool guards = true;           ///< off: a killed master's lock waits for its session's timeout
  bool server_compares = true;  ///< off: ZooKeeper writes whatever version is expected

  /// A second look every ten seconds would hide a watch that was lost.
  static master::Safeguards with_watch_alone() {
    master::Safeguards safeguards;
    safeguards.look_beside_watch = false;
    return safeguards;
  }
  static jobs::JobLimits few_remembered() {
    jobs::JobLimits limits;
    limits.history_max = 6;
    limits.ended_max = 12;
    limits.upload_ms = 8000;
    return limits;
  }
};

}  // namespace stellwerk::test
