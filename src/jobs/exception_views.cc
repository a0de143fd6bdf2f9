#include "jobs/exception_views.h"

#include <vector>

#include "base/json_writer.h"
#include "jobs/found_job.h"

namespace stellwerk::jobs {

using model::JobFailure;

namespace {

/// What stands for the name of a class: the first line.
std::string_view headline(const JobFailure& failure) {
  return std::string_view(failure.text).substr(0, failure.text.find('\n'));
}

/// Where it ran. Like Flink's, absent if it is nobody's.
void write_place(JsonWriter& out, const JobFailure& failure) {
  if (!failure.host.empty()) out.member("location", failure.host).member("endpoint", failure.host);
  if (!failure.worker.empty()) out.member("taskManagerId", failure.worker);
}

void write_root(JsonWriter& out, const std::vector<JobFailure>& failures) {
  if (failures.empty()) {
    out.member("root-exception", nullptr).member("timestamp", nullptr);
    return;
  }
  out.member("root-exception", failures.back().text).member("timestamp", failures.back().at_ms);
}

}  // namespace

std::optional<std::string> job_exceptions_json(const ClusterState& state, const JobId& id, std::size_t most) {
  const auto job = find_job(state, id, false);
  if (!job) return std::nullopt;
  const model::JobState known = job->entry.state.value_or(model::JobState{});
  const auto& failures = known.failures;
  const bool truncated = failures.size() > most || known.failures_dropped > 0;
  const auto end =
      failures.size() > most ? failures.rend() - static_cast<std::ptrdiff_t>(failures.size() - most) : failures.rend();
  std::string text;
  JsonWriter out(text);
  out.begin_object();
  write_root(out, failures);
  out.key("all-exceptions").begin_array();
  for (auto at = failures.rbegin(); at != end; ++at) {
    if (at->task.empty()) continue;
    out.begin_object().member("exception", at->text).member("task", at->task);
    write_place(out, *at);
    out.member("timestamp", at->at_ms).end_object();
  }
  out.end_array().member("truncated", truncated);
  out.key("exceptionHistory").begin_object().key("entries").begin_array();
  for (auto at = failures.rbegin(); at != end; ++at) {
    out.begin_object().member("exceptionName", headline(*at)).member("stacktrace", at->text);
    out.member("timestamp", at->at_ms);
    if (!at->task.empty()) out.member("taskName", at->task);
    write_place(out, *at);
    out.key("failureLabels").begin_object().end_object();
    out.key("concurrentExceptions").begin_array().end_array().end_object();
  }
  out.end_array().member("truncated", truncated).end_object().end_object();
  return text;
}

}  // namespace stellwerk::jobs
