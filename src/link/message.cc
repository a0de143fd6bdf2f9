#include "link/message.h"

#include <algorithm>
#include <array>
#include <limits>
#include <optional>
#include <utility>

#include "base/assert.h"
#include "base/json.h"
#include "base/json_writer.h"
#include "link/message_fields.h"
#include "link/task_codec.h"

namespace stellwerk::link {
namespace {

constexpr std::array<std::string_view, std::variant_size_v<Message>> kTypes{
    "hello",    "heartbeat", "leaving", "refused", "wait",        "welcome", "masters", "echo",
    "rejected", "start",     "peers",   "stop",    "acknowledge", "task",    "ended"};

constexpr std::int64_t kMost = MessageFields::kMost;
/// As in the head.
constexpr std::int64_t kEpochMax = 9'999'999'999;
/// Most kinds of limits in a hello.
constexpr std::size_t kLimitsMax = 16;
constexpr std::int64_t kDurationMsMax = std::int64_t{3650} * 24 * 60 * 60 * 1000;

// ---- writing ----

void write_masters(JsonWriter& out, const std::vector<std::string>& masters) {
  STELLWERK_ASSERT(masters.size() <= kMastersMax, "whoever makes the list knows the limit");
  out.key("masters").begin_array();
  for (const auto& each : masters) out.value(each);
  out.end_array();
}

void write_labels(JsonWriter& out, const std::set<std::string>& labels) {
  STELLWERK_ASSERT(labels.size() <= model::kLabelsMax, "whoever names them knows the limit");
  out.key("labels").begin_array();
  for (const auto& each : labels) out.value(each);
  out.end_array();
}

template <class Entry>
void write_entries(JsonWriter& out, std::string_view name, const std::vector<Entry>& entries) {
  out.key(name).begin_array();
  for (const auto& entry : entries) {
    out.begin_object();
    write(out, entry);
    out.end_object();
  }
  out.end_array();
}

void write(JsonWriter& out, const Hello& hello) {
  const model::WorkerDescription& worker = hello.worker;
  out.member("v", kProtocol)
      .member("worker", worker.id)
      .member("incarnation", worker.incarnation)
      .member("process", worker.process)
      .member("host", worker.host)
      .member("pid", worker.pid)
      .member("slots", worker.slots)
      .member("data-port", worker.data_port)
      .member("version", worker.version);
  write_labels(out, worker.labels);
  out.key("limits").begin_array();
  for (const auto each : names(worker.limits)) out.value(each);
  out.end_array().member("limits-why", worker.limits_why);
  out.member("home", hello.home).member("cluster", hello.cluster).member("epoch", hello.epoch);
  write_entries(out, "tasks", hello.tasks);
  write_entries(out, "ended", hello.ended);
}

void write(JsonWriter& out, const Heartbeat& heartbeat) {
  const model::WorkerLoad& load = heartbeat.load;
  out.member("sent-us", heartbeat.sent_us)
      .member("memory-total", load.memory_total)
      .member("memory-free", load.memory_free)
      .member("resident", load.resident)
      .member("processors", load.processors)
      .member("load-permille", load.load_permille)
      .member("cpu-ms", load.cpu_ms);
  write_entries(out, "tasks", heartbeat.tasks);
}

void write(JsonWriter&, const Leaving&) {}

void write(JsonWriter& out, const Refused& refused) {
  out.member("leader", refused.leader);
  write_masters(out, refused.masters);
}

void write(JsonWriter& out, const Wait& wait) {
  write_masters(out, wait.masters);
}

void write(JsonWriter& out, const Welcome& welcome) {
  out.member("cluster", welcome.cluster)
      .member("epoch", welcome.epoch)
      .member("heartbeat-interval-ms", welcome.heartbeat_interval_ms)
      .member("heartbeat-timeout-ms", welcome.heartbeat_timeout_ms)
      .member("lease-ms", welcome.lease_ms);
  write_masters(out, welcome.masters);
}

void write(JsonWriter& out, const Masters& masters) {
  write_masters(out, masters.masters);
}

void write(JsonWriter& out, const Echo& echo) {
  out.member("epoch", echo.epoch).member("sent-us", echo.sent_us);
}

void write(JsonWriter& out, const Rejected& rejected) {
  out.member("why", rejected.why);
}

// ---- reading ----

std::vector<std::string> read_masters(MessageFields& fields) {
  auto out = fields.texts("masters", kMastersMax, kTextBytesMax);
  for (const auto& each : out)
    if (each.empty()) fields.fail("masters", "addresses of 1 to " + std::to_string(kTextBytesMax) + " bytes");
  return out;
}

std::set<std::string> read_labels(MessageFields& fields) {
  std::set<std::string> out;
  for (auto& each : fields.texts("labels", model::kLabelsMax, model::kLabelBytesMax)) {
    if (!model::is_label(each)) fields.fail("labels", "labels of " + std::string(model::kLabelAccepted));
    out.insert(std::move(each));
  }
  return out;
}

/// Words that only a later version knows are left out.
model::GroupLimits read_limits(MessageFields& fields) {
  model::GroupLimits out;
  if (!fields.has("limits")) return out;
  for (const auto& each : fields.texts("limits", kLimitsMax, kTextBytesMax)) {
    out.memory = out.memory || each == "memory";
    out.cpus = out.cpus || each == "cpus";
    out.processes = out.processes || each == "processes";
  }
  return out;
}

template <class Entry>
std::vector<Entry> read_entries(MessageFields& fields, std::string_view of, std::string_view name,
                                std::size_t number_max) {
  std::vector<Entry> out;
  for (const auto& each : fields.array(name, number_max)) {
    MessageFields entry(each, std::string(of) + ", " + std::string(name));
    read(entry, out.emplace_back());
    if (entry.ok()) continue;
    fields.fail(name, "entries that are sound: " + entry.error().text);
    return {};
  }
  return out;
}

void read(MessageFields& fields, Hello& hello) {
  hello.worker.id = fields.text("worker", 1, kTextBytesMax);
  hello.worker.incarnation = fields.integer("incarnation", 1, kMost);
  hello.worker.process = fields.text("process", 1, kTextBytesMax);
  hello.worker.host = fields.text("host", 1, kTextBytesMax);
  hello.worker.pid = fields.integer("pid", 0, kMost);
  hello.worker.slots = fields.integer("slots", 1, model::kWorkerSlotsMax);
  hello.worker.data_port = fields.integer("data-port", 0, 65535);
  hello.worker.version = fields.text("version", 0, kTextBytesMax);
  hello.worker.labels = read_labels(fields);
  hello.worker.limits = read_limits(fields);
  hello.worker.limits_why = fields.optional_text("limits-why", kTextBytesMax);
  hello.home = fields.text("home", 0, kTextBytesMax);
  hello.cluster = fields.text("cluster", 0, kTextBytesMax);
  hello.epoch = fields.integer("epoch", 0, kEpochMax);
  hello.tasks = read_entries<TaskReport>(fields, "hello", "tasks", kAttemptsMax);
  hello.ended = read_entries<TaskEnded>(fields, "hello", "ended", kAttemptsMax);
}

void read(MessageFields& fields, Heartbeat& heartbeat) {
  heartbeat.sent_us = fields.integer("sent-us", 0, kMost);
  heartbeat.load.memory_total = fields.integer("memory-total", 0, kMost);
  heartbeat.load.memory_free = fields.integer("memory-free", 0, kMost);
  heartbeat.load.resident = fields.integer("resident", 0, kMost);
  heartbeat.load.processors = fields.integer("processors", 0, kMost);
  heartbeat.load.load_permille = fields.integer("load-permille", 0, kMost);
  if (fields.has("cpu-ms")) heartbeat.load.cpu_ms = fields.integer("cpu-ms", 0, kMost);
  if (fields.has("tasks")) heartbeat.tasks = read_entries<AttemptUsage>(fields, "heartbeat", "tasks", kUsagesMax);
}

void read(MessageFields&, Leaving&) {}

void read(MessageFields& fields, Refused& refused) {
  refused.leader = fields.text("leader", 0, kTextBytesMax);
  refused.masters = read_masters(fields);
}

void read(MessageFields& fields, Wait& wait) {
  wait.masters = read_masters(fields);
}

void read(MessageFields& fields, Welcome& welcome) {
  welcome.cluster = fields.text("cluster", 1, kTextBytesMax);
  welcome.epoch = fields.integer("epoch", 1, kEpochMax);
  welcome.heartbeat_interval_ms = fields.integer("heartbeat-interval-ms", 1, kDurationMsMax);
  welcome.heartbeat_timeout_ms = fields.integer("heartbeat-timeout-ms", 1, kDurationMsMax);
  welcome.lease_ms = fields.integer("lease-ms", 1, kDurationMsMax);
  welcome.masters = read_masters(fields);
}

void read(MessageFields& fields, Masters& masters) {
  masters.masters = read_masters(fields);
}

void read(MessageFields& fields, Echo& echo) {
  echo.epoch = fields.integer("epoch", 1, kEpochMax);
  echo.sent_us = fields.integer("sent-us", 0, kMost);
}

void read(MessageFields& fields, Rejected& rejected) {
  rejected.why = fields.text("why", 0, kTextBytesMax);
}

template <class Kind>
Result<Message> read_as(const json::value& value, std::string_view type) {
  MessageFields fields(value, std::string(type));
  Kind out;
  read(fields, out);
  if (!fields.ok()) return fields.error();
  return Message(std::move(out));
}

template <std::size_t... I>
Result<Message> read_any(std::size_t index, const json::value& value, std::index_sequence<I...>) {
  Result<Message> out = make_error(Errc::damaged, "");
  ((index == I ? void(out = read_as<std::variant_alternative_t<I, Message>>(value, kTypes[I])) : void()), ...);
  return out;
}

/// Before anything else in it: another protocol may look different.
std::optional<Error> other_protocol(const json::value& hello) {
  JsonFields fields(hello, "hello");
  const std::int64_t theirs = fields.integer("v");
  if (!fields.ok()) return fields.error();
  if (theirs == kProtocol) return std::nullopt;
  return make_error(Errc::not_supported, "it speaks protocol " + std::to_string(theirs) + ", here it is " +
                                             std::to_string(kProtocol) + "; use the same version of Stellwerk");
}

}  // namespace

std::string_view type_of(const Message& message) noexcept {
  return kTypes[message.index()];
}

std::string encode(const Message& message) {
  std::string text;
  JsonWriter out(text);
  out.begin_object().member("type", type_of(message));
  std::visit([&out](const auto& each) { write(out, each); }, message);
  out.end_object();
  return text;
}

Result<Message> decode(std::string_view text) {
  if (text.size() > kMessageBytesMax)
    return make_error(Errc::too_large, "a message of " + std::to_string(text.size()) + " bytes; at most " +
                                           std::to_string(kMessageBytesMax) + " are taken");
  const auto value = parse_json(text, "message");
  if (!value) return value.error();
  JsonFields fields(*value, "message");
  const std::string type = fields.string("type");
  if (!fields.ok()) return fields.error();
  const auto at = std::find(kTypes.begin(), kTypes.end(), type);
  if (at == kTypes.end()) {
    std::string known;
    for (const auto each : kTypes) known += (known.empty() ? "" : ", ") + std::string(each);
    fields.fail("type", "one of " + known);
    return fields.error();
  }
  if (type == "hello") {
    if (auto other = other_protocol(*value)) return *other;
  }
  return read_any(static_cast<std::size_t>(at - kTypes.begin()), *value,
                  std::make_index_sequence<std::variant_size_v<Message>>());
}

}  // namespace stellwerk::link
