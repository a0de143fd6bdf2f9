/// What Flink's clients and its dashboard ask about a job besides all that is shown of it: how it ended, and what only
/// Flink's own tasks have, well-formed and empty. Pure; from any thread.
#pragma once

#include <stellwerk/result.h>

#include <optional>
#include <string>
#include <string_view>

#include "jobs/task_sight.h"

namespace stellwerk::jobs {

/// `/jobs/:jobid/execution-result`: IN_PROGRESS, or COMPLETED and how it ended; of a job whose details are forgotten
/// without how long it ran. None: there is no such job.
std::optional<std::string> job_result_json(const ClusterState& state, const JobId& id);
/// `/jobs/:jobid/accumulators`
std::optional<std::string> job_accumulators_json(const ClusterState& state, const JobId& id);

/// Errors: not_found, with a sentence that says what of the path is not there.
/// `/jobs/:jobid/vertices/:vertexid/accumulators`
Result<std::string> vertex_accumulators_json(const LiveView& view, const JobId& id, std::string_view vertex,
                                             WallMs now);
/// `.../subtasks/accumulators`
Result<std::string> subtasks_accumulators_json(const LiveView& view, const JobId& id, std::string_view vertex,
                                               WallMs now);
/// `.../watermarks`
Result<std::string> vertex_watermarks_json(const LiveView& view, const JobId& id, std::string_view vertex, WallMs now);
/// `.../backpressure`: of each subtask that nothing is known.
Result<std::string> vertex_backpressure_json(const LiveView& view, const JobId& id, std::string_view vertex,
                                             WallMs now);
/// `.../flamegraph`, of all subtasks or of one: there is none.
Result<std::string> vertex_flamegraph_json(const LiveView& view, const JobId& id, std::string_view vertex,
                                           std::optional<std::int32_t> subtask);
/// `.../subtasks/:subtaskindex/attempts/:attempt/accumulators`, of its newest attempt.
Result<std::string> attempt_accumulators_json(const LiveView& view, const JobId& id, std::string_view vertex,
                                              std::int32_t subtask, std::int32_t attempt);

}  // namespace stellwerk::jobs
