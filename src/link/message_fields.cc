#include "link/message_fields.h"

#include "link/task_message.h"

namespace stellwerk::link {
namespace {

std::string range(std::size_t least, std::size_t most) {
  return (least == 0 ? "at most " : std::to_string(least) + " to ") + std::to_string(most) + " bytes";
}

bool fits(const json::string* text, std::size_t least, std::size_t most) {
  return text != nullptr && text->size() >= least && text->size() <= most;
}

constexpr std::int64_t kPortMax = 65'535;

}  // namespace

std::int64_t MessageFields::integer(std::string_view name, std::int64_t least, std::int64_t most) {
  const std::int64_t value = fields_.integer(name);
  if (value < least || value > most)
    fields_.fail(name, "a number from " + std::to_string(least) + " to " + std::to_string(most));
  return value;
}

std::string MessageFields::text(std::string_view name, std::size_t least, std::size_t most) {
  std::string value = fields_.string(name);
  if (value.size() < least || value.size() > most) fields_.fail(name, range(least, most));
  return value;
}

std::string MessageFields::optional_text(std::string_view name, std::size_t most) {
  return has(name) ? text(name, 0, most) : std::string();
}

bool MessageFields::flag(std::string_view name) {
  return fields_.boolean_or(name, false);
}

model::AttemptId MessageFields::attempt(std::string_view name) {
  const auto id = model::parse_attempt_id(fields_.string(name));
  if (id) return *id;
  fields_.fail(name, "<job>/<vertex>/<subtask>/<number>");
  return {};
}

const json::array& MessageFields::array(std::string_view name, std::size_t number_max) {
  static const json::array kNone;
  const json::array& list = fields_.array(name);
  if (list.size() <= number_max) return list;
  fields_.fail(name, "at most " + std::to_string(number_max));
  return kNone;
}

std::vector<model::AttemptId> MessageFields::attempts(std::string_view name) {
  std::vector<model::AttemptId> out;
  for (const auto& each : array(name, kAttemptsMax)) {
    const json::string* const text = each.if_string();
    auto id = model::parse_attempt_id(text != nullptr ? std::string_view(*text) : std::string_view());
    if (id.has_error()) {
      fields_.fail(name, "a list of <job>/<vertex>/<subtask>/<number>");
      return {};
    }
    out.push_back(std::move(*id));
  }
  return out;
}

std::vector<std::string> MessageFields::texts(std::string_view name, std::size_t number_max, std::size_t bytes_max) {
  std::vector<std::string> out;
  for (const auto& each : array(name, number_max)) {
    const json::string* const text = each.if_string();
    if (fits(text, 0, bytes_max))
      out.emplace_back(*text);
    else
      fields_.fail(name, "a list of texts, each of " + range(0, bytes_max));
  }
  return out;
}

std::map<std::string, std::string> MessageFields::text_map(std::string_view name, std::size_t number_max,
                                                           std::size_t bytes_max) {
  std::map<std::string, std::string> out;
  const json::object& object = fields_.object(name);
  if (object.size() > number_max) fields_.fail(name, "at most " + std::to_string(number_max));
  for (const auto& [key, value] : object) {
    const json::string* const text = value.if_string();
    if (fits(text, 0, bytes_max) && !key.empty() && key.size() <= bytes_max)
      out.emplace(key, *text);
    else
      fields_.fail(name, "texts by name, each of " + range(0, bytes_max));
  }
  return out;
}

std::map<std::string, std::int64_t> MessageFields::ports(std::string_view name) {
  std::map<std::string, std::int64_t> out;
  const json::object& object = fields_.object(name);
  if (object.size() > model::kPortsMax) fields_.fail(name, "at most " + std::to_string(model::kPortsMax));
  for (const auto& [key, value] : object) {
    const std::int64_t* const number = value.if_int64();
    if (number != nullptr && *number >= 1 && *number <= kPortMax && !key.empty() &&
        key.size() <= model::kPortNameBytesMax)
      out.emplace(key, *number);
    else
      fields_.fail(name, "ports from 1 to 65535 by name");
  }
  return out;
}

std::map<std::string, std::int64_t> MessageFields::numbers(std::string_view name, std::size_t number_max) {
  std::map<std::string, std::int64_t> out;
  if (!fields_.has(name)) return out;
  const json::object& object = fields_.object(name);
  if (object.size() > number_max) fields_.fail(name, "at most " + std::to_string(number_max));
  for (const auto& [key, value] : object) {
    const std::int64_t* const number = value.if_int64();
    if (number != nullptr && *number >= 0)
      out.emplace(key, *number);
    else
      fields_.fail(name, "numbers by name, none below zero");
  }
  return out;
}

std::optional<model::ArtifactRef> MessageFields::artifact(std::string_view name) {
  if (!fields_.has(name)) return std::nullopt;
  JsonFields fields(fields_.object(name), std::string(name));
  model::ArtifactRef out;
  out.sha256 = fields.string("sha256");
  out.size = fields.integer("size");
  out.name = fields.string("name");
  const auto kind = model::parse_artifact_kind(fields.string("kind"));
  out.kind = kind.value_or(model::ArtifactKind::bundle);
  if (!fields.ok() || !kind || out.size < 1 || out.size > model::kArtifactBytesMax ||
      !model::is_artifact_hash(out.sha256) || !model::is_artifact_name(out.name))
    fields_.fail(name, "sha256, size, name and kind of a file");
  return out;
}

}  // namespace stellwerk::link
