#include "model/job.h"

#include <limits>

#include "base/json.h"
#include "model/versioned.h"

namespace stellwerk::model {
namespace {

constexpr std::array<std::string_view, kJobStatuses> kNames{"INITIALIZING", "CREATED",    "RUNNING",    "FAILING",
                                                            "FAILED",       "CANCELLING", "CANCELED",   "FINISHED",
                                                            "RESTARTING",   "SUSPENDED",  "RECONCILING"};
constexpr std::string_view kSpecHead = "{\"spec\":";
constexpr std::string_view kSpecTail = ",\"v\":1}";

json::object restart_object(const RestartState& restart) {
  json::object out{{"attempts", restart.attempts}, {"backoff", restart.backoff_ms}, {"failed", restart.failed_ms}};
  if (!restart.failures.empty()) out["failures"] = json::array(restart.failures.begin(), restart.failures.end());
  return out;
}

json::array failures_array(const std::vector<JobFailure>& failures) {
  json::array out;
  for (const auto& failure : failures)
    out.push_back(json::object{{"at", failure.at_ms},
                               {"task", failure.task},
                               {"worker", failure.worker},
                               {"host", failure.host},
                               {"text", failure.text}});
  return out;
}

json::object state_object(const JobState& state) {
  json::object out;
  out["status"] = to_string(state.status);
  out["name"] = state.name;
  out["hash"] = state.hash;
  out["tasks"] = state.tasks;
  out["start"] = state.start_ms;
  if (state.end_ms >= 0) out["end"] = state.end_ms;
  out["modified"] = state.modified_ms;
  json::object times;
  for (std::size_t i = 0; i < kJobStatuses; ++i)
    if (state.timestamps[i] != 0) times[kNames[i]] = state.timestamps[i];
  out["times"] = std::move(times);
  // Most jobs never fail: what is not there is not written.
  if (state.restart != RestartState{}) out["restart"] = restart_object(state.restart);
  if (state.restarts != 0) out["restarts"] = state.restarts;
  if (state.restarted_ms != 0) out["restarted"] = state.restarted_ms;
  if (state.delay_ms != 0) out["delay"] = state.delay_ms;
  if (!state.failures.empty()) out["failures"] = failures_array(state.failures);
  if (state.failures_dropped != 0) out["failures-dropped"] = state.failures_dropped;
  if (!state.artifact.empty()) out["artifact"] = state.artifact;
  if (!state.bundle.empty()) out["bundle"] = state.bundle;
  return out;
}

JobStatus read_status(JsonFields& fields) {
  const auto status = parse_job_status(fields.string("status"));
  if (!status) fields.fail("status", "a job status");
  return status.value_or(JobStatus::created);
}

/// A list of times that may be absent.
std::vector<WallMs> read_times(JsonFields& fields, std::string_view name) {
  std::vector<WallMs> out;
  if (!fields.has(name)) return out;
  for (const auto& each : fields.array(name)) {
    const std::int64_t* const number = each.if_int64();
    if (number == nullptr)
      fields.fail(name, "a list of times in ms");
    else
      out.push_back(*number);
  }
  return out;
}

RestartState read_restart(JsonFields& fields) {
  RestartState out;
  if (!fields.has("restart")) return out;
  JsonFields restart(fields.object("restart"), "a job's restarts");
  restart.only({"attempts", "backoff", "failed", "failures"});
  const std::int64_t attempts = restart.integer("attempts");
  if (attempts < 0 || attempts > std::numeric_limits<std::int32_t>::max()) restart.fail("attempts", "a number from 0");
  out.attempts = static_cast<std::int32_t>(attempts);
  out.backoff_ms = restart.integer("backoff");
  out.failed_ms = restart.integer("failed");
  out.failures = read_times(restart, "failures");
  fields.only_in(restart);
  if (!restart.ok()) fields.fail("restart", "sound: " + restart.error().text);
  return out;
}

std::vector<JobFailure> read_failures(JsonFields& fields) {
  std::vector<JobFailure> out;
  if (!fields.has("failures")) return out;
  for (const auto& each : fields.array("failures")) {
    JsonFields failure(each, "a job's failure");
    failure.only({"at", "host", "task", "text", "worker"});
    out.push_back({failure.integer("at"), failure.string("task"), failure.string("worker"), failure.string("host"),
                   failure.string("text")});
    fields.only_in(failure);
    if (!failure.ok()) fields.fail("failures", "sound: " + failure.error().text);
  }
  return out;
}

JobState read_state(JsonFields& fields) {
  fields.only({"artifact", "bundle", "delay", "end", "failures", "failures-dropped", "hash", "modified", "name",
               "restart", "restarted", "restarts", "start", "status", "tasks", "times", "v"});
  JobState state;
  state.status = read_status(fields);
  state.name = fields.string("name");
  state.hash = fields.string("hash");
  state.tasks = fields.integer("tasks");
  state.start_ms = fields.integer("start");
  state.end_ms = fields.integer_or("end", -1);
  state.modified_ms = fields.integer("modified");
  for (const auto& [name, value] : fields.object("times")) {
    const auto status = parse_job_status(name);
    if (status && value.is_int64())
      state.timestamps[static_cast<std::size_t>(*status)] = value.get_int64();
    else
      fields.fail("times", "statuses with their times");
  }
  state.restart = read_restart(fields);
  state.restarts = fields.integer_or("restarts", 0);
  state.restarted_ms = fields.integer_or("restarted", 0);
  state.delay_ms = fields.integer_or("delay", 0);
  state.failures = read_failures(fields);
  state.failures_dropped = fields.integer_or("failures-dropped", 0);
  state.artifact = fields.string_or("artifact", {});
  state.bundle = fields.string_or("bundle", {});
  return state;
}

}  // namespace

std::string_view to_string(JobStatus status) noexcept {
  return kNames[static_cast<std::size_t>(status)];
}

std::optional<JobStatus> parse_job_status(std::string_view text) noexcept {
  for (std::size_t i = 0; i < kJobStatuses; ++i)
    if (kNames[i] == text) return static_cast<JobStatus>(i);
  return std::nullopt;
}

bool is_terminal(JobStatus status) noexcept {
  return status == JobStatus::finished || status == JobStatus::failed || status == JobStatus::canceled;
}

void JobState::enter(JobStatus next, WallMs now) {
  // Wall time may have been set back since the last change: what people see never runs backwards.
  modified_ms = now > modified_ms ? now : modified_ms;
  status = next;
  timestamps[static_cast<std::size_t>(next)] = modified_ms;
  if (is_terminal(next)) end_ms = modified_ms;
}

void JobState::add_failure(JobFailure failure) {
  if (failures.size() >= kJobFailuresMax) {
    failures.erase(failures.begin());
    ++failures_dropped;
  }
  failures.push_back(std::move(failure));
}

std::string encode_job_state(const JobState& state) {
  json::object out = state_object(state);
  out["v"] = kJobSchema;
  return canonical_json(out);
}

Result<JobState> decode_job_state(std::string_view text) {
  auto value = parse_versioned(text, "a job's state");
  if (value.has_error()) return value.error();
  JsonFields fields(*value, "a job's state");
  JobState state = read_state(fields);
  if (!fields.ok()) return fields.error();
  return state;
}

std::string encode_job_spec(std::string_view canonical) {
  std::string out(kSpecHead);
  out += canonical;
  out += kSpecTail;
  return out;
}

Result<std::string_view> decode_job_spec(std::string_view text) {
  // Specs are the bulk of the state and are only looked into when somebody asks for one job.
  if (text.starts_with(kSpecHead) && text.ends_with(kSpecTail) && text.size() > kSpecHead.size() + kSpecTail.size())
    return text.substr(kSpecHead.size(), text.size() - kSpecHead.size() - kSpecTail.size());
  auto value = parse_versioned(text, "a job's spec");
  if (value.has_error()) return value.error();
  return make_error(Errc::damaged, "a job's spec is not in the form {\"spec\":...,\"v\":1}");
}

std::string encode_job_history(const JobHistory& history) {
  std::string out = "{";
  if (!history.spec.empty()) out += "\"spec\":" + history.spec + ',';
  out += "\"state\":" + canonical_json(state_object(history.state)) + ",\"v\":" + std::to_string(kJobSchema) + '}';
  return out;
}

Result<JobHistory> decode_job_history(std::string_view text) {
  auto value = parse_versioned(text, "a job's history");
  if (value.has_error()) return value.error();
  JsonFields fields(*value, "a job's history");
  JobHistory history;
  JsonFields state(fields.object("state"), "a job's history");
  history.state = read_state(state);
  if (const auto* spec = fields.find("spec")) history.spec = canonical_json(*spec);
  if (!fields.ok()) return fields.error();
  if (!state.ok()) return state.error();
  return history;
}

std::string encode_ended_job(const EndedJob& ended) {
  json::object out{{"status", to_string(ended.status)}, {"hash", ended.hash}, {"end", ended.end_ms}, {"v", kJobSchema}};
  return canonical_json(out);
}

Result<EndedJob> decode_ended_job(std::string_view text) {
  auto value = parse_versioned(text, "an ended job");
  if (value.has_error()) return value.error();
  JsonFields fields(*value, "an ended job");
  EndedJob ended{read_status(fields), fields.string("hash"), fields.integer("end")};
  if (!fields.ok()) return fields.error();
  return ended;
}

std::string encode_quarantine(const Quarantine& q) {
  json::object out{{"key", q.key}, {"source", q.source}, {"why", q.why}, {"since", q.since_ms}, {"v", kJobSchema}};
  return canonical_json(out);
}

Result<Quarantine> decode_quarantine(std::string_view text) {
  auto value = parse_versioned(text, "a quarantine");
  if (value.has_error()) return value.error();
  JsonFields fields(*value, "a quarantine");
  Quarantine q{fields.string("key"), fields.string("source"), fields.string("why"), fields.integer("since")};
  if (!fields.ok()) return fields.error();
  return q;
}

}  // namespace stellwerk::model
