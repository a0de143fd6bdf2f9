/// A document that somebody else wrote, JSON or YAML, as a tree that knows where each value stood.
///
/// base/json_reader.h and base/yaml_reader.h make it, base/document_fields.h reads it and collects
/// what is wrong. Both formats yield the same kinds: what JSON can say, nothing more.
#pragma once

#include <stellwerk/result.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace stellwerk {

/// A place in a text, counted from 1, columns in bytes; 0 = not known (values of a JSON document are
/// named by their path alone).
struct DocPlace {
  std::uint32_t line = 0;
  std::uint32_t column = 0;

  friend bool operator==(const DocPlace&, const DocPlace&) = default;
};

/// The place of the byte at `offset`.
DocPlace place_of(std::string_view text, std::size_t offset) noexcept;

/// " (line 3, column 7)", or nothing for an unknown place.
std::string to_string(DocPlace place);

struct DocMember;

/// Strings are UTF-8 without NUL; numbers are int64 or a finite double; no object has a key twice;
/// depth is bounded by the reader's limit, so recursion over a value is safe.
class DocValue {
 public:
  using Array = std::vector<DocValue>;
  using Object = std::vector<DocMember>;  ///< in the order of the document
  using Data = std::variant<std::monostate, bool, std::int64_t, double, std::string, Array, Object>;

  DocValue() = default;
  explicit DocValue(Data value, DocPlace where = {});

  template <class T>
  const T* get_if() const noexcept {
    return std::get_if<T>(&data);
  }
  bool is_null() const noexcept { return std::holds_alternative<std::monostate>(data); }

  Data data;
  DocPlace place;
};

struct DocMember {
  std::string key;
  DocPlace key_place;
  DocValue value;
};

// Here, because it destroys members: their type must be complete.
inline DocValue::DocValue(Data value, DocPlace where) : data(std::move(value)), place(where) {}

/// The member of an object, or null if it has none of that name or `value` is no object.
const DocValue* find_member(const DocValue& value, std::string_view key) noexcept;

/// The value for one line of a message: scalars as written (strings as shown() does), "a list of 3",
/// "an object of 2".
std::string describe(const DocValue& value);

/// The shortest decimal text that reads as `value`: "0.1", "1e+30".
std::string short_number(double value);

/// Compact JSON with object keys in byte order (base/json.h). A number with no fraction is written
/// without one, so that 2 and 2.0 are the same value in the same bytes.
std::string canonical_json(const DocValue& value);

/// What a reader takes. Over `bytes`: Errc::too_large; over the others: Errc::invalid.
struct DocLimits {
  std::size_t bytes = 1024 * 1024;
  std::size_t depth = 32;        ///< arrays and objects within each other
  std::size_t values = 100'000;  ///< of all kinds, together
};

enum class DocKind { json, yaml };

/// What a request's body is: by its `Content-Type` if that names JSON or YAML (in any case, with
/// parameters), else JSON if its first byte that is no blank is '{' or '[', else YAML.
DocKind detect_document_kind(std::string_view content_type, std::string_view bytes) noexcept;

/// Reads one whole document. The error names `what` and the place. It is strict: base/json_reader.h,
/// base/yaml_reader.h.
Result<DocValue> read_document(std::string_view bytes, DocKind kind, std::string_view what, const DocLimits& limits);

}  // namespace stellwerk
