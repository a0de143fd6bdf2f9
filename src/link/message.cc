#include "link/message.h"

#include <algorithm>
#include <array>
#include <limits>
#include <optional>
#include <utility>

#include "base/assert.h"
#include "base/json.h"
#include "base/json_writer.h"

namespace stellwerk::link {
namespace {

constexpr std::array<std::string_view, std::variant_size_v<Message>> kTypes{
    "hello", "heartbeat", "leaving", "refused", "wait", "welcome", "echo", "rejected"};

constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
/// As in the head.
constexpr std::int64_t kEpochMax = 9'999'999'999;
constexpr std::int64_t kDurationMsMax = std::int64_t{3650} * 24 * 60 * 60 * 1000;

// ---- writing ----

void write_masters(JsonWriter& out, const std::vector<std::string>& masters) {
  STELLWERK_ASSERT(masters.size() <= kMastersMax, "whoever makes the list knows the limit");
  out.key("masters").begin_array();
  for (const auto& each : masters) out.value(each);
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
      .member("version", worker.version)
      .member("cluster", hello.cluster)
      .member("epoch", hello.epoch);
}

void write(JsonWriter& out, const Heartbeat& heartbeat) {
  const model::WorkerLoad& load = heartbeat.load;
  out.member("sent-us", heartbeat.sent_us)
      .member("memory-total", load.memory_total)
      .member("memory-free", load.memory_free)
      .member("resident", load.resident)
      .member("processors", load.processors)
      .member("load-permille", load.load_permille);
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
      .member("heartbeat-timeout-ms", welcome.heartbeat_timeout_ms);
  write_masters(out, welcome.masters);
}

void write(JsonWriter& out, const Echo& echo) {
  out.member("epoch", echo.epoch).member("sent-us", echo.sent_us);
}

void write(JsonWriter& out, const Rejected& rejected) {
  out.member("why", rejected.why);
}

// ---- reading ----

/// The members of one message, with their limits.
class Fields {
 public:
  Fields(const json::value& value, std::string what) : fields_(value, std::move(what)) {}

  std::int64_t integer(std::string_view name, std::int64_t least, std::int64_t most) {
    const std::int64_t value = fields_.integer(name);
    if (value < least || value > most)
      fields_.fail(name, "a number from " + std::to_string(least) + " to " + std::to_string(most));
    return value;
  }
  std::string text(std::string_view name, bool may_be_empty) {
    std::string value = fields_.string(name);
    if (value.size() > kTextBytesMax || (value.empty() && !may_be_empty))
      fields_.fail(name, (may_be_empty ? "at most " : "1 to ") + std::to_string(kTextBytesMax) + " bytes");
    return value;
  }
  std::vector<std::string> masters() {
    std::vector<std::string> out;
    const json::array& list = fields_.array("masters");
    if (list.size() > kMastersMax) {
      fields_.fail("masters", "at most " + std::to_string(kMastersMax));
      return out;
    }
    for (const auto& each : list) {
      const json::string* const text = each.if_string();
      if (text == nullptr || text->empty() || text->size() > kTextBytesMax)
        fields_.fail("masters", "addresses of 1 to " + std::to_string(kTextBytesMax) + " bytes");
      else
        out.emplace_back(*text);
    }
    return out;
  }
  bool ok() const { return fields_.ok(); }
  Error error() const { return fields_.error(); }

 private:
  JsonFields fields_;
};

void read(Fields& fields, Hello& hello) {
  hello.worker.id = fields.text("worker", false);
  hello.worker.incarnation = fields.integer("incarnation", 1, kMost);
  hello.worker.process = fields.text("process", false);
  hello.worker.host = fields.text("host", false);
  hello.worker.pid = fields.integer("pid", 0, kMost);
  hello.worker.slots = fields.integer("slots", 1, model::kWorkerSlotsMax);
  hello.worker.version = fields.text("version", true);
  hello.cluster = fields.text("cluster", true);
  hello.epoch = fields.integer("epoch", 0, kEpochMax);
}

void read(Fields& fields, Heartbeat& heartbeat) {
  heartbeat.sent_us = fields.integer("sent-us", 0, kMost);
  heartbeat.load.memory_total = fields.integer("memory-total", 0, kMost);
  heartbeat.load.memory_free = fields.integer("memory-free", 0, kMost);
  heartbeat.load.resident = fields.integer("resident", 0, kMost);
  heartbeat.load.processors = fields.integer("processors", 0, kMost);
  heartbeat.load.load_permille = fields.integer("load-permille", 0, kMost);
}

void read(Fields&, Leaving&) {}

void read(Fields& fields, Refused& refused) {
  refused.leader = fields.text("leader", true);
  refused.masters = fields.masters();
}

void read(Fields& fields, Wait& wait) {
  wait.masters = fields.masters();
}

void read(Fields& fields, Welcome& welcome) {
  welcome.cluster = fields.text("cluster", false);
  welcome.epoch = fields.integer("epoch", 1, kEpochMax);
  welcome.heartbeat_interval_ms = fields.integer("heartbeat-interval-ms", 1, kDurationMsMax);
  welcome.heartbeat_timeout_ms = fields.integer("heartbeat-timeout-ms", 1, kDurationMsMax);
  welcome.masters = fields.masters();
}

void read(Fields& fields, Echo& echo) {
  echo.epoch = fields.integer("epoch", 1, kEpochMax);
  echo.sent_us = fields.integer("sent-us", 0, kMost);
}

void read(Fields& fields, Rejected& rejected) {
  rejected.why = fields.text("why", true);
}

template <class Kind>
Result<Message> read_as(const json::value& value, std::string_view type) {
  Fields fields(value, std::string(type));
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
    fields.fail("type", "one of hello, heartbeat, leaving, refused, wait, welcome, echo, rejected");
    return fields.error();
  }
  if (type == "hello") {
    if (auto other = other_protocol(*value)) return *other;
  }
  return read_any(static_cast<std::size_t>(at - kTypes.begin()), *value,
                  std::make_index_sequence<std::variant_size_v<Message>>());
}

}  // namespace stellwerk::link
