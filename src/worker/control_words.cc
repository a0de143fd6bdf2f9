#include "worker/control_words.h"

#include <array>
#include <charconv>

#include "base/json.h"
#include "base/json_writer.h"
#include "base/text.h"

namespace stellwerk::worker {
namespace {

/// In the order in which they are named to people, and to processes.
constexpr std::array<std::string_view, 6> kHeard{"hello", "ready", "progress", "advertise", "ack", "decline"};
constexpr int kPortMax = 65'535;

Error fault(const std::string& what) {
  return make_error(Errc::invalid, what);
}

/// Of one word, whose name stands before what is wrong with it.
class Members {
 public:
  Members(const json::object& object, std::string_view word) : object_(object), word_(word) {}

  /// Printable text, so that it can be shown in a line of a log and stand in a variable.
  Result<std::string> text(std::string_view name, std::size_t least, std::size_t most) const {
    const json::value* const value = object_.if_contains(name);
    const json::string* const text = value != nullptr ? value->if_string() : nullptr;
    if (text != nullptr && text->size() >= least && text->size() <= most && is_printable_text(*text))
      return std::string(*text);
    return wrong(name, "printable text of " + std::to_string(least) + " to " + std::to_string(most) + " bytes");
  }
  const json::value* find(std::string_view name) const { return object_.if_contains(name); }
  /// `fallback` if it is absent and not negative.
  Result<std::int64_t> number(std::string_view name, std::int64_t least, std::int64_t fallback = -1) const {
    const json::value* const value = object_.if_contains(name);
    if (value == nullptr && fallback >= 0) return fallback;
    const std::int64_t* const number = value != nullptr ? value->if_int64() : nullptr;
    if (number != nullptr && *number >= least) return *number;
    return wrong(name, "a whole number from " + std::to_string(least));
  }
  Error wrong(std::string_view name, const std::string& accepted) const {
    return fault("\"" + std::string(name) + "\" of " + std::string(word_) + " must be " + accepted);
  }

 private:
  const json::object& object_;
  std::string_view word_;
};

Result<ControlWord> read_hello(const Members& members) {
  said::Hello out;
  const json::value* const words = members.find("words");
  if (words == nullptr) return ControlWord(out);
  const auto wrong = [&] {
    return members.wrong("words", "a list of at most " + std::to_string(kControlWordsMax) + " words of 1 to " +
                                      std::to_string(kControlWordBytesMax) + " bytes");
  };
  const json::array* const list = words->if_array();
  if (list == nullptr || list->size() > kControlWordsMax) return wrong();
  for (const auto& each : *list) {
    const json::string* const word = each.if_string();
    if (word == nullptr || word->empty() || word->size() > kControlWordBytesMax) return wrong();
    out.words.emplace(*word);
  }
  return ControlWord(std::move(out));
}

Result<ControlWord> read_progress(const Members& members) {
  auto text = members.text("text", 0, link::kProgressBytesMax);
  if (text.has_error()) return text.error();
  return ControlWord(said::Progress{std::move(*text)});
}

/// "host:port"; a list of them is separated by commas, and commands in shell split it at blanks.
bool is_address(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0 || text.find_first_of(", \"'") != std::string_view::npos)
    return false;
  int port = 0;
  const std::string_view digits = text.substr(colon + 1);
  const auto end = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  return end.ec == std::errc{} && end.ptr == digits.data() + digits.size() && port >= 1 && port <= kPortMax;
}

Result<ControlWord> read_advertise(const Members& members) {
  auto port = members.text("port", 1, model::kPortNameBytesMax);
  if (port.has_error()) return port.error();
  auto address = members.text("address", 1, link::kAdvertisedBytesMax);
  if (address.has_error()) return address.error();
  if (!is_address(*address)) return members.wrong("address", "<host>:<port>");
  return ControlWord(said::Advertise{std::move(*port), std::move(*address)});
}

/// As much as a decline holds, printable.
std::string reason_of(std::string_view text) {
  const std::string all = is_printable_text(text) ? std::string(text) : escaped(text, link::kDeclineBytesMax);
  std::size_t end = 0;
  for (std::size_t at = 0; at < all.size() && next_code_point(all, at) && at <= link::kDeclineBytesMax;) end = at;
  return all.substr(0, end);
}

/// Who answers wrongly has answered: waiting for more would end with a process blamed for its silence.
ControlWord declined(std::int64_t checkpoint, const Error& why) {
  return said::Decline{checkpoint, reason_of(why.text)};
}

Result<ControlWord> read_ack(const Members& members) {
  const auto checkpoint = members.number("checkpoint", 1);
  if (checkpoint.has_error()) return checkpoint.error();
  auto handle = members.text("handle", 0, model::kHandleBytesMax);
  if (handle.has_error()) return declined(*checkpoint, handle.error());
  const auto size = members.number("size", 0, 0);
  if (size.has_error()) return declined(*checkpoint, size.error());
  if (*size > model::kCheckpointSizeMax)
    return declined(*checkpoint,
                    members.wrong("size", "a whole number to " + std::to_string(model::kCheckpointSizeMax)));
  return ControlWord(said::Ack{*checkpoint, std::move(*handle), *size});
}

Result<ControlWord> read_decline(const Members& members) {
  const auto checkpoint = members.number("checkpoint", 1);
  if (checkpoint.has_error()) return checkpoint.error();
  const json::value* const reason = members.find("reason");
  if (reason == nullptr) return ControlWord(said::Decline{*checkpoint, {}});
  const json::string* const text = reason->if_string();
  if (text == nullptr) return declined(*checkpoint, members.wrong("reason", "text"));
  return ControlWord(said::Decline{*checkpoint, reason_of(*text)});
}

}  // namespace

