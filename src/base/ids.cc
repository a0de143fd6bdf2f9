#include "base/ids.h"

namespace stellwerk {
namespace {

constexpr char kHex[] = "0123456789abcdef";
constexpr std::size_t kJobIdDigits = 32;
constexpr std::size_t kTimeDigits = 12;

void append_hex(std::string& out, std::uint64_t value, int digits) {
  for (int i = digits - 1; i >= 0; --i) out += kHex[(value >> (4 * i)) & 0xf];
}

bool is_hex(char c) noexcept {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

}  // namespace

std::string make_uuid(RandomBits bits) {
  const std::uint64_t high = (bits[0] & ~0xf000ULL) | 0x4000ULL;
  const std::uint64_t low = (bits[1] & ~(3ULL << 62)) | (2ULL << 62);
  std::string out;
  out.reserve(36);
  append_hex(out, high >> 32, 8);
  out += '-';
  append_hex(out, (high >> 16) & 0xffff, 4);
  out += '-';
  append_hex(out, high & 0xffff, 4);
  out += '-';
  append_hex(out, low >> 48, 4);
  out += '-';
  append_hex(out, low & 0xffffffffffffULL, 12);
  return out;
}

bool is_uuid(std::string_view text) noexcept {
  if (text.size() != 36) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash ? text[i] != '-' : !is_hex(text[i])) return false;
  }
  return true;
}

JobId JobId::mint(WallMs now, RandomBits bits) {
  std::string text;
  text.reserve(kJobIdDigits);
  append_hex(text, static_cast<std::uint64_t>(now) & 0xffffffffffffULL, kTimeDigits);
  append_hex(text, bits[0], 4);
  append_hex(text, bits[1], 16);
  return JobId(std::move(text));
}

Result<JobId> JobId::parse(std::string_view text) {
  std::string lower(text);
  for (char& c : lower)
    if (c >= 'A' && c <= 'F') c = static_cast<char>(c - 'A' + 'a');
  bool ok = lower.size() == kJobIdDigits;
  for (const char c : lower) ok = ok && is_hex(c);
  if (ok) return JobId(std::move(lower));
  std::string shown(text.substr(0, 64));
  for (char& c : shown)
    if (c < 0x20 || c > 0x7e) c = '?';
  return make_error(Errc::invalid, "Cannot parse JobID from \"" + shown +
                                       "\". The expected format is [0-9a-fA-F]{32}, e.g. "
                                       "fd72014d4c864993a2e5a9287b4a9c5d");
}

WallMs JobId::minted_ms() const noexcept {
  WallMs value = 0;
  for (std::size_t i = 0; i < kTimeDigits && i < text_.size(); ++i) {
    const char c = text_[i];
    value = value * 16 + (c <= '9' ? c - '0' : c - 'a' + 10);
  }
  return value;
}

}  // namespace stellwerk
