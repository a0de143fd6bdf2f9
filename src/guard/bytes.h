/// How messages to a guard look: a version, a kind, then numbers of eight bytes and texts. Internal to this folder.
#pragma once

#include <stellwerk/result.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "guard/message.h"

namespace stellwerk::guard {

inline constexpr char kVersion = 1;

class Writer {
 public:
  explicit Writer(char kind) : out_{kVersion, kind} {}

  void number(std::uint64_t value) {
    for (int shift = 0; shift < 64; shift += 8) out_ += static_cast<char>(value >> shift & 0xff);
  }
  void text(std::string_view value) {
    number(value.size());
    out_ += value;
  }
  void bytes(std::string_view value) { out_ += value; }
  std::string take() { return std::move(out_); }

 private:
  std::string out_;
};

/// Reads past the end give nothing and are remembered.
class Reader {
 public:
  explicit Reader(std::string_view in) : in_(in) {}

  std::string_view bytes(std::size_t size) {
    if (size > in_.size()) ok_ = false;
    if (!ok_) return {};
    const std::string_view out = in_.substr(0, size);
    in_.remove_prefix(size);
    return out;
  }
  std::uint64_t number(std::uint64_t max) {
    std::uint64_t value = 0;
    int shift = 0;
    for (const char byte : bytes(8)) {
      value |= static_cast<std::uint64_t>(static_cast<unsigned char>(byte)) << shift;
      shift += 8;
    }
    if (value > max) ok_ = false;
    return ok_ ? value : 0;
  }
  std::string text() { return std::string(bytes(number(kTextMax))); }
  bool done() const { return ok_ && in_.empty(); }

 private:
  std::string_view in_;
  bool ok_ = true;
};

inline Error damaged(const char* why) {
  return make_error(Errc::damaged, std::string("a message to the guard is no message: ") + why);
}

/// What is wrong before the kind is looked at.
inline std::optional<const char*> fault_of(std::string_view bytes) {
  if (bytes.size() < 2 || bytes.size() > kMessageBytesMax) return "its size";
  if (bytes[0] != kVersion) return "its version: the guard's program was replaced; restart what it guards";
  return std::nullopt;
}

}  // namespace stellwerk::guard
