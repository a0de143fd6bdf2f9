/// One change of one key: what commits are made of.
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace stellwerk::model {

/// Longest key, in bytes.
inline constexpr std::size_t kKeyBytesMax = 200;
/// Largest value, in bytes.
inline constexpr std::size_t kRecordBytesMax = std::size_t{4} << 20;

/// Values are compact JSON texts, shared because state, views and files all hold them.
struct Record {
  std::string key;
  std::shared_ptr<const std::string> value;  ///< null = the key is deleted

  static Record put(std::string key, std::string value) {
    return {std::move(key), std::make_shared<const std::string>(std::move(value))};
  }
  static Record erase(std::string key) { return {std::move(key), nullptr}; }

  std::size_t bytes() const { return key.size() + (value ? value->size() : 0); }
  friend bool operator==(const Record& a, const Record& b) {
    return a.key == b.key && (a.value == nullptr) == (b.value == nullptr) && (!a.value || *a.value == *b.value);
  }
};

/// Keys are paths of `[a-z0-9._-]` parts; anything else in a file is damage.
bool is_valid_key(std::string_view key) noexcept;

/// The job that a key belongs to (`jobs/<id>/...`, `history/<id>`, ...), or nothing.
std::string_view job_of(std::string_view key) noexcept;

}  // namespace stellwerk::model
