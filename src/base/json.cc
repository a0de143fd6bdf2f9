#include "base/json.h"

#include <algorithm>
#include <vector>

#include "base/text.h"

namespace stellwerk {
namespace {

/// Shown of a name that is not known, in bytes.
constexpr std::size_t kNameBytesMax = 64;

void write_sorted(const json::value& value, std::string& out) {
  if (const auto* array = value.if_array()) {
    out += '[';
    for (std::size_t i = 0; i < array->size(); ++i) {
      if (i > 0) out += ',';
      write_sorted((*array)[i], out);
    }
    out += ']';
  } else if (const auto* object = value.if_object()) {
    std::vector<const json::key_value_pair*> members;
    members.reserve(object->size());
    for (const auto& member : *object) members.push_back(&member);
    std::sort(members.begin(), members.end(), [](const auto* a, const auto* b) { return a->key() < b->key(); });
    out += '{';
    for (std::size_t i = 0; i < members.size(); ++i) {
      if (i > 0) out += ',';
      out += json::serialize(members[i]->key());
      out += ':';
      write_sorted(members[i]->value(), out);
    }
    out += '}';
  } else {
    out += json::serialize(value);
  }
}

const json::array kNoArray;
const json::object kNoObject;

}  // namespace

Result<json::value> parse_json(std::string_view text, std::string_view what) {
  json::error_code code;
  json::value value = json::parse(json::string_view(text.data(), text.size()), code);
  if (code) return make_error(Errc::damaged, std::string(what) + " is not JSON: " + code.message());
  return value;
}

std::string canonical_json(const json::value& value) {
  std::string out;
  write_sorted(value, out);
  return out;
}

JsonFields::JsonFields(const json::value& value, std::string what)
    : object_(value.if_object()), what_(std::move(what)) {
  if (object_ == nullptr) {
    object_ = &kNoObject;
    fault_ = what_ + " is not a JSON object";
  }
}

const json::value* JsonFields::find(std::string_view name) const {
  return object_->if_contains(json::string_view(name.data(), name.size()));
}

bool JsonFields::has(std::string_view name) const {
  return find(name) != nullptr;
}

void JsonFields::only(std::initializer_list<std::string_view> names) {
  if (!ok()) return;
  for (const auto& member : *object_) {
    const std::string_view name(member.key().data(), member.key().size());
    if (std::find(names.begin(), names.end(), name) != names.end()) continue;
    newer_ = true;
    fault_ = what_ + " was written by a newer version (this one does not know " + shown(name, kNameBytesMax) + ")";
    return;
  }
}

void JsonFields::only_in(const JsonFields& part) {
  if (!ok() || !part.newer_) return;
  newer_ = true;
  fault_ = part.fault_;
}

void JsonFields::fail(std::string_view name, std::string_view expected) {
  if (fault_.empty()) fault_ = what_ + ": \"" + std::string(name) + "\" must be " + std::string(expected);
}

std::int64_t JsonFields::integer(std::string_view name) {
  const json::value* value = find(name);
  if (value != nullptr && value->is_int64()) return value->get_int64();
  fail(name, "a whole number");
  return 0;
}

std::int64_t JsonFields::integer_or(std::string_view name, std::int64_t fallback) {
  return has(name) ? integer(name) : fallback;
}

std::string JsonFields::string(std::string_view name) {
  const json::value* value = find(name);
  if (value != nullptr && value->is_string()) return std::string(value->get_string());
  fail(name, "a string");
  return {};
}

std::string JsonFields::string_or(std::string_view name, std::string fallback) {
  return has(name) ? string(name) : std::move(fallback);
}

bool JsonFields::boolean_or(std::string_view name, bool fallback) {
  const json::value* value = find(name);
  if (value == nullptr) return fallback;
  if (value->is_bool()) return value->get_bool();
  fail(name, "true or false");
  return fallback;
}

const json::array& JsonFields::array(std::string_view name) {
  const json::value* value = find(name);
  if (value != nullptr && value->is_array()) return value->get_array();
  fail(name, "an array");
  return kNoArray;
}

const json::object& JsonFields::object(std::string_view name) {
  const json::value* value = find(name);
  if (value != nullptr && value->is_object()) return value->get_object();
  fail(name, "an object");
  return kNoObject;
}

}  // namespace stellwerk
