/// Reads the fields of a document and collects everything that is wrong with it, so that its author
/// learns it all at once: each fault names path, place, value and what is accepted.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/document.h"

namespace stellwerk {

/// Faults of one document, in the order in which they were found. Keeps the first kKeptMax and
/// counts the others.
class DocFaults {
 public:
  static constexpr std::size_t kKeptMax = 20;

  /// One clause without full stop, such as `name is 5, must be a string`.
  void add(std::string fault);

  bool empty() const noexcept { return count_ == 0; }
  std::size_t count() const noexcept { return count_; }
  /// True if a further fault is only counted: its text need not be made.
  bool full() const noexcept { return kept_.size() >= kKeptMax; }
  /// All of them in one sentence that begins with `what`. Only if there are any. Code: invalid.
  Error error(std::string_view what) const;

 private:
  std::vector<std::string> kept_;
  std::size_t count_ = 0;
};

/// "a.b", `a["not a word"]`, "a[3]". The empty path is the document itself.
std::string member_path(std::string_view path, std::string_view key);
std::string item_path(std::string_view path, std::size_t index);
/// The path as a subject of a sentence.
std::string place_name(std::string_view path);

/// A value and its path: what the reading functions pass on. Refers to the document.
struct DocNode {
  const DocValue* value;
  std::string path;

  DocNode item(std::size_t index) const;
  DocNode member(const DocMember& member) const;
};

/// Adds `<path> is <value> (line ...), must be <accepted>`.
void refuse(const DocNode& node, std::string_view accepted, DocFaults& faults);

/// Each returns the value, or adds a fault and returns none (null).
const std::string* read_string(const DocNode& node, std::string_view accepted, DocFaults& faults);
std::optional<bool> read_bool(const DocNode& node, DocFaults& faults);
std::optional<std::int64_t> read_whole(const DocNode& node, std::int64_t least, std::int64_t most, DocFaults& faults);
std::optional<double> read_number(const DocNode& node, double least, double most, DocFaults& faults);
/// A duration in ms from "10 s" or a whole number of ms (base/duration_text.h), within limits in ms.
std::optional<std::int64_t> read_duration_ms(const DocNode& node, std::int64_t least_ms, std::int64_t most_ms,
                                             DocFaults& faults);
const DocValue::Array* read_list(const DocNode& node, std::size_t least, std::size_t most, std::string_view of,
                                 DocFaults& faults);
const DocValue::Object* read_object(const DocNode& node, DocFaults& faults);

/// The members of one object. Construction adds a fault for a value that is no object and for each
/// member whose name is not in `known` (with the nearest known one).
class DocFields {
 public:
  DocFields(DocNode node, std::span<const std::string_view> known, DocFaults& faults);

  /// The member, or none.
  std::optional<DocNode> find(std::string_view name) const;
  /// The member; if it is missing adds a fault that says what it must be.
  std::optional<DocNode> require(std::string_view name, std::string_view accepted) const;
  /// False if the value is no object: the fault is noted, nothing can be found.
  bool is_object() const noexcept { return members_ != nullptr; }

 private:
  DocNode node_;
  const DocValue::Object* members_;
  DocFaults& faults_;
};

}  // namespace stellwerk
