#include "model/job.h"

#include "base/json.h"

namespace stellwerk::model {
namespace {

constexpr std::array<std::string_view, kJobStatuses> kNames{"INITIALIZING", "CREATED",    "RUNNING",    "FAILING",
                                                            "FAILED",       "CANCELLING", "CANCELED",   "FINISHED",
                                                            "RESTARTING",   "SUSPENDED",  "RECONCILING"};
constexpr std::string_view kSpecHead = "{\"spec\":";
constexpr std::string_view kSpecTail = ",\"v\":1}";

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
  return out;
}

JobStatus read_status(JsonFields& fields) {
  const auto status = parse_job_status(fields.string("status"));
  if (!status) fields.fail("status", "a job status");
  return status.value_or(JobStatus::created);
}

JobState read_state(JsonFields& fields) {
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
  return state;
}

/// Parses a value and checks its schema version, which every value carries as "v".
Result<json::value> parse_value(std::string_view text, std::string_view what) {
  auto value = parse_json(text, what);
  if (value.has_error()) return value;
  JsonFields fields(*value, std::string(what));
  const std::int64_t version = fields.integer("v");
  if (!fields.ok()) return fields.error();
  if (version > kJobSchema)
    return make_error(Errc::not_supported,
                      std::string(what) + " was written by a newer version (schema " + std::to_string(version) + ")");
  return value;
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

std::string encode_job_state(const JobState& state) {
  json::object out = state_object(state);
  out["v"] = kJobSchema;
  return canonical_json(out);
}

Result<JobState> decode_job_state(std::string_view text) {
  auto value = parse_value(text, "a job's state");
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
  auto value = parse_value(text, "a job's spec");
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
  auto value = parse_value(text, "a job's history");
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
  auto value = parse_value(text, "an ended job");
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
  auto value = parse_value(text, "a quarantine");
  if (value.has_error()) return value.error();
  JsonFields fields(*value, "a quarantine");
  Quarantine q{fields.string("key"), fields.string("source"), fields.string("why"), fields.integer("since")};
  if (!fields.ok()) return fields.error();
  return q;
}

}  // namespace stellwerk::model