Result<ControlWord> parse_control_line(std::string_view line) {
  const auto value = parse_json(line, "the line");
  const json::object* const object = value.has_value() ? value->if_object() : nullptr;
  if (object == nullptr) return fault(shown(line, kShownBytesMax) + " is no JSON object");
  const json::value* const type = object->if_contains("type");
  if (type == nullptr || !type->is_string()) return fault(shown(line, kShownBytesMax) + " has no \"type\"");
  const std::string_view word = type->get_string();
  const Members members(*object, word);
  if (word == "hello") return read_hello(members);
  if (word == "ready") return ControlWord(said::Ready{});
  if (word == "progress") return read_progress(members);
  if (word == "advertise") return read_advertise(members);
  if (word == "ack") return read_ack(members);
  if (word == "decline") return read_decline(members);
  std::string known;
  for (const auto each : kHeard) known += (known.empty() ? "" : ", ") + std::string(each);
  return fault("the type " + shown(word, kShownBytesMax) + " is not one of " + known);
}

std::string hello_line(const link::StartTask& start, std::int64_t epoch) {
  std::string text;
  JsonWriter out(text);
  out.begin_object().member("type", "hello").member("job", start.attempt.job.text()).member("vertex", start.vertex);
  out.member("subtask", start.attempt.task.subtask).member("attempt", start.attempt.number).member("epoch", epoch);
  out.key("words").begin_array();
  for (const auto each : kHeard) out.value(each);
  out.end_array().end_object();
  return text;
}

std::string peer_line(std::string_view variable, std::string_view value) {
  std::string text;
  JsonWriter out(text);
  out.begin_object().member("type", "peer").member("variable", variable).member("value", value).end_object();
  return text;
}

std::string restore_line(const link::Restore& restore) {
  std::string text;
  JsonWriter out(text);
  out.begin_object().member("type", "restore").member("checkpoint", restore.checkpoint);
  if (restore.finished)
    out.member("finished", true);
  else
    out.member("handle", restore.handle);
  out.end_object();
  return text;
}

std::string checkpoint_line(std::int64_t number) {
  return R"({"type":"checkpoint","checkpoint":)" + std::to_string(number) + "}";
}

std::string completed_line(std::int64_t number, std::int64_t oldest) {
  return R"({"type":"completed","checkpoint":)" + std::to_string(number) + R"(,"oldest":)" + std::to_string(oldest) +
         "}";
}

std::string stop_line() {
  return R"({"type":"stop"})";
}

}  // namespace stellwerk::worker
