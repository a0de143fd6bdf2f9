#include "jobs/job_views.h"

#include <algorithm>
#include <array>
#include <vector>

#include "base/json_writer.h"
#include "model/job_spec_reader.h"
#include "model/task_state.h"

namespace stellwerk::jobs {

using model::JobSpec;
using model::JobState;
using model::JobStatus;
using model::JobVertex;
using model::TaskState;

namespace {

/// The states of tasks in the order in which Flink lists them, and as it writes them in lists of jobs.
struct TaskWord {
  TaskState state;
  std::string_view lower;
};
constexpr std::array<TaskWord, model::kTaskStates> kTaskWords{{{TaskState::created, "created"},
                                                               {TaskState::running, "running"},
                                                               {TaskState::reconciling, "reconciling"},
                                                               {TaskState::finished, "finished"},
                                                               {TaskState::initializing, "initializing"},
                                                               {TaskState::canceled, "canceled"},
                                                               {TaskState::failed, "failed"},
                                                               {TaskState::scheduled, "scheduled"},
                                                               {TaskState::canceling, "canceling"},
                                                               {TaskState::deploying, "deploying"}}};

constexpr std::string_view kStatusUnknown = "RECONCILING";

/// Tasks are not run yet, so all of them are where their job is.
TaskState task_state(const std::optional<JobState>& job) {
  if (!job) return TaskState::reconciling;
  switch (job->status) {
    case JobStatus::canceled: return TaskState::canceled;
    case JobStatus::cancelling: return TaskState::canceling;
    case JobStatus::finished: return TaskState::finished;
    case JobStatus::failed: return TaskState::failed;
    default: return TaskState::created;
  }
}

std::string_view status_word(const JobEntry& entry) {
  return entry.state ? to_string(entry.state->status) : kStatusUnknown;
}

/// Wall clocks differ between masters: never below zero.
WallMs duration(WallMs start, WallMs end, WallMs now) {
  return std::max<WallMs>(0, (end >= 0 ? end : now) - start);
}

/// Every job that can be shown, by id; those of which nothing but the quarantine is left included.
std::vector<CowMap<JobEntry>::Entry> shown_jobs(const ClusterState& state) {
  auto all = state.jobs().sorted();
  if (state.quarantined().empty()) return all;
  const auto known = all.size();
  state.quarantined().for_each([&](const std::string& id, const model::Quarantine&) {
    if (!state.jobs().contains(id)) all.emplace_back(id, std::make_shared<const JobEntry>());
  });
  if (all.size() != known)
    std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  return all;
}

/// One job with all that its details need.
struct Found {
  std::string id;
  JobEntry entry;
  std::optional<JobSpec> spec;
  CowMap<model::Quarantine>::ValuePtr quarantine;

