#include "base/document_builder.h"

#include "base/assert.h"
#include "base/document_fields.h"
#include "base/text.h"

namespace stellwerk {

Error document_fault(std::string_view what, std::string_view why) {
  return make_error(Errc::invalid, std::string(what) + ": " + std::string(why));
}

Result<std::string_view> open_text(std::string_view bytes, std::string_view what, const DocLimits& limits) {
  const std::string name(what);
  if (bytes.size() > limits.bytes)
    return make_error(Errc::too_large, name + ": the document has " + std::to_string(bytes.size()) +
                                           " bytes, accepted are at most " + std::to_string(limits.bytes));
  if (bytes.starts_with("\xef\xbb\xbf")) bytes.remove_prefix(3);
  if (const auto bad = find_bad_utf8(bytes))
    return make_error(Errc::invalid, name + ": the document is not UTF-8" + to_string(place_of(bytes, *bad)));
  return bytes;
}

bool DocBuilder::wants_key() const noexcept {
  return !frames_.empty() && !frames_.back().has_key && frames_.back().container.get_if<DocValue::Object>() != nullptr;
}

std::string DocBuilder::next_path() const {
  std::string path;
  for (const Frame& frame : frames_) {
    if (const auto* items = frame.container.get_if<DocValue::Array>()) {
      path = item_path(path, items->size());
    } else if (frame.has_key) {
      path = member_path(path, frame.key);
    }
  }
  return path;
}

bool DocBuilder::refuse(std::string why, DocPlace place) {
  if (!failed()) fault_ = place_name(next_path()) + to_string(place) + " " + std::move(why);
  return false;
}

bool DocBuilder::count_value(DocPlace place) {
  if (failed()) return false;
  if (++values_ <= limits_.values) return true;
  return refuse("is one value too many, accepted are at most " + std::to_string(limits_.values), place);
}

bool DocBuilder::begin(DocValue::Data container, DocPlace place) {
  if (!count_value(place)) return false;
  if (frames_.size() >= limits_.depth)
    return refuse("is nested too deep, accepted are at most " + std::to_string(limits_.depth) + " levels", place);
  Frame frame;
  frame.container = DocValue(std::move(container), place);
  frames_.push_back(std::move(frame));
  return true;
}

bool DocBuilder::end() {
  if (failed()) return false;
  STELLWERK_ASSERT(!frames_.empty(), "a parser ended what it had not begun");
  DocValue done = std::move(frames_.back().container);
  frames_.pop_back();
  add(std::move(done));
  return true;
}

bool DocBuilder::key(std::string key, DocPlace place) {
  if (failed()) return false;
  STELLWERK_ASSERT(wants_key(), "a parser gave a key where none is due");
  Frame& frame = frames_.back();
  const bool fresh = frame.keys.insert(key).second;
  const bool has_nul = key.find('\0') != std::string::npos;
  frame.key = std::move(key);
  frame.key_place = place;
  frame.has_key = true;
  if (!fresh) return refuse("is given twice", place);
  if (has_nul) return refuse("has a NUL character in its name, which is not accepted", place);
  return true;
}

bool DocBuilder::scalar(DocValue value) {
  if (!count_value(value.place)) return false;
  const auto* text = value.get_if<std::string>();
  if (text != nullptr && text->find('\0') != std::string::npos)
    return refuse("has a NUL character, which is not accepted", value.place);
  add(std::move(value));
  return true;
}

void DocBuilder::add(DocValue value) {
  if (frames_.empty()) {
    root_ = std::move(value);
    return;
  }
  Frame& frame = frames_.back();
  if (auto* items = std::get_if<DocValue::Array>(&frame.container.data)) {
    items->push_back(std::move(value));
    return;
  }
  STELLWERK_ASSERT(frame.has_key, "a parser gave a member without a key");
  auto& members = std::get<DocValue::Object>(frame.container.data);
  members.push_back({std::move(frame.key), frame.key_place, std::move(value)});
  frame.has_key = false;
}

}  // namespace stellwerk
