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
  out.key("attempts").begin_array();
  for (const auto& attempt : acknowledge.attempts) out.value(attempt.text());
  out.end_array();
}

void write(JsonWriter& out, const TaskReport& report) {
  out.member("attempt", report.attempt.text());
  out.member("phase", report.phase == TaskPhase::running ? kRunning : kPrepared).member("pid", report.pid);
  write_map(out, "ports", report.ports);
  out.member("since", report.since_ms);
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
  report.since_ms = fields.integer("since", 0, MessageFields::kMost);
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