  std::string_view name() const {
    if (entry.state) return entry.state->name;
    return spec ? std::string_view(spec->name) : std::string_view();
  }
  std::string_view job_type() const {
    if (spec)
      for (const JobVertex& vertex : spec->vertices)
        for (const auto& input : vertex.inputs)
          if (input.exchange == model::Exchange::blocking) return "BATCH";
    return "STREAMING";
  }
};

std::optional<JobSpec> read_spec(const JobEntry& entry) {
  if (!entry.spec) return std::nullopt;
  const auto parse = [](std::string_view canonical) -> std::optional<JobSpec> {
    auto read = model::read_job_spec(canonical, DocKind::json);
    if (read.has_error()) return std::nullopt;
    return std::move(read->spec);
  };
  if (entry.archived) {
    const auto history = model::decode_job_history(*entry.spec);
    return history.has_value() && !history->spec.empty() ? parse(history->spec) : std::nullopt;
  }
  const auto canonical = model::decode_job_spec(*entry.spec);
  return canonical.has_value() ? parse(*canonical) : std::nullopt;
}

std::optional<Found> find_job(const ClusterState& state, const JobId& id, bool with_spec) {
  Found found;
  found.id = id.text();
  found.quarantine = state.quarantined().find(id.text());
  const auto entry = state.jobs().find(id.text());
  if (!entry && !found.quarantine) return std::nullopt;
  if (entry) found.entry = *entry;
  if (with_spec) found.spec = read_spec(found.entry);
  return found;
}

void write_quarantine(JsonWriter& out, const Found& job) {
  if (!job.quarantine) return;
  out.key("quarantined").begin_object();
  out.member("key", job.quarantine->key).member("source", job.quarantine->source);
  out.member("why", job.quarantine->why).member("since", job.quarantine->since_ms).end_object();
}

void write_tasks(JsonWriter& out, std::string_view name, TaskState state, std::int64_t tasks) {
  out.key(name).begin_object();
  for (const TaskWord& word : kTaskWords) out.member(to_string(word.state), word.state == state ? tasks : 0);
  out.end_object();
}

void write_vertex(JsonWriter& out, const Found& job, const JobVertex& vertex) {
  const TaskState state = task_state(job.entry.state);
  out.begin_object().member("id", model::vertex_id(vertex.name));
  // All vertices of a job share its slots.
  out.member("slotSharingGroupId", job.id).member("name", vertex.name);
  out.member("maxParallelism", vertex.parallelism).member("parallelism", vertex.parallelism);
  out.member("status", to_string(state)).member("start-time", -1).member("end-time", -1).member("duration", -1);
  write_tasks(out, "tasks", state, vertex.parallelism);
  out.key("metrics").begin_object();
  for (const std::string_view count : {"read-bytes", "write-bytes", "read-records", "write-records"}) {
    out.member(count, 0);
    // What a job's own sockets carry is not counted here.
    out.member(std::string(count) + "-complete", false);
  }
  out.member("accumulated-backpressured-time", 0).member("accumulated-idle-time", 0);
  out.member("accumulated-busy-time", 0).end_object().end_object();
}

void write_node(JsonWriter& out, const JobSpec& spec, const JobVertex& vertex) {
  out.begin_object().member("id", model::vertex_id(vertex.name)).member("parallelism", vertex.parallelism);
  out.member("operator", "").member("operator_strategy", "").member("description", vertex.name);
  if (!vertex.inputs.empty()) {
    out.key("inputs").begin_array();
    for (std::size_t i = 0; i < vertex.inputs.size(); ++i) {
      const auto& input = vertex.inputs[i];
      out.begin_object().member("num", i).member("id", model::vertex_id(spec.vertices[input.from].name));
      out.member("ship_strategy", "CUSTOM");
      out.member("exchange", input.exchange == model::Exchange::blocking ? "blocking" : "pipelined");
      out.end_object();
    }
    out.end_array();
  }
  out.key("optimizer_properties").begin_object().end_object().end_object();
}

void write_plan(JsonWriter& out, const Found& job) {
  out.key("plan").begin_object().member("jid", job.id).member("name", job.name());
  out.member("type", job.job_type()).key("nodes").begin_array();
  if (job.spec) {
    // Consumers before their producers, as Flink lists them.
    auto order = model::topological_order(job.spec->vertices);
    for (auto it = order.rbegin(); it != order.rend(); ++it) write_node(out, *job.spec, job.spec->vertices[*it]);
  }
  out.end_array().end_object();
}

void write_times(JsonWriter& out, const JobState& state, WallMs now) {
  out.member("start-time", state.start_ms).member("end-time", state.end_ms);
  out.member("duration", duration(state.start_ms, state.end_ms, now));
}

std::int64_t widest(const std::optional<JobSpec>& spec) {
  std::int64_t most = 1;
  if (spec)
    for (const JobVertex& vertex : spec->vertices) most = std::max<std::int64_t>(most, vertex.parallelism);
  return most;
}

}  // namespace

std::string job_list_json(const ClusterState& state) {
  std::string text;
  JsonWriter out(text);
  out.begin_object().key("jobs").begin_array();
  for (const auto& [id, entry] : shown_jobs(state))
    out.begin_object().member("id", id).member("status", status_word(*entry)).end_object();
  out.end_array().end_object();
  return text;
}

std::string jobs_overview_json(const ClusterState& state, WallMs now) {
  static const JobState kNothingKnown;
  std::string text;
  JsonWriter out(text);
  out.begin_object().key("jobs").begin_array();
  for (const auto& [id, entry] : shown_jobs(state)) {
    const JobState& job = entry->state ? *entry->state : kNothingKnown;
    out.begin_object().member("jid", id).member("name", job.name);
    if (entry->state)
      write_times(out, job, now);
    else
      out.member("start-time", -1).member("end-time", -1).member("duration", -1);
    out.member("state", status_word(*entry)).member("last-modification", entry->state ? job.modified_ms : -1);
    out.key("tasks").begin_object().member("total", job.tasks);
    const TaskState tasks = task_state(entry->state);
    for (const TaskWord& word : kTaskWords) out.member(word.lower, word.state == tasks ? job.tasks : 0);
    out.end_object().end_object();
  }
  out.end_array().end_object();
  return text;
}

std::optional<std::string> job_details_json(const ClusterState& state, const JobId& id, WallMs now) {
  const auto job = find_job(state, id, true);
  if (!job) return std::nullopt;
  const JobState known = job->entry.state.value_or(JobState{});
  std::string text;
  JsonWriter out(text);
  out.begin_object().member("jid", job->id).member("name", job->name()).member("isStoppable", false);
  out.member("state", status_word(job->entry)).member("job-type", job->job_type());
  if (job->entry.state)
    write_times(out, known, now);
  else
    out.member("start-time", -1).member("end-time", -1).member("duration", -1);
  out.member("maxParallelism", -1).member("now", now);
  out.key("timestamps").begin_object();
  for (std::size_t i = 0; i < model::kJobStatuses; ++i)
    out.member(to_string(static_cast<JobStatus>(i)), known.timestamps[i]);
  out.end_object();
  out.key("vertices").begin_array();
  if (job->spec)
    for (const JobVertex& vertex : job->spec->vertices) write_vertex(out, *job, vertex);
  out.end_array();
  write_tasks(out, "status-counts", task_state(job->entry.state),
              job->spec ? static_cast<std::int64_t>(job->spec->vertices.size()) : 0);
  write_plan(out, *job);
  write_quarantine(out, *job);
  out.end_object();
  return text;
}

std::optional<std::string> job_status_json(const ClusterState& state, const JobId& id) {
  std::string_view word;
  const auto ended = state.ended().find(id.text());
  if (const auto job = find_job(state, id, false))
    word = status_word(job->entry);
  else if (ended)
    word = to_string(ended->status);
  else
    return std::nullopt;
  return "{\"status\":\"" + std::string(word) + "\"}";
}

std::optional<std::string> job_config_json(const ClusterState& state, const JobId& id) {
  const auto job = find_job(state, id, true);
  if (!job) return std::nullopt;
  std::string strategy = "Cluster level default restart strategy";
  if (job->spec && job->spec->restart_strategy) strategy = to_string(*job->spec->restart_strategy);
  std::string text;
  JsonWriter out(text);
  out.begin_object().member("jid", job->id).member("name", job->name());
  out.key("execution-config").begin_object();
  out.member("execution-mode", job->job_type() == "BATCH" ? "BATCH" : "PIPELINED");
  out.member("restart-strategy", strategy).member("job-parallelism", widest(job->spec));
  out.member("object-reuse-mode", false);
  out.key("user-config").begin_object().end_object();
  out.end_object().end_object();
  return text;
}

std::optional<std::string> job_plan_json(const ClusterState& state, const JobId& id) {
  const auto job = find_job(state, id, true);
  if (!job) return std::nullopt;
  std::string text;
  JsonWriter out(text);
  out.begin_object();
  write_plan(out, *job);
  out.end_object();
  return text;
}

std::string no_such_job(const ClusterState& state, const JobId& id) {
  const auto ended = state.ended().find(id.text());
  if (!ended) return "Job " + id.text() + " not found";
  return "Job " + id.text() + " not found: it has ended (" + std::string(to_string(ended->status)) +
         ") and its details are not kept any more (jobstore.expiration-time)";
}

std::size_t job_spec_bytes(const ClusterState& state, const JobId& id) {
  const auto entry = state.jobs().find(id.text());
  return entry && entry->spec ? entry->spec->size() : 0;
}

}  // namespace stellwerk::jobs
