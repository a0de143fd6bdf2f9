#include "jobs/checkpoint_views.h"

#include <algorithm>
#include <array>
#include <limits>
#include <map>
#include <vector>

#include "base/json_writer.h"
#include "jobs/found_job.h"
#include "jobs/job_views.h"

namespace stellwerk::jobs {

using model::Checkpoint;
using model::CheckpointBook;
using model::CheckpointSummary;

namespace {

/// Flink's, for what has no path of its own.
constexpr const char* kNoPath = "<checkpoint-not-externally-addressable>";
constexpr std::array<std::pair<std::string_view, std::size_t>, 5> kPercentiles{
    {{"p50", 500}, {"p90", 900}, {"p95", 950}, {"p99", 990}, {"p999", 999}}};

std::string lower_case(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

/// Of some numbers, in Flink's form; percentiles by the nearest rank.
void write_numbers(JsonWriter& out, std::string_view name, std::vector<std::int64_t> values) {
  std::sort(values.begin(), values.end());
  const auto count = values.size();
  double sum = 0;
  for (const auto value : values) sum += static_cast<double>(value);
  out.key(name).begin_object().member("min", count == 0 ? 0 : values.front());
  out.member("max", count == 0 ? 0 : values.back());
  out.member("avg", count == 0 ? 0 : static_cast<std::int64_t>(sum / static_cast<double>(count)));
  for (const auto& [key, permille] : kPercentiles) {
    out.key(key);
    if (count == 0)
      out.value("NaN");
    else
      out.raw(std::to_string(values[std::max<std::size_t>(1, (count * permille + 999) / 1000) - 1]) + ".0");
  }
  out.end_object();
}

std::int64_t span(WallMs from, WallMs to) {
  return std::max<std::int64_t>(0, to - from);
}

/// What has no meaning here, and is there for who reads Flink's answers.
void write_nothings(JsonWriter& out) {
  out.member("alignment_buffered", 0).member("processed_data", 0).member("persisted_data", 0);
}

// ---- one checkpoint ----

/// A checkpoint in any state.
struct Sight {
  CheckpointSummary summary;
  bool pending = false;
  bool kept = false;

  std::string_view status() const { return pending ? "IN_PROGRESS" : summary.completed() ? "COMPLETED" : "FAILED"; }
  std::string_view class_name() const { return pending ? "in_progress" : summary.completed() ? "completed" : "failed"; }
};

std::vector<Sight> sights_of(const CheckpointBook& book) {
  std::vector<Sight> out;
  if (book.pending) {
    CheckpointSummary summary;
    summary.number = book.pending->number;
    summary.begun_ms = book.pending->begun_ms;
    summary.subtasks = book.pending->subtasks;
    out.push_back({summary, true, false});
  }
  for (auto at = book.history.rbegin(); at != book.history.rend(); ++at)
    out.push_back(
        {*at, false, std::find(book.retained.begin(), book.retained.end(), at->number) != book.retained.end()});
  return out;
}

void write_sums(JsonWriter& out, std::string_view status, std::int64_t number, WallMs ack, std::int64_t size,
                std::int64_t duration) {
  out.member("id", number).member("status", status).member("latest_ack_timestamp", ack);
  out.member("checkpointed_size", size).member("state_size", size).member("end_to_end_duration", duration);
  write_nothings(out);
}

struct VertexSum {
  WallMs ack = -1;
  std::int64_t size = 0;
  std::int64_t subtasks = 0;
};

/// Every vertex of the job has its entry, because Flink's dashboard counts on it. What is not known of one is -1: what
/// was acknowledged for a checkpoint that is not kept.
void write_tasks(JsonWriter& out, const Sight& sight, const Checkpoint* details, const model::JobSpec* spec) {
  out.key("tasks").begin_object();
  std::map<std::size_t, VertexSum> sums;
  if (details != nullptr)
    for (const auto& each : details->subtasks) {
      VertexSum& sum = sums[static_cast<std::size_t>(each.task.vertex)];
      sum.ack = std::max(sum.ack, each.at_ms);
      sum.size += each.size;
      ++sum.subtasks;
    }
  for (std::size_t vertex = 0; spec != nullptr && vertex < spec->vertices.size(); ++vertex) {
    VertexSum sum{-1, details != nullptr ? 0 : -1, spec->vertices[vertex].parallelism};
    const auto found = sums.find(vertex);
    if (found != sums.end()) sum = found->second;
    const bool acknowledged = sight.status() == "COMPLETED";
    out.key(model::vertex_id(spec->vertices[vertex].name)).begin_object();
    write_sums(out, sight.status(), sight.summary.number, sum.ack, sum.size,
               sum.ack < 0 ? -1 : span(sight.summary.begun_ms, sum.ack));
    out.member("num_subtasks", sum.subtasks).member("num_acknowledged_subtasks", acknowledged ? sum.subtasks : 0);
    out.end_object();
  }
  out.end_object();
}

void write_sight(JsonWriter& out, const Sight& sight, const Checkpoint* details, const model::JobSpec* spec) {
  const CheckpointSummary& summary = sight.summary;
  const bool completed = !sight.pending && summary.completed();
  out.begin_object().member("className", sight.class_name()).member("id", summary.number);
  out.member("status", sight.status()).member("is_savepoint", false).member("savepointFormat", nullptr);
  out.member("trigger_timestamp", summary.begun_ms);
  out.member("latest_ack_timestamp", completed ? summary.ended_ms : WallMs{-1});
  out.member("checkpointed_size", summary.size).member("state_size", summary.size);
  out.member("end_to_end_duration", sight.pending ? -1 : span(summary.begun_ms, summary.ended_ms));
  write_nothings(out);
  out.member("num_subtasks", summary.subtasks).member("num_acknowledged_subtasks", summary.acknowledged);
  out.member("checkpoint_type", "CHECKPOINT");
  write_tasks(out, sight, details, spec);
  if (completed) out.member("external_path", kNoPath).member("discarded", !sight.kept);
  if (!sight.pending && !completed)
    out.member("failure_timestamp", summary.ended_ms).member("failure_message", summary.cause);
  out.end_object();
}

// ---- all of a job ----

void write_counts(JsonWriter& out, const CheckpointBook& book) {
  const std::int64_t pending = book.pending ? 1 : 0;
  out.key("counts").begin_object().member("restored", book.restores);
  out.member("total", book.completed + book.failed + pending).member("in_progress", pending);
  out.member("completed", book.completed).member("failed", book.failed).end_object();
}

void write_statistics_of(JsonWriter& out, const CheckpointBook& book) {
  std::vector<std::int64_t> sizes;
  std::vector<std::int64_t> durations;
  for (const auto& each : book.history) {
    if (!each.completed()) continue;
    sizes.push_back(each.size);
    durations.push_back(span(each.begun_ms, each.ended_ms));
  }
  const std::vector<std::int64_t> nothings(sizes.size());
  out.key("summary").begin_object();
  write_numbers(out, "checkpointed_size", sizes);
  write_numbers(out, "state_size", sizes);
  write_numbers(out, "end_to_end_duration", durations);
  for (const char* name : {"alignment_buffered", "processed_data", "persisted_data"})
    write_numbers(out, name, nothings);
  out.end_object();
}

void write_latest(JsonWriter& out, const CheckpointBook& book, const std::vector<Sight>& all) {
  const auto newest = [&](std::string_view key, bool completed) {
    out.key(key);
    for (const Sight& each : all)
      if (!each.pending && each.summary.completed() == completed) return write_sight(out, each, nullptr, nullptr);
    out.value(nullptr);
  };
  out.key("latest").begin_object();
  newest("completed", true);
  out.member("savepoint", nullptr);
  newest("failed", false);
  out.key("restored");
  if (book.restored == 0) {
    out.value(nullptr);
  } else {
    out.begin_object().member("id", book.restored).member("restore_timestamp", book.restored_ms);
    out.member("is_savepoint", false).member("external_path", kNoPath).end_object();
  }
  out.end_object();
}

CheckpointBook book_or_none(const ClusterState& state, const JobId& id) {
  const auto book = state.checkpointing(id);
  return book ? *book : CheckpointBook{};
}

struct FoundCheckpoint {
  FoundJob job;
  Sight sight;
};

Result<FoundCheckpoint> find_checkpoint(const ClusterState& state, const JobId& id, std::int64_t number) {
  auto job = find_job(state, id, true);
  if (!job) return make_error(Errc::not_found, no_such_job(state, id));
  for (auto& each : sights_of(book_or_none(state, id)))
    if (each.summary.number == number) return FoundCheckpoint{std::move(*job), std::move(each)};
  // One that is kept may be older than all that are remembered.
  if (const auto kept = state.checkpoint(id, number)) {
    const auto count = static_cast<std::int64_t>(kept->subtasks.size());
    CheckpointSummary summary{number, kept->begun_ms, kept->ended_ms, count, count, kept->size(), {}};
    return FoundCheckpoint{std::move(*job), {std::move(summary), false, true}};
  }
  return make_error(Errc::not_found, "Checkpoint " + std::to_string(number) + " of job " + id.text() +
                                         " not found: the newest " + std::to_string(model::kCheckpointHistoryMax) +
                                         " are remembered");
}

void write_acknowledged(JsonWriter& out, const model::SubtaskCheckpoint& each, WallMs begun) {
  out.begin_object().member("className", "completed").member("index", each.task.subtask);
  out.member("ack_timestamp", each.at_ms).member("end_to_end_duration", span(begun, each.at_ms));
  out.member("checkpointed_size", each.size).member("state_size", each.size);
  out.key("checkpoint").begin_object().member("sync", 0).member("async", 0).end_object();
  out.key("alignment").begin_object().member("buffered", 0).member("processed", 0).member("persisted", 0);
  out.member("duration", 0).end_object().member("start_delay", 0).member("unaligned_checkpoint", false);
  out.member("aborted", false).member("status", "completed").member("attempt", each.attempt);
  out.member("handle", each.handle).end_object();
}

void write_vertex_statistics(JsonWriter& out, const std::vector<std::int64_t>& sizes,
                             const std::vector<std::int64_t>& durations) {
  const std::vector<std::int64_t> nothings(sizes.size());
  const auto group = [&](std::string_view key, std::initializer_list<const char*> names) {
    out.key(key).begin_object();
    for (const char* name : names) write_numbers(out, name, nothings);
    out.end_object();
  };
  out.key("summary").begin_object();
  write_numbers(out, "checkpointed_size", sizes);
  write_numbers(out, "state_size", sizes);
  write_numbers(out, "end_to_end_duration", durations);
  group("checkpoint_duration", {"sync", "async"});
  group("alignment", {"buffered", "processed", "persisted", "duration"});
  write_numbers(out, "start_delay", nothings);
  out.end_object();
}

}  // namespace

std::optional<std::string> checkpoints_json(const ClusterState& state, const JobId& id) {
  if (!find_job(state, id, false)) return std::nullopt;
  const CheckpointBook book = book_or_none(state, id);
  const std::vector<Sight> all = sights_of(book);
  std::string text;
  JsonWriter out(text);
  out.begin_object();
  write_counts(out, book);
  write_statistics_of(out, book);
  write_latest(out, book, all);
  out.key("history").begin_array();
  for (const Sight& each : all) write_sight(out, each, nullptr, nullptr);
  out.end_array().end_object();
  return text;
}

std::optional<std::string> checkpoint_config_json(const ClusterState& state, const JobId& id,
                                                  const CheckpointPolicy& cluster) {
  const auto job = find_job(state, id, true);
  if (!job) return std::nullopt;
  const CheckpointPolicy policy = job->spec ? checkpoint_policy(*job->spec, cluster) : cluster;
  std::string text;
  JsonWriter out(text);
  // Flink's "never".
  const std::int64_t interval = policy.interval ? policy.interval->count() : std::numeric_limits<std::int64_t>::max();
  out.begin_object().member("mode", "exactly_once").member("interval", interval);
  out.member("timeout", policy.timeout.count()).member("min_pause", policy.min_pause.count());
  out.member("max_concurrent", 1).key("externalization").begin_object().member("enabled", false);
  out.member("delete_on_cancellation", true).end_object();
  out.member("state_backend", "the processes' own").member("checkpoint_storage", "the processes' own");
  out.member("unaligned_checkpoints", false).member("tolerable_failed_checkpoints", policy.tolerable);
  out.member("aligned_checkpoint_timeout", 0).member("checkpoints_after_tasks_finish", true);
  out.member("state_changelog_enabled", false).member("changelog_periodic_materialization_interval", 0);
  out.member("changelog_storage", "").member("num_retained", policy.retained).end_object();
  return text;
}

Result<std::string> checkpoint_json(const ClusterState& state, const JobId& id, std::int64_t number) {
  const auto found = find_checkpoint(state, id, number);
  if (found.has_error()) return found.error();
  const auto details = state.checkpoint(id, number);
  std::string text;
  JsonWriter out(text);
  write_sight(out, found->sight, details ? &*details : nullptr, found->job.spec ? &*found->job.spec : nullptr);
  return text;
}

Result<std::string> checkpoint_vertex_json(const ClusterState& state, const JobId& id, std::int64_t number,
                                           std::string_view vertex) {
  const auto found = find_checkpoint(state, id, number);
  if (found.has_error()) return found.error();
  const auto details = state.checkpoint(id, number);
  if (!details)
    return make_error(Errc::not_found, "What subtasks acknowledged for checkpoint " + std::to_string(number) +
                                           " is not kept: it is " + std::string(found->sight.status()) +
                                           (found->sight.summary.completed() ? " and discarded" : ""));
  const std::string wanted = lower_case(vertex);
  std::vector<const model::SubtaskCheckpoint*> subtasks;
  bool known = false;
  for (std::size_t i = 0; found->job.spec && i < found->job.spec->vertices.size(); ++i) {
    if (model::vertex_id(found->job.spec->vertices[i].name) != wanted) continue;
    known = true;
    for (const auto& each : details->subtasks)
      if (static_cast<std::size_t>(each.task.vertex) == i) subtasks.push_back(&each);
  }
  if (!known) return make_error(Errc::not_found, "JobVertex " + wanted + " not found in job " + id.text());
  std::vector<std::int64_t> sizes;
  std::vector<std::int64_t> durations;
  VertexSum sum;
  for (const auto* each : subtasks) {
    sum.ack = std::max(sum.ack, each->at_ms);
    sum.size += each->size;
    sizes.push_back(each->size);
    durations.push_back(span(details->begun_ms, each->at_ms));
  }
  std::string text;
  JsonWriter out(text);
  out.begin_object();
  write_sums(out, "COMPLETED", number, sum.ack, sum.size, span(details->begun_ms, sum.ack));
  out.member("num_subtasks", subtasks.size()).member("num_acknowledged_subtasks", subtasks.size());
  write_vertex_statistics(out, sizes, durations);
  out.key("subtasks").begin_array();
  for (const auto* each : subtasks) write_acknowledged(out, *each, details->begun_ms);
  out.end_array().end_object();
  return text;
}

Result<std::string> trigger_json(const ClusterState& state, const JobId& id, std::string_view trigger) {
  const auto found = state.triggers().find(trigger);
  if (!found || found->job != id)
    return make_error(Errc::not_found, "Trigger " + std::string(trigger) + " of job " + id.text() +
                                           " not found: an hour's are remembered, " + std::to_string(kTriggersMax) +
                                           " at most");
  std::string text;
  JsonWriter out(text);
  out.begin_object().key("status").begin_object();
  out.member("id", found->waits() ? "IN_PROGRESS" : "COMPLETED").end_object().key("operation");
  if (found->waits()) {
    out.value(nullptr);
  } else if (found->checkpoint != 0) {
    out.begin_object().member("checkpointId", found->checkpoint).end_object();
  } else {
    out.begin_object().key("failureCause").begin_object().member("class", "CheckpointException");
    out.member("stack-trace", found->cause).member("serialized-throwable", "").end_object().end_object();
  }
  out.end_object();
  return text;
}

}  // namespace stellwerk::jobs
