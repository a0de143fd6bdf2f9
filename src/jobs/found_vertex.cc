#include "jobs/found_vertex.h"

#include <string>

#include "jobs/job_views.h"

namespace stellwerk::jobs {

TaskSight FoundVertex::task(const LiveView& view, std::int32_t subtask) const {
  return see_task(view, job.id, job.status(), model::TaskRef{index, subtask});
}

Result<FoundVertex> find_vertex(const LiveView& view, const JobId& id, std::string_view vertex) {
  auto job = find_job(view.state, id, true);
  if (!job) return make_error(Errc::not_found, no_such_job(view.state, id));
  std::string wanted(vertex);
  for (char& c : wanted)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  for (std::size_t i = 0; job->spec && i < job->spec->vertices.size(); ++i)
    if (model::vertex_id(job->spec->vertices[i].name) == wanted)
      return FoundVertex{std::move(*job), static_cast<std::int32_t>(i)};
  return make_error(Errc::not_found, "JobVertex " + wanted + " not found in job " + id.text());
}

Result<void> check_subtask(const FoundVertex& vertex, std::int32_t subtask) {
  const std::int32_t parallelism = vertex.vertex().parallelism;
  if (subtask >= 0 && subtask < parallelism) return {};
  return make_error(Errc::not_found, "Subtask " + std::to_string(subtask) + " not found: " + vertex.vertex().name +
                                         " has 0 to " + std::to_string(parallelism - 1));
}

Result<TaskSight> find_attempt(const LiveView& view, const FoundVertex& vertex, std::int32_t subtask,
                               std::optional<std::int32_t> attempt) {
  if (const auto there = check_subtask(vertex, subtask); there.has_error()) return there.error();
  TaskSight task = vertex.task(view, subtask);
  const std::int32_t newest = task.attempt ? task.attempt->number : 0;
  if (!attempt || *attempt == newest) return task;
  return make_error(Errc::not_found, "Attempt " + std::to_string(*attempt) +
                                         " not found: only the newest is remembered, which is " +
                                         std::to_string(newest));
}

}  // namespace stellwerk::jobs
