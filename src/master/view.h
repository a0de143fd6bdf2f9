/// What a master shows: an immutable picture, made in the loop, read by HTTP threads.
#pragma once

#include <stellwerk/coordination.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "jobs/cluster_state.h"
#include "jobs/task_table.h"
#include "jobs/worker_table.h"
#include "master/storage_times.h"
#include "master/takeover.h"
#include "model/head.h"

namespace stellwerk::master {

enum class Role { starting, follower, claiming, leader };
std::string_view to_string(Role role) noexcept;

struct KnownLeader {
  model::LeaderAddress address;
  std::int64_t epoch = 0;
  WallMs since_ms = 0;

  friend bool operator==(const KnownLeader&, const KnownLeader&) = default;
};

struct MasterView {
  Role role = Role::starting;
  std::string message;  ///< one sentence: what this master is and who leads
  Candidate self;
  std::string cluster;  ///< uuid; empty until known
  std::string cluster_id;
  std::int64_t epoch = 0;  ///< highest seen
  std::optional<KnownLeader> leader;
  std::vector<Candidate> members;
  CoordinationStatus coordination;
  bool eligible = false;
  std::string eligible_reason;  ///< why not; empty when eligible
  bool durable = true;
  model::Position committed;  ///< the head's
  model::Position applied;    ///< of `state`
  Time behind_since{};        ///< since when applied < committed; 0 = it is not
  TakeoverTimes takeover;     ///< of this process' last claim
  StorageTimes storage;
  /// Null until something was applied. Shared, immutable.
  std::shared_ptr<const jobs::ClusterState> state;
  /// A leader's; null or empty while it knows of none. Shared, immutable.
  std::shared_ptr<const jobs::WorkerTable> workers;
  /// A leader's, as soon as it knows all jobs that it has to. Shared, immutable.
  std::shared_ptr<const jobs::TaskTable> tasks;
};

using ViewPtr = std::shared_ptr<const MasterView>;

}  // namespace stellwerk::master
