/// Puts a document together from a parser's events and keeps its rules: no key twice, bounded depth
/// and number of values, no NUL. For base/json_reader.cc and base/yaml_reader.cc.
#pragma once

#include <string>
#include <unordered_set>
#include <vector>

#include "base/document.h"

namespace stellwerk {

/// What every reader does first: checks size and UTF-8 and takes a byte order mark off.
/// Errors: too_large, invalid; the text begins with `what`.
Result<std::string_view> open_text(std::string_view bytes, std::string_view what, const DocLimits& limits);
/// What a reader refuses: `what` names the document, `why` tells what is wrong with it.
Error document_fault(std::string_view what, std::string_view why);

/// Every call returns false once something is wrong; fault() then says what, and later calls change
/// nothing. Events must nest properly: that is the parser's promise.
class DocBuilder {
 public:
  explicit DocBuilder(const DocLimits& limits) : limits_(limits) {}

  bool begin_array(DocPlace place) { return begin(DocValue::Array{}, place); }
  bool begin_object(DocPlace place) { return begin(DocValue::Object{}, place); }
  bool end();
  bool key(std::string key, DocPlace place);
  bool scalar(DocValue value);
  /// Refuses the value that is about to come, for a reason that the parser found: "<path> is <why>".
  bool refuse(std::string why, DocPlace place);

  /// True where an object's next key is due.
  bool wants_key() const noexcept;
  bool failed() const noexcept { return !fault_.empty(); }
  const std::string& fault() const noexcept { return fault_; }
  /// The whole document: null before the first value. Once.
  DocValue take() { return std::move(root_); }

 private:
  struct Frame {
    DocValue container;
    std::string key;  ///< of the member that comes next
    DocPlace key_place;
    bool has_key = false;
    std::unordered_set<std::string> keys;
  };

  bool begin(DocValue::Data container, DocPlace place);
  bool count_value(DocPlace place);
  void add(DocValue value);
  std::string next_path() const;

  DocLimits limits_;
  std::size_t values_ = 0;
  std::vector<Frame> frames_;
  DocValue root_;
  std::string fault_;
};

}  // namespace stellwerk
