#include "base/document_fields.h"

#include <algorithm>

#include "base/assert.h"
#include "base/duration_text.h"
#include "base/text.h"

namespace stellwerk {
namespace {

bool is_word(std::string_view key) {
  return !key.empty() && key.size() <= kShownBytesMax && std::all_of(key.begin(), key.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  });
}

std::string join(std::span<const std::string_view> names) {
  std::string out;
  for (const std::string_view name : names) {
    if (!out.empty()) out += ", ";
    out += name;
  }
  return out;
}

std::string whole_range(std::int64_t least, std::int64_t most) {
  return "a whole number from " + std::to_string(least) + " to " + std::to_string(most);
}

}  // namespace

void DocFaults::add(std::string fault) {
  ++count_;
  if (!full()) kept_.push_back(std::move(fault));
}

Error DocFaults::error(std::string_view what) const {
  STELLWERK_ASSERT(!empty(), "asked for faults where there are none");
  std::string text(what);
  if (count_ == 1) return make_error(Errc::invalid, text + ": " + kept_.front());
  text += " has " + std::to_string(count_) + " faults: ";
  for (std::size_t i = 0; i < kept_.size(); ++i)
    text += (i > 0 ? "; (" : "(") + std::to_string(i + 1) + ") " + kept_[i];
  if (count_ > kept_.size()) text += "; and " + std::to_string(count_ - kept_.size()) + " more";
  return make_error(Errc::invalid, std::move(text));
}

std::string member_path(std::string_view path, std::string_view key) {
  std::string out(path);
  if (!is_word(key)) return out + "[" + shown(key) + "]";
  if (!out.empty()) out += '.';
  out += key;
  return out;
}

std::string item_path(std::string_view path, std::size_t index) {
  return std::string(path) + "[" + std::to_string(index) + "]";
}

std::string place_name(std::string_view path) {
  return path.empty() ? "the document" : std::string(path);
}

DocNode DocNode::item(std::size_t index) const {
  return {&(*value->get_if<DocValue::Array>())[index], item_path(path, index)};
}

DocNode DocNode::member(const DocMember& member) const {
  return {&member.value, member_path(path, member.key)};
}

void refuse(const DocNode& node, std::string_view accepted, DocFaults& faults) {
  faults.add(place_name(node.path) + " is " + describe(*node.value) + to_string(node.value->place) + ", must be " +
             std::string(accepted));
}

const std::string* read_string(const DocNode& node, std::string_view accepted, DocFaults& faults) {
  const auto* text = node.value->get_if<std::string>();
  if (text == nullptr) refuse(node, accepted, faults);
  return text;
}

std::optional<bool> read_bool(const DocNode& node, DocFaults& faults) {
  if (const bool* value = node.value->get_if<bool>()) return *value;
  refuse(node, "true or false", faults);
  return std::nullopt;
}

std::optional<std::int64_t> read_whole(const DocNode& node, std::int64_t least, std::int64_t most, DocFaults& faults) {
  const auto* value = node.value->get_if<std::int64_t>();
  if (value != nullptr && *value >= least && *value <= most) return *value;
  refuse(node, whole_range(least, most), faults);
  return std::nullopt;
}

std::optional<double> read_number(const DocNode& node, double least, double most, DocFaults& faults) {
  std::optional<double> value;
  if (const auto* whole = node.value->get_if<std::int64_t>()) value = static_cast<double>(*whole);
  if (const auto* real = node.value->get_if<double>()) value = *real;
  if (value && *value >= least && *value <= most) return value;
  refuse(node, "a number from " + short_number(least) + " to " + short_number(most), faults);
  return std::nullopt;
}

std::optional<std::int64_t> read_duration_ms(const DocNode& node, std::int64_t least_ms, std::int64_t most_ms,
                                             DocFaults& faults) {
  std::optional<std::int64_t> ms;
  if (const auto* whole = node.value->get_if<std::int64_t>()) ms = *whole;
  if (const auto* text = node.value->get_if<std::string>()) {
    if (const auto parsed = parse_duration_ms(*text)) ms = *parsed;
  }
  if (ms && *ms >= least_ms && *ms <= most_ms) return ms;
  refuse(
      node,
      std::string(kDurationAccepted) + ", from " + std::to_string(least_ms) + " to " + std::to_string(most_ms) + " ms",
      faults);
  return std::nullopt;
}

const DocValue::Array* read_list(const DocNode& node, std::size_t least, std::size_t most, std::string_view of,
                                 DocFaults& faults) {
  const auto* items = node.value->get_if<DocValue::Array>();
  if (items != nullptr && items->size() >= least && items->size() <= most) return items;
  refuse(node, "a list of " + std::to_string(least) + " to " + std::to_string(most) + " " + std::string(of), faults);
  return nullptr;
}

const DocValue::Object* read_object(const DocNode& node, DocFaults& faults) {
  const auto* members = node.value->get_if<DocValue::Object>();
  if (members == nullptr) refuse(node, "an object", faults);
  return members;
}

DocFields::DocFields(DocNode node, std::span<const std::string_view> known, DocFaults& faults)
    : node_(std::move(node)), members_(read_object(node_, faults)), faults_(faults) {
  if (members_ == nullptr) return;
  for (const DocMember& member : *members_) {
    if (std::find(known.begin(), known.end(), member.key) != known.end()) continue;
    if (faults.full()) {
      faults.add({});
      continue;
    }
    std::string fault = member_path(node_.path, member.key) + to_string(member.key_place) + " is not a known field";
    if (const auto nearest = nearest_name(member.key, known)) fault += " (did you mean " + std::string(*nearest) + "?)";
    faults.add(fault + ", known are " + join(known));
  }
}

std::optional<DocNode> DocFields::find(std::string_view name) const {
  const DocValue* value = find_member(*node_.value, name);
  if (value == nullptr) return std::nullopt;
  return DocNode{value, member_path(node_.path, name)};
}

std::optional<DocNode> DocFields::require(std::string_view name, std::string_view accepted) const {
  auto node = find(name);
  if (!node && is_object())
    faults_.add(member_path(node_.path, name) + " is missing" + to_string(node_.value->place) + ", must be " +
                std::string(accepted));
  return node;
}

}  // namespace stellwerk
