/// One vertex of a job. Internal to jobs/.
#pragma once

#include <optional>
#include <string_view>

#include "jobs/found_job.h"
#include "jobs/task_sight.h"

namespace stellwerk::jobs {

struct FoundVertex {
  FoundJob job;
  std::int32_t index = 0;

  const model::JobVertex& vertex() const { return job.spec->vertices[static_cast<std::size_t>(index)]; }
  TaskSight task(const LiveView& view, std::int32_t subtask) const;
};

/// `vertex`: its id, in either case. Errors: not_found, for people.
Result<FoundVertex> find_vertex(const LiveView& view, const JobId& id, std::string_view vertex);
/// Errors: not_found, if it has no subtask of that number.
Result<void> check_subtask(const FoundVertex& vertex, std::int32_t subtask);
/// `attempt`: none for its newest. Errors: not_found, also for one that is not the newest.
Result<TaskSight> find_attempt(const LiveView& view, const FoundVertex& vertex, std::int32_t subtask,
                               std::optional<std::int32_t> attempt);

}  // namespace stellwerk::jobs
