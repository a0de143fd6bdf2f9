#include "base/document.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "base/assert.h"
#include "base/json.h"
#include "base/json_reader.h"
#include "base/text.h"
#include "base/yaml_reader.h"

namespace stellwerk {
namespace {

/// Up to here every whole double is the integer that it looks like.
constexpr double kWholeMax = 9007199254740992.0;

json::value to_json(const DocValue& value);

struct ToJson {
  json::value operator()(std::monostate) const { return nullptr; }
  json::value operator()(bool value) const { return value; }
  json::value operator()(std::int64_t value) const { return value; }
  json::value operator()(double value) const {
    if (std::trunc(value) == value && std::fabs(value) <= kWholeMax) return static_cast<std::int64_t>(value);
    return value;
  }
  json::value operator()(const std::string& value) const { return json::value(json::string_view(value)); }
  json::value operator()(const DocValue::Array& items) const {
    json::array out;
    out.reserve(items.size());
    for (const DocValue& item : items) out.push_back(to_json(item));
    return out;
  }
  json::value operator()(const DocValue::Object& members) const {
    json::object out;
    out.reserve(members.size());
    for (const DocMember& member : members) out.emplace(member.key, to_json(member.value));
    return out;
  }
};

json::value to_json(const DocValue& value) {
  return std::visit(ToJson{}, value.data);
}

bool contains_folded(std::string_view text, std::string_view lower_word) noexcept {
  const auto same = [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a - 'A' + 'a' : a) == b; };
  return std::search(text.begin(), text.end(), lower_word.begin(), lower_word.end(), same) != text.end();
}

}  // namespace

DocPlace place_of(std::string_view text, std::size_t offset) noexcept {
  const std::string_view before = text.substr(0, std::min(offset, text.size()));
  const std::size_t line_begin = before.rfind('\n') + 1;
  const auto lines = std::count(before.begin(), before.end(), '\n');
  return {static_cast<std::uint32_t>(lines) + 1, static_cast<std::uint32_t>(before.size() - line_begin) + 1};
}

std::string to_string(DocPlace place) {
  if (place.line == 0) return {};
  return " (line " + std::to_string(place.line) + ", column " + std::to_string(place.column) + ")";
}

const DocValue* find_member(const DocValue& value, std::string_view key) noexcept {
  if (const auto* members = value.get_if<DocValue::Object>())
    for (const DocMember& member : *members)
      if (member.key == key) return &member.value;
  return nullptr;
}

std::string short_number(double value) {
  std::array<char, 32> buffer{};
  const auto [end, code] = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value);
  STELLWERK_ASSERT(code == std::errc{}, "a double has at most 24 characters");
  return {buffer.data(), end};
}

std::string describe(const DocValue& value) {
  if (const auto* text = value.get_if<std::string>()) return shown(*text);
  if (const auto* items = value.get_if<DocValue::Array>())
    return items->empty() ? "an empty list" : "a list of " + std::to_string(items->size());
  if (const auto* members = value.get_if<DocValue::Object>()) return "an object of " + std::to_string(members->size());
  if (const auto* number = value.get_if<double>()) return short_number(*number);
  return canonical_json(value);
}

std::string canonical_json(const DocValue& value) {
  return canonical_json(to_json(value));
}

DocKind detect_document_kind(std::string_view content_type, std::string_view bytes) noexcept {
  const std::string_view type = content_type.substr(0, content_type.find(';'));
  if (contains_folded(type, "json")) return DocKind::json;
  if (contains_folded(type, "yaml")) return DocKind::yaml;
  const std::size_t first = bytes.find_first_not_of(" \t\r\n");
  const bool braced = first != std::string_view::npos && (bytes[first] == '{' || bytes[first] == '[');
  return braced ? DocKind::json : DocKind::yaml;
}

Result<DocValue> read_document(std::string_view bytes, DocKind kind, std::string_view what, const DocLimits& limits) {
  return kind == DocKind::json ? read_json(bytes, what, limits) : read_yaml(bytes, what, limits);
}

}  // namespace stellwerk
