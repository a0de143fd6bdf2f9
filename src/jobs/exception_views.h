/// The failures of a job as the REST paths show them: JSON with Flink's names. Pure; from any thread.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "jobs/cluster_state.h"

namespace stellwerk::jobs {

/// Flink's default for `maxExceptions`.
inline constexpr std::size_t kExceptionsShown = 20;

/// `/jobs/:jobid/exceptions`: the newest failures first, `most` of them at most. None: nothing is known of the job.
std::optional<std::string> job_exceptions_json(const ClusterState& state, const JobId& id, std::size_t most);

}  // namespace stellwerk::jobs
