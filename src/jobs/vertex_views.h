/// The vertices of a job and their tasks as the REST paths show them: JSON with Flink's names. Pure; from any thread.
///
/// Errors: not_found, with a sentence that says what of the path is not there. Each reads the job's spec and looks at
/// all tasks of the vertex.
#pragma once

#include <stellwerk/result.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "jobs/task_sight.h"

namespace stellwerk::jobs {

/// `/jobs/:jobid/vertices/:vertexid`. `vertex` as model::vertex_id() makes it, here and below; upper case is taken.
Result<std::string> vertex_json(const LiveView& view, const JobId& id, std::string_view vertex, WallMs now);
/// `.../subtasktimes`
Result<std::string> subtask_times_json(const LiveView& view, const JobId& id, std::string_view vertex, WallMs now);
/// `.../taskmanagers`, in the order of their ids; first those tasks that never ran.
Result<std::string> vertex_workers_json(const LiveView& view, const JobId& id, std::string_view vertex, WallMs now);
/// `.../subtasks/:subtaskindex` and `.../attempts/:attempt`: only the newest attempt is remembered.
Result<std::string> subtask_json(const LiveView& view, const JobId& id, std::string_view vertex, std::int32_t subtask,
                                 std::optional<std::int32_t> attempt, WallMs now);

}  // namespace stellwerk::jobs
