#include "link/task_codec.h"

#include <array>
#include <string_view>
#include <utility>

namespace stellwerk::link {
namespace {

constexpr std::string_view kPrepared = "prepared";
constexpr std::string_view kRunning = "running";
constexpr std::array<std::pair<std::string_view, std::optional<std::int64_t> model::TaskLimits::*>, 6> kLimits{
    {{"memory", &model::TaskLimits::memory_bytes},
     {"cpu-permille", &model::TaskLimits::cpu_permille},
     {"processes", &model::TaskLimits::processes},
     {"open-files", &model::TaskLimits::open_files},
     {"file-size", &model::TaskLimits::file_bytes},
     {"core-size", &model::TaskLimits::core_bytes}}};

void write_texts(JsonWriter& out, std::string_view name, const std::vector<std::string>& texts) {
  out.key(name).begin_array();
  for (const auto& text : texts) out.value(text);
  out.end_array();
}

template <class Value>
void write_map(JsonWriter& out, std::string_view name, const std::map<std::string, Value>& map) {
  out.key(name).begin_object();
  for (const auto& [key, value] : map) out.member(key, value);
  out.end_object();
}

/// Those that are set.
void write_limits(JsonWriter& out, const model::TaskLimits& limits) {
  if (limits == model::TaskLimits{}) return;
  out.key("limits").begin_object();
  for (const auto& [name, member] : kLimits)
    if (const auto& value = limits.*member) out.member(name, *value);
  out.end_object();
}

void write_attempts(JsonWriter& out, const std::vector<model::AttemptId>& attempts) {
  out.key("attempts").begin_array();
  for (const auto& attempt : attempts) out.value(attempt.text());
  out.end_array();
}

std::map<std::string, std::string> read_environment(MessageFields& fields) {
  // Those of the leader's own come on top of the spec's.
  return fields.text_map("environment", 2 * model::kEnvironmentMax, model::kArgumentBytesMax);
}

}  // namespace

void write(JsonWriter& out, const StartTask& start) {
  out.member("attempt", start.attempt.text()).member("token", start.token);
  out.member("job", start.job).member("vertex", start.vertex).member("parallelism", start.parallelism);
  write_texts(out, "command", start.command);
  write_map(out, "environment", start.environment);
  write_texts(out, "ports", start.ports);
  out.member("await-peers", start.await_peers).member("leased", start.leased);
  write_limits(out, start.limits);
  if (start.restore) {
    out.key("restore").begin_object().member("checkpoint", start.restore->checkpoint);
    if (start.restore->finished)
      out.member("finished", true);
    else
      out.member("handle", start.restore->handle);
    out.end_object();
  }
  if (!start.artifact) return;
  const model::ArtifactRef& artifact = *start.artifact;
  out.key("artifact").begin_object().member("sha256", artifact.sha256).member("size", artifact.size);
  out.member("name", artifact.name).member("kind", to_string(artifact.kind)).end_object();
}

void write(JsonWriter& out, const Peers& peers) {
  out.member("attempt", peers.attempt.text());
  write_map(out, "environment", peers.environment);
}

void write(JsonWriter& out, const StopTask& stop) {
  out.member("attempt", stop.attempt.text());
}

void write(JsonWriter& out, const Acknowledge& acknowledge) {
  write_attempts(out, acknowledge.attempts);
}

void write(JsonWriter& out, const TakeCheckpoint& take) {
  out.member("number", take.number);
  write_attempts(out, take.attempts);
  if (take.wished) out.member("wished", true);
}

void write(JsonWriter& out, const CheckpointCompleted& completed) {
  out.member("number", completed.number).member("oldest", completed.oldest);
  write_attempts(out, completed.attempts);
}

void write(JsonWriter& out, const CheckpointAnswer& answer) {
  out.member("attempt", answer.attempt.text()).member("number", answer.number);
  out.member(answer.declined ? "declined" : "handle", answer.text);
  out.member("size", answer.size);
}

void write(JsonWriter& out, const TaskReport& report) {
  out.member("attempt", report.attempt.text());
  out.member("phase", report.phase == TaskPhase::running ? kRunning : kPrepared).member("pid", report.pid);
  write_map(out, "ports", report.ports);
  out.member("for", report.for_ms);
  // Most tasks say nothing of themselves, and a hello may have thousands of reports.
  if (report.initializing) out.member("initializing", true);
  if (!report.progress.empty()) out.member("progress", report.progress);
  if (!report.advertised.empty()) write_map(out, "advertised", report.advertised);
}

void write(JsonWriter& out, const TaskEnded& ended) {
  out.member("attempt", ended.attempt.text()).member("end", to_string(ended.end));
  out.member("given-back", ended.given_back).member("why", ended.why).member("at", ended.at_ms);
}

void write(JsonWriter& out, const AttemptUsage& used) {
  out.member("attempt", used.attempt.text()).member("memory", used.usage.memory_bytes);
  out.member("cpu-ms", used.usage.cpu_ms).member("processes", used.usage.processes);
}

void read(MessageFields& fields, StartTask& start) {
  start.attempt = fields.attempt("attempt");
  start.token = fields.integer("token", 0, MessageFields::kMost);
  start.job = fields.text("job", 0, model::kJobNameBytesMax);
  start.vertex = fields.text("vertex", 1, model::kVertexNameBytesMax);
  start.parallelism = static_cast<std::int32_t>(fields.integer("parallelism", 1, model::kParallelismMax));
  start.command = fields.texts("command", model::kCommandArgumentsMax, model::kArgumentBytesMax);
  if (start.command.empty()) fields.fail("command", "at least a program");
  start.environment = read_environment(fields);
  start.ports = fields.texts("ports", model::kPortsMax, model::kPortNameBytesMax);
  start.await_peers = fields.flag("await-peers");
  start.leased = fields.flag("leased");
  start.artifact = fields.artifact("artifact");
  const auto limits = fields.numbers("limits", kLimits.size());
  for (const auto& [name, member] : kLimits)
    if (const auto at = limits.find(std::string(name)); at != limits.end()) start.limits.*member = at->second;
  if (!fields.has("restore")) return;
  MessageFields restore = fields.object("restore");
  Restore& out = start.restore.emplace();
  out.checkpoint = restore.integer("checkpoint", 1, MessageFields::kMost);
  out.finished = restore.flag("finished");
  if (!out.finished) out.handle = restore.text("handle", 0, model::kHandleBytesMax);
  if (!restore.ok()) fields.fail("restore", "sound: " + restore.error().text);
}

void read(MessageFields& fields, TakeCheckpoint& take) {
  take.number = fields.integer("number", 1, MessageFields::kMost);
  take.attempts = fields.attempts("attempts");
  take.wished = fields.has("wished") && fields.flag("wished");
}

void read(MessageFields& fields, CheckpointCompleted& completed) {
  completed.number = fields.integer("number", 1, MessageFields::kMost);
  completed.oldest = fields.integer("oldest", 1, completed.number);
  completed.attempts = fields.attempts("attempts");
}

void read(MessageFields& fields, CheckpointAnswer& answer) {
  answer.attempt = fields.attempt("attempt");
  answer.number = fields.integer("number", 1, MessageFields::kMost);
  answer.declined = fields.has("declined");
  answer.text =
      answer.declined ? fields.text("declined", 0, kDeclineBytesMax) : fields.text("handle", 0, model::kHandleBytesMax);
  answer.size = fields.integer("size", 0, model::kCheckpointSizeMax);
}

void read(MessageFields& fields, Peers& peers) {
  peers.attempt = fields.attempt("attempt");
  peers.environment = read_environment(fields);
}

void read(MessageFields& fields, StopTask& stop) {
  stop.attempt = fields.attempt("attempt");
}

void read(MessageFields& fields, Acknowledge& acknowledge) {
  acknowledge.attempts = fields.attempts("attempts");
}

void read(MessageFields& fields, TaskReport& report) {
  report.attempt = fields.attempt("attempt");
  const std::string phase = fields.text("phase", 1, kPrepared.size());
  if (phase != kRunning && phase != kPrepared) fields.fail("phase", "prepared or running");
  report.phase = phase == kPrepared ? TaskPhase::prepared : TaskPhase::running;
  report.pid = fields.integer("pid", 0, MessageFields::kMost);
  report.ports = fields.ports("ports");
  report.for_ms = fields.integer("for", 0, MessageFields::kMost);
  report.initializing = fields.flag("initializing");
  report.progress = fields.optional_text("progress", kProgressBytesMax);
  if (fields.has("advertised"))
    report.advertised = fields.text_map("advertised", model::kPortsMax, kAdvertisedBytesMax);
}

void read(MessageFields& fields, TaskEnded& ended) {
  ended.attempt = fields.attempt("attempt");
  const auto end = model::parse_attempt_end(fields.text("end", 1, 16));
  if (!end) fields.fail("end", "FINISHED, FAILED or CANCELED");
  ended.end = end.value_or(model::AttemptEnd::failed);
  ended.given_back = fields.flag("given-back");
  ended.why = fields.text("why", 0, kWhyBytesMax);
  ended.at_ms = fields.integer("at", 0, MessageFields::kMost);
}

void read(MessageFields& fields, AttemptUsage& used) {
  used.attempt = fields.attempt("attempt");
  used.usage.memory_bytes = fields.integer("memory", 0, MessageFields::kMost);
  used.usage.cpu_ms = fields.integer("cpu-ms", 0, MessageFields::kMost);
  used.usage.processes = fields.integer("processes", 0, MessageFields::kMost);
}

}  // namespace stellwerk::link
