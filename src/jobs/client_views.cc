#include "jobs/client_views.h"

#include <algorithm>

#include "base/json_writer.h"
#include "jobs/found_vertex.h"

namespace stellwerk::jobs {

using model::JobStatus;

namespace {

constexpr std::string_view kUnassigned = "(unassigned)";

/// Flink's ApplicationStatus.
std::string_view application_status(JobStatus status) {
  switch (status) {
    case JobStatus::finished: return "SUCCEEDED";
    case JobStatus::failed: return "FAILED";
    case JobStatus::canceled: return "CANCELED";
    default: return "UNKNOWN";
  }
}

void write_result(JsonWriter& out, const JobId& id, JobStatus status, const model::JobState* job) {
  // Flink's client refuses a negative one.
  const WallMs ran = job != nullptr ? std::max<WallMs>(0, job->end_ms - job->start_ms) : 0;
  out.begin_object().member("id", id.text()).member("application-status", application_status(status));
  out.key("accumulator-results").begin_object().end_object().member("net-runtime", ran);
  if (status == JobStatus::failed) {
    const bool known = job != nullptr && !job->failures.empty();
    out.key("failure-cause").begin_object().member("class", "JobExecutionException");
    out.member("stack-trace", known ? std::string_view(job->failures.back().text) : "Its failure is forgotten");
    out.member("serialized-throwable", "").end_object();
  }
  out.end_object();
}

}  // namespace

std::optional<std::string> job_result_json(const ClusterState& state, const JobId& id) {
  const auto job = find_job(state, id, false);
  const auto ended = state.ended().find(id.text());
  std::optional<JobStatus> status;
  if (job)
    status = job->status();
  else if (ended)
    status = ended->status;
  else
    return std::nullopt;
  const bool over = status && is_terminal(*status);
  std::string text;
  JsonWriter out(text);
  out.begin_object().key("status").begin_object().member("id", over ? "COMPLETED" : "IN_PROGRESS").end_object();
  out.key("job-execution-result");
  if (over)
    write_result(out, id, *status, job && job->entry.state ? &*job->entry.state : nullptr);
  else
    out.value(nullptr);
  out.end_object();
  return text;
}

std::optional<std::string> job_accumulators_json(const ClusterState& state, const JobId& id) {
  if (!find_job(state, id, false)) return std::nullopt;
  return R"({"job-accumulators":[],"user-task-accumulators":[],"serialized-user-task-accumulators":{}})";
}

Result<std::string> vertex_accumulators_json(const LiveView& view, const JobId& id, std::string_view vertex, WallMs) {
  const auto found = find_vertex(view, id, vertex);
  if (found.has_error()) return found.error();
  std::string text;
  JsonWriter out(text);
  out.begin_object().member("id", model::vertex_id(found->vertex().name));
  out.key("user-accumulators").begin_array().end_array().end_object();
  return text;
}

Result<std::string> subtasks_accumulators_json(const LiveView& view, const JobId& id, std::string_view vertex, WallMs) {
  const auto found = find_vertex(view, id, vertex);
  if (found.has_error()) return found.error();
  const std::int32_t parallelism = found->vertex().parallelism;
  std::string text;
  JsonWriter out(text);
  out.begin_object().member("id", model::vertex_id(found->vertex().name)).member("parallelism", parallelism);
  out.key("subtasks").begin_array();
  for (std::int32_t i = 0; i < parallelism; ++i) {
    const TaskSight task = found->task(view, i);
    const std::string_view host = task.attempt ? std::string_view(task.attempt->host) : kUnassigned;
    out.begin_object().member("subtask", i).member("attempt", task.attempt ? task.attempt->number : 0);
    out.member("host", host).member("endpoint", host);
    out.key("user-accumulators").begin_array().end_array().end_object();
  }
  out.end_array().end_object();
  return text;
}

Result<std::string> vertex_watermarks_json(const LiveView& view, const JobId& id, std::string_view vertex, WallMs) {
  const auto found = find_vertex(view, id, vertex);
  if (found.has_error()) return found.error();
  return "[]";
}

Result<std::string> vertex_backpressure_json(const LiveView& view, const JobId& id, std::string_view vertex, WallMs) {
  constexpr std::string_view kNotKnown = "NaN";
  const auto found = find_vertex(view, id, vertex);
  if (found.has_error()) return found.error();
  std::string text;
  JsonWriter out(text);
  out.begin_object().member("status", "ok").member("backpressureLevel", nullptr).member("end-timestamp", nullptr);
  out.key("subtasks").begin_array();
  for (std::int32_t i = 0; i < found->vertex().parallelism; ++i) {
    out.begin_object().member("subtask", i).member("backpressureLevel", nullptr).member("ratio", kNotKnown);
    out.member("idleRatio", kNotKnown).member("busyRatio", kNotKnown).member("backpressure-level", nullptr);
    out.end_object();
  }
  out.end_array().member("backpressure-level", nullptr).end_object();
  return text;
}

Result<std::string> vertex_flamegraph_json(const LiveView& view, const JobId& id, std::string_view vertex,
                                           std::optional<std::int32_t> subtask) {
  const auto found = find_vertex(view, id, vertex);
  if (found.has_error()) return found.error();
  if (subtask)
    if (const auto there = check_subtask(*found, *subtask); there.has_error()) return there.error();
  // Flink's way to say that they are disabled, as they are there by default.
  return R"({"endTimestamp":-2,"data":null})";
}

Result<std::string> attempt_accumulators_json(const LiveView& view, const JobId& id, std::string_view vertex,
                                              std::int32_t subtask, std::int32_t attempt) {
  const auto found = find_vertex(view, id, vertex);
  if (found.has_error()) return found.error();
  const auto task = find_attempt(view, *found, subtask, attempt);
  if (task.has_error()) return task.error();
  std::string text;
  JsonWriter out(text);
  out.begin_object().member("subtask", subtask).member("attempt", attempt);
  out.member("id", model::vertex_id(found->vertex().name)).key("user-accumulators").begin_array().end_array();
  out.end_object();
  return text;
}

}  // namespace stellwerk::jobs
