#include "jobs/job_views.h"

#include <algorithm>
#include <vector>

#include "base/json_writer.h"
#include "jobs/found_job.h"
#include "jobs/limit_views.h"
#include "jobs/regions.h"

namespace stellwerk::jobs {

using model::JobSpec;
using model::JobState;
using model::JobStatus;
using model::JobVertex;

namespace {

Times job_times(const std::optional<JobState>& job, WallMs now) {
  return job ? times_of(job->start_ms, job->end_ms, now) : Times{};
}

void write_quarantine(JsonWriter& out, const FoundJob& job) {
  if (!job.quarantine) return;
  out.key("quarantined").begin_object();
  out.member("key", job.quarantine->key).member("source", job.quarantine->source);
  out.member("why", job.quarantine->why).member("since", job.quarantine->since_ms).end_object();
}

/// Slots that a job takes at its begin: its vertices share them.
std::int64_t first_slots(const JobSpec& spec) {
  const Regions regions(spec);
  std::vector<VertexProgress> progress(spec.vertices.size());
  for (std::size_t i = 0; i < progress.size(); ++i) progress[i].waiting = spec.vertices[i].parallelism;
  std::int64_t slots = 0;
  for (std::int32_t group = 0; group < regions.groups(); ++group) {
    if (!regions.is_ready(group, progress)) continue;
    for (const std::int32_t vertex : regions.vertices(group))
      slots = std::max<std::int64_t>(slots, spec.vertices[static_cast<std::size_t>(vertex)].parallelism);
  }
  return slots;
}

/// Slots that the job waits for, where its leader shows it. Of those that wait behind others only so much is known as
/// follows from what they are.
std::optional<SlotLack> lack_of(const LiveView& view, const FoundJob& job) {
  const auto status = job.status();
  if (view.tasks == nullptr || !status || job.quarantine) return std::nullopt;
  const bool begins = *status == JobStatus::created;
  if (!begins && *status != JobStatus::running && *status != JobStatus::restarting) return std::nullopt;
  if (const auto lack = view.tasks->lack(job.id.text())) return *lack;
  if (!begins || !job.spec) return std::nullopt;
  SlotLack lack{first_slots(*job.spec), 0, 0};
  if (view.workers != nullptr) lack = {lack.needed, view.workers->free_slots(), view.workers->slots()};
  return lack;
}

void write_waiting(JsonWriter& out, const std::optional<SlotLack>& lack) {
  if (!lack) return;
  out.key("waiting").begin_object().member("needed", lack->needed).member("free", lack->free);
  out.member("total", lack->total).key("labels").begin_array();
  for (const auto& label : lack->labels) out.value(label);
  out.end_array().end_object();
}

void write_vertex(JsonWriter& out, const FoundJob& job, const JobVertex& vertex, const TaskSum& tasks, WallMs now) {
  out.begin_object().member("id", model::vertex_id(vertex.name));
  // All vertices of a job share its slots.
  out.member("slotSharingGroupId", job.id.text()).member("name", vertex.name);
  out.member("maxParallelism", vertex.parallelism).member("parallelism", vertex.parallelism);
  out.member("status", to_string(aggregate(tasks.counts)));
  write_times(out, tasks.times(now));
  write_counts(out, "tasks", tasks.counts);
  write_metrics(out);
  out.end_object();
}

/// The vertices; returns how many of them have which status.
TaskCounts write_vertices(JsonWriter& out, const LiveView& view, const FoundJob& job, WallMs now) {
  TaskCounts statuses{};
  out.key("vertices").begin_array();
  for (std::size_t i = 0; job.spec && i < job.spec->vertices.size(); ++i) {
    const JobVertex& vertex = job.spec->vertices[i];
    TaskSum sum;
    for (std::int32_t k = 0; k < vertex.parallelism; ++k)
      sum.add(see_task(view, job.id, job.status(), {static_cast<std::int32_t>(i), k}));
    ++statuses[static_cast<std::size_t>(aggregate(sum.counts))];
    write_vertex(out, job, vertex, sum, now);
  }
  out.end_array();
  return statuses;
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

void write_plan(JsonWriter& out, const FoundJob& job) {
  out.key("plan").begin_object().member("jid", job.id.text()).member("name", job.name());
  out.member("type", job.job_type()).key("nodes").begin_array();
  if (job.spec) {
    // Consumers before their producers, as Flink lists them.
    auto order = model::topological_order(job.spec->vertices);
    for (auto it = order.rbegin(); it != order.rend(); ++it) write_node(out, *job.spec, job.spec->vertices[*it]);
  }
  out.end_array().end_object();
}

std::int64_t widest(const std::optional<JobSpec>& spec) {
  std::int64_t most = 1;
  if (spec)
    for (const JobVertex& vertex : spec->vertices) most = std::max<std::int64_t>(most, vertex.parallelism);
  return most;
}

}  // namespace

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

std::string job_list_json(const ClusterState& state) {
  std::string text;
  JsonWriter out(text);
  out.begin_object().key("jobs").begin_array();
  for (const auto& [id, entry] : shown_jobs(state))
    out.begin_object().member("id", id).member("status", status_word(*entry)).end_object();
  out.end_array().end_object();
  return text;
}

void append_overview_entry(std::string& out, std::string_view id, const JobEntry& entry, const AttemptCounts* attempts,
                           WallMs now) {
  static const JobState kNothingKnown;
  const JobState& job = entry.state ? *entry.state : kNothingKnown;
  JsonWriter json(out);
  json.begin_object().member("jid", id).member("name", job.name);
  write_times(json, job_times(entry.state, now));
  json.member("state", status_word(entry)).member("last-modification", entry.state ? job.modified_ms : -1);
  json.key("tasks").begin_object().member("total", job.tasks);
  const bool ran = entry.state && attempts != nullptr;
  write_lower_counts(json, count_tasks(job, ran ? *attempts : AttemptCounts{}));
  json.end_object().end_object();
}

std::optional<std::string> job_details_json(const LiveView& view, const JobId& id, WallMs now) {
  const auto job = find_job(view.state, id, true);
  if (!job) return std::nullopt;
  const JobState known = job->entry.state.value_or(JobState{});
  std::string text;
  JsonWriter out(text);
  out.begin_object().member("jid", id.text()).member("name", job->name()).member("isStoppable", false);
  out.member("state", status_word(job->entry)).member("job-type", job->job_type());
  write_times(out, job_times(job->entry.state, now));
  out.member("maxParallelism", -1).member("now", now);
  out.key("timestamps").begin_object();
  for (std::size_t i = 0; i < model::kJobStatuses; ++i)
    out.member(to_string(static_cast<JobStatus>(i)), known.timestamps[i]);
  out.end_object();
  write_counts(out, "status-counts", write_vertices(out, view, *job, now));
  write_plan(out, *job);
  write_waiting(out, lack_of(view, *job));
  write_unlimited(out, view, *job);
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
  out.begin_object().member("jid", id.text()).member("name", job->name());
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

std::string spec_plan_json(model::JobSpec spec, const JobId& id) {
  FoundJob job;
  job.id = id;
  job.spec = std::move(spec);
  std::string text;
  JsonWriter out(text);
  out.begin_object();
  write_plan(out, job);
  out.end_object();
  return text;
}

std::string no_such_job(const ClusterState& state, const JobId& id) {
  const auto ended = state.ended().find(id.text());
  if (!ended) return "Job " + id.text() + " not found";
  return "Job " + id.text() + " not found: it has ended (" + std::string(to_string(ended->status)) +
         ") and its details are not kept any more (jobstore.expiration-time)";
}

bool is_large(const ClusterState& state, const JobId& id) {
  const auto entry = state.jobs().find(id.text());
  if (!entry) return false;
  return (entry->spec && entry->spec->size() > kLargeSpecBytes) || (entry->state && entry->state->tasks > kLargeTasks);
}

}  // namespace stellwerk::jobs
