/// The members of one message, read with their limits. Internal to this folder.
#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "model/artifact.h"
#include "model/attempt.h"

namespace stellwerk::link {

class MessageFields {
 public:
  static constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();

  MessageFields(const json::value& value, std::string what) : fields_(value, std::move(what)) {}

  std::int64_t integer(std::string_view name, std::int64_t least, std::int64_t most);
  std::string text(std::string_view name, std::size_t least, std::size_t most);
  /// Empty if absent.
  std::string optional_text(std::string_view name, std::size_t most);
  bool has(std::string_view name) const { return fields_.has(name); }
  bool flag(std::string_view name);
  model::AttemptId attempt(std::string_view name);
  std::vector<model::AttemptId> attempts(std::string_view name);
  /// Each of 1 to `bytes_max` bytes.
  std::vector<std::string> texts(std::string_view name, std::size_t number_max, std::size_t bytes_max);
  std::map<std::string, std::string> text_map(std::string_view name, std::size_t number_max, std::size_t bytes_max);
  std::map<std::string, std::int64_t> ports(std::string_view name);
  /// None below zero. Empty if absent.
  std::map<std::string, std::int64_t> numbers(std::string_view name, std::size_t number_max);
  /// None if absent.
  std::optional<model::ArtifactRef> artifact(std::string_view name);
  const json::array& array(std::string_view name, std::size_t number_max);

  void fail(std::string_view name, const std::string& expected) { fields_.fail(name, expected); }
  bool ok() const { return fields_.ok(); }
  Error error() const { return fields_.error(); }

 private:
  JsonFields fields_;
};

}  // namespace stellwerk::link
