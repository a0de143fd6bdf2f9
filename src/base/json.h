/// Helpers for JSON that we wrote ourselves: heads, records, status pages. Input of users goes through
/// base/json_reader.h, which knows the path of every value and refuses duplicate keys.
#pragma once

#include <stellwerk/result.h>

#include <boost/json.hpp>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

namespace stellwerk {

namespace json = boost::json;

/// Parses one whole JSON text. Errors: damaged, naming `what` and the place.
Result<json::value> parse_json(std::string_view text, std::string_view what);

/// Compact JSON with object keys in byte order at every level: equal values give equal bytes.
std::string canonical_json(const json::value& value);

/// Reads the members of one object, remembers the first thing that is wrong, and is asked once at
/// the end: `JsonFields f(v, "head"); head.epoch = f.integer("epoch"); if (auto e = f.error()) ...`.
class JsonFields {
 public:
  /// The value must outlive this.
  JsonFields(const json::value& value, std::string what);
  JsonFields(const json::object& object, std::string what) : object_(&object), what_(std::move(what)) {}
  JsonFields(json::value&&, std::string) = delete;
  JsonFields(json::object&&, std::string) = delete;

  bool has(std::string_view name) const;
  std::int64_t integer(std::string_view name);
  std::int64_t integer_or(std::string_view name, std::int64_t fallback);
  std::string string(std::string_view name);
  std::string string_or(std::string_view name, std::string fallback);
  bool boolean_or(std::string_view name, bool fallback);
  /// An empty array or object if absent or of another type (which is then the error).
  const json::array& array(std::string_view name);
  const json::object& object(std::string_view name);
  /// Null if absent.
  const json::value* find(std::string_view name) const;

  /// For what is read, changed and written again: a member beside these is a later version's, and would be lost. Asked
  /// before all others, it is what error() tells.
  void only(std::initializer_list<std::string_view> names);
  /// What only() found in a part of this object.
  void only_in(const JsonFields& part);

  /// The first fault, or none. Code: damaged; not_supported for what only() found.
  bool ok() const { return fault_.empty(); }
  Error error() const { return make_error(newer_ ? Errc::not_supported : Errc::damaged, fault_); }
  void fail(std::string_view name, std::string_view expected);

 private:
  const json::object* object_;
  std::string what_;
  std::string fault_;
  bool newer_ = false;
};

}  // namespace stellwerk
