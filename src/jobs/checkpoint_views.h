/// Checkpoints as the REST paths show them: JSON with Flink's names, from what is recorded alone, so that all masters
/// say the same. Pure; from any thread.
#pragma once

#include <stellwerk/result.h>

#include <optional>
#include <string>
#include <string_view>

#include "jobs/checkpoints.h"
#include "jobs/cluster_state.h"

namespace stellwerk::jobs {

/// `/jobs/:jobid/checkpoints`: counts, the newest, and those that are remembered, newest first. None: nothing is known
/// of the job.
std::optional<std::string> checkpoints_json(const ClusterState& state, const JobId& id);

/// `/jobs/:jobid/checkpoints/config`; `cluster` is for jobs that say nothing themselves.
std::optional<std::string> checkpoint_config_json(const ClusterState& state, const JobId& id,
                                                  const CheckpointPolicy& cluster);

// Errors of the following: not_found, a sentence.

/// `/jobs/:jobid/checkpoints/details/:checkpointid`
Result<std::string> checkpoint_json(const ClusterState& state, const JobId& id, std::int64_t number);
/// `/jobs/:jobid/checkpoints/details/:checkpointid/subtasks/:vertexid`: only of those that are kept.
Result<std::string> checkpoint_vertex_json(const ClusterState& state, const JobId& id, std::int64_t number,
                                           std::string_view vertex);
/// `/jobs/:jobid/checkpoints/:triggerid`
Result<std::string> trigger_json(const ClusterState& state, const JobId& id, std::string_view trigger);

}  // namespace stellwerk::jobs
