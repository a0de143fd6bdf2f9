#include "jobs/cluster_state.h"

#include <algorithm>
#include <charconv>

#include "base/json.h"
#include "model/versioned.h"

namespace stellwerk::jobs {

using model::Record;

namespace {

constexpr std::string_view kJobs = "jobs/";
constexpr std::string_view kAttempts = "attempts/";
constexpr std::string_view kCheckpoints = "checkpoints/";
constexpr std::string_view kCheckpointing = "checkpointing";
constexpr std::string_view kTriggers = "triggers/";
constexpr std::string_view kHistory = "history/";
constexpr std::string_view kEnded = "ended/";
constexpr std::string_view kQuarantine = "quarantine/";
constexpr std::string_view kTakeovers = "takeovers/";
constexpr std::string_view kArtifacts = "artifacts/";
constexpr std::string_view kBundles = "bundles/";

std::optional<std::string_view> after(std::string_view key, std::string_view prefix) {
  if (!key.starts_with(prefix)) return std::nullopt;
  return key.substr(prefix.size());
}

/// "<vertex>/<subtask>"
std::optional<model::TaskRef> parse_task(std::string_view text) {
  model::TaskRef task;
  const char* const end = text.data() + text.size();
  const auto vertex = std::from_chars(text.data(), end, task.vertex);
  if (vertex.ec != std::errc{} || vertex.ptr == end || *vertex.ptr != '/') return std::nullopt;
  const auto subtask = std::from_chars(vertex.ptr + 1, end, task.subtask);
  if (subtask.ec != std::errc{} || subtask.ptr != end || task.vertex < 0 || task.subtask < 0) return std::nullopt;
  return task;
}

void count_attempt(AttemptCounts& counts, const model::Attempt& attempt, std::int64_t by) {
  if (attempt.open()) {
    counts.open += by;
    return;
  }
  switch (*attempt.end) {
    case model::AttemptEnd::finished: counts.finished += by; return;
    case model::AttemptEnd::failed: counts.failed += by; return;
    case model::AttemptEnd::canceled: counts.canceled += by; return;
  }
}

}  // namespace

std::string job_spec_key(const JobId& id) {
  return "jobs/" + id.text() + "/spec";
}
std::string job_state_key(const JobId& id) {
  return "jobs/" + id.text() + "/state";
}
std::string attempt_key(const JobId& id, model::TaskRef task) {
  return "jobs/" + id.text() + "/attempts/" + std::to_string(task.vertex) + '/' + std::to_string(task.subtask);
}
std::string attempt_path(const JobId& id, model::TaskRef task) {
  return id.text() + '/' + std::to_string(task.vertex) + '/' + std::to_string(task.subtask);
}
std::optional<AttemptPlace> parse_attempt_key(std::string_view key) {
  const auto rest = after(key, kJobs);
  if (!rest) return std::nullopt;
  const auto slash = rest->find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const auto place = after(rest->substr(slash + 1), kAttempts);
  if (!place) return std::nullopt;
  const auto task = parse_task(*place);
  if (!task) return std::nullopt;
  return AttemptPlace{rest->substr(0, slash), *task};
}
std::string checkpointing_key(const JobId& id) {
  return "jobs/" + id.text() + "/checkpointing";
}
std::string checkpoint_key(const JobId& id, std::int64_t number) {
  return "jobs/" + id.text() + "/checkpoints/" + std::to_string(number);
}
std::string trigger_key(std::string_view id) {
  return "triggers/" + std::string(id);
}
std::string history_key(const JobId& id) {
  return "history/" + id.text();
}
std::string ended_key(const JobId& id) {
  return "ended/" + id.text();
}
std::string quarantine_key(const JobId& id) {
  return "quarantine/" + id.text();
}
std::string takeover_key(std::int64_t epoch) {
  return "takeovers/" + std::to_string(epoch);
}

ClusterState ClusterState::share() {
  ClusterState twin;
  twin.records_ = records_.share();
  twin.jobs_ = jobs_.share();
  twin.attempts_ = attempts_.share();
  twin.attempt_counts_ = attempt_counts_.share();
  twin.worker_attempts_ = worker_attempts_.share();
  twin.checkpointings_ = checkpointings_.share();
  twin.triggers_ = triggers_.share();
  twin.ended_ = ended_.share();
  twin.quarantined_ = quarantined_.share();
  twin.artifacts_ = artifacts_.share();
  twin.bundles_ = bundles_.share();
  twin.takeovers_ = takeovers_;
  twin.counts_ = counts_;
  twin.evicted_up_to_ms_ = evicted_up_to_ms_;
  twin.evicted_count_ = evicted_count_;
  return twin;
}

std::optional<RecordFault> ClusterState::apply(const Record& record) {
  if (record.value)
    records_.put(record.key, record.value);
  else
    records_.erase(record.key);
  if (auto error = apply_typed(record))
    return RecordFault{record.key, std::string(model::job_of(record.key)), std::move(*error)};
  return std::nullopt;
}

std::optional<Error> ClusterState::apply_typed(const Record& record) {
  if (const auto rest = after(record.key, kJobs)) return apply_job(*rest, record);
  if (const auto id = after(record.key, kHistory)) return apply_history(*id, record);
  if (const auto id = after(record.key, kEnded)) return apply_ended(*id, record);
  if (const auto id = after(record.key, kQuarantine)) {
    quarantined_.erase(*id);
    if (!record.value) return std::nullopt;
    auto quarantine = model::decode_quarantine(*record.value);
    if (quarantine.has_error()) return quarantine.error();
    quarantined_.put(*id, std::make_shared<const model::Quarantine>(std::move(*quarantine)));
    return std::nullopt;
  }
  if (const auto epoch = after(record.key, kTakeovers)) {
    std::int64_t number = 0;
    const auto end = std::from_chars(epoch->data(), epoch->data() + epoch->size(), number).ptr;
    if (end != epoch->data() + epoch->size()) return make_error(Errc::damaged, "takeovers/ is followed by an epoch");
    if (record.value)
      takeovers_[number] = record.value;
    else
      takeovers_.erase(number);
    return std::nullopt;
  }
  if (const auto sha256 = after(record.key, kArtifacts)) return apply_artifact(*sha256, record);
  if (const auto uuid = after(record.key, kBundles)) return apply_bundle(*uuid, record);
  if (const auto id = after(record.key, kTriggers)) return apply_trigger(*id, record);
  if (record.key == kEvictedKey && record.value) {
    auto value = model::parse_versioned(*record.value, "the eviction record");
    if (value.has_error()) return value.error();
    JsonFields fields(*value, "the eviction record");
    fields.only({"count", "up-to", "v"});
    evicted_up_to_ms_ = fields.integer("up-to");
    evicted_count_ = fields.integer("count");
    if (!fields.ok()) return fields.error();
  }
  return std::nullopt;  // families of later versions are carried along untyped
}

std::optional<Error> ClusterState::apply_job(std::string_view rest, const Record& record) {
  const auto slash = rest.find('/');
  const std::string_view id = rest.substr(0, slash);
  const std::string_view part = slash == std::string_view::npos ? std::string_view{} : rest.substr(slash + 1);
  if (part.starts_with(kAttempts)) return apply_attempt(rest, record);
  if (part == kCheckpointing) return apply_checkpointing(id, record);
  if (part.starts_with(kCheckpoints)) {
    // Seldom looked into; that it can be read is known before it is needed.
    if (!record.value) return std::nullopt;
    const auto checkpoint = model::decode_checkpoint(*record.value);
    return checkpoint.has_error() ? std::optional(checkpoint.error()) : std::nullopt;
  }
  if (part != "spec" && part != "state") return std::nullopt;
  const auto old = jobs_.find(id);
  JobEntry entry = old && !old->archived ? *old : JobEntry{};
  std::optional<Error> error;
  if (part == "spec") {
    entry.spec = record.value;
    if (record.value) {
      const auto spec = model::decode_job_spec(*record.value);
      if (spec.has_error()) {
        error = spec.error();
        entry.spec = nullptr;
      }
    }
  } else {
    entry.state.reset();
    if (record.value) {
      auto state = model::decode_job_state(*record.value);
      if (state.has_error())
        error = state.error();
      else
        entry.state = std::move(*state);
    }
  }
  if (old && old->archived) return error;  // its history stands: it has ended, whatever else is there
  if (!entry.spec && !entry.state)
    set_job(id, std::nullopt);
  else
    set_job(id, std::move(entry));
  return error;
}

/// Whatever became of the job: its attempts are kept beside its history.
std::optional<Error> ClusterState::apply_attempt(std::string_view rest, const Record& record) {
  const auto slash = rest.find('/');
  const std::string_view job = rest.substr(0, slash);
  const auto task = parse_task(rest.substr(slash + 1 + kAttempts.size()));
  if (!task) return make_error(Errc::damaged, "attempts/ is followed by <vertex>/<subtask>");
  const std::string path = std::string(job) + '/' + std::to_string(task->vertex) + '/' + std::to_string(task->subtask);
  const auto known = attempt_counts_.find(job);
  AttemptCounts counts = known ? *known : AttemptCounts{};
  if (const auto before = attempts_.find(path)) {
    count_attempt(counts, *before, -1);
    count_of_worker(*before, -1);
  }
  std::optional<Error> error;
  attempts_.erase(path);
  if (record.value) {
    auto attempt = model::decode_attempt(*record.value);
    if (attempt.has_error()) {
      error = attempt.error();
    } else {
      count_attempt(counts, *attempt, 1);
      count_of_worker(*attempt, 1);
      attempts_.put(path, std::make_shared<const model::Attempt>(std::move(*attempt)));
    }
  }
  if (counts == AttemptCounts{})
    attempt_counts_.erase(job);
  else
    attempt_counts_.put(job, std::make_shared<const AttemptCounts>(counts));
  return error;
}

void ClusterState::count_of_worker(const model::Attempt& attempt, std::int64_t by) {
  WorkerAttempts counts = worker_attempts(attempt.worker);
  counts.newest = std::max(counts.newest, attempt.incarnation);
  counts.open += attempt.open() ? by : 0;
  counts.all += by;
  if (counts.all == 0)
    worker_attempts_.erase(attempt.worker);
  else
    worker_attempts_.put(attempt.worker, std::make_shared<const WorkerAttempts>(counts));
}

std::optional<Error> ClusterState::apply_checkpointing(std::string_view job, const Record& record) {
  checkpointings_.erase(job);
  if (!record.value) return std::nullopt;
  auto book = model::decode_checkpoint_book(*record.value);
  if (book.has_error()) return book.error();
  checkpointings_.put(job, std::make_shared<const model::CheckpointBook>(std::move(*book)));
  return std::nullopt;
}

std::optional<Error> ClusterState::apply_trigger(std::string_view id, const Record& record) {
  triggers_.erase(id);
  if (!record.value) return std::nullopt;
  auto trigger = model::decode_trigger(*record.value);
  if (trigger.has_error()) return trigger.error();
  triggers_.put(id, std::make_shared<const model::CheckpointTrigger>(std::move(*trigger)));
  return std::nullopt;
}

std::shared_ptr<const model::CheckpointBook> ClusterState::checkpointing(const JobId& job) const {
  return checkpointings_.find(job.text());
}

std::optional<model::Checkpoint> ClusterState::checkpoint(const JobId& job, std::int64_t number) const {
  const auto record = records_.find(checkpoint_key(job, number));
  if (!record) return std::nullopt;
  auto checkpoint = model::decode_checkpoint(*record);
  if (checkpoint.has_error()) return std::nullopt;
  return std::move(*checkpoint);
}

std::shared_ptr<const model::Attempt> ClusterState::attempt(const JobId& job, model::TaskRef task) const {
  return attempts_.find(attempt_path(job, task));
}

AttemptCounts ClusterState::attempt_counts(const JobId& job) const {
  const auto counts = attempt_counts_.find(job.text());
  return counts ? *counts : AttemptCounts{};
}

WorkerAttempts ClusterState::worker_attempts(std::string_view worker) const {
  const auto counts = worker_attempts_.find(worker);
  return counts ? *counts : WorkerAttempts{};
}

std::optional<Error> ClusterState::apply_history(std::string_view id, const Record& record) {
  if (!record.value) {
    const auto old = jobs_.find(id);
    if (old && old->archived) set_job(id, std::nullopt);
    return std::nullopt;
  }
  auto history = model::decode_job_history(*record.value);
  if (history.has_error()) return history.error();
  JobEntry entry;
  entry.state = std::move(history->state);
  entry.spec = record.value;
  entry.archived = true;
  set_job(id, std::move(entry));
  return std::nullopt;
}

std::optional<Error> ClusterState::apply_ended(std::string_view id, const Record& record) {
  if (!record.value) {
    ended_.erase(id);
    return std::nullopt;
  }
  auto ended = model::decode_ended_job(*record.value);
  if (ended.has_error()) return ended.error();
  ended_.put(id, std::make_shared<const model::EndedJob>(std::move(*ended)));
  // Whatever else is there, an ended job is not a live one (P5).
  const auto job = jobs_.find(id);
  if (job && !job->archived) set_job(id, std::nullopt);
  return std::nullopt;
}

std::optional<Error> ClusterState::apply_artifact(std::string_view sha256, const Record& record) {
  artifacts_.erase(sha256);
  if (!record.value) return std::nullopt;
  auto artifact = model::decode_artifact(*record.value);
  if (artifact.has_error()) return artifact.error();
  artifacts_.put(sha256, std::make_shared<const model::StoredArtifact>(std::move(*artifact)));
  return std::nullopt;
}

std::optional<Error> ClusterState::apply_bundle(std::string_view uuid, const Record& record) {
  bundles_.erase(uuid);
  if (!record.value) return std::nullopt;
  auto bundle = model::decode_bundle(*record.value);
  if (bundle.has_error()) return bundle.error();
  bundle->spec = {};  // up to 1 MiB, which the record has already
  bundles_.put(uuid, std::make_shared<const model::Bundle>(std::move(*bundle)));
  return std::nullopt;
}

std::string ClusterState::bundle_spec(std::string_view uuid) const {
  const auto record = records_.find(model::bundle_key(uuid));
  if (!record) return {};
  auto bundle = model::decode_bundle(*record);
  return bundle.has_value() ? std::move(bundle->spec) : std::string();
}

void ClusterState::set_job(std::string_view id, std::optional<JobEntry> entry) {
  if (const auto old = jobs_.find(id)) count(*old, -1);
  if (!entry) {
    jobs_.erase(id);
    return;
  }
  if (!entry->archived && ended_.contains(id)) {
    jobs_.erase(id);
    return;
  }
  count(*entry, 1);
  jobs_.put(id, std::make_shared<const JobEntry>(std::move(*entry)));
}

void ClusterState::count(const JobEntry& entry, std::int64_t by) {
  if (!entry.state) return;
  switch (entry.state->status) {
    case model::JobStatus::finished: counts_.finished += by; break;
    case model::JobStatus::canceled: counts_.canceled += by; break;
    case model::JobStatus::failed: counts_.failed += by; break;
    default: counts_.running += by; break;
  }
}

std::map<std::string, std::string> ClusterState::incomplete_jobs() const {
  std::map<std::string, std::string> out;
  jobs_.for_each([&](const std::string& id, const JobEntry& entry) {
    if (!entry.healthy()) out.emplace(id, entry.state ? "its spec is missing" : "its state is missing");
  });
  return out;
}

}  // namespace stellwerk::jobs
