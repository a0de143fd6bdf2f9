#include "page/page.h"

#include <cstdint>

#include "base/sha256.h"

namespace stellwerk::page {
namespace {

std::string base64(std::string_view bytes) {
  constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    std::uint32_t group = 0;
    for (std::size_t i = 0; i < 3; ++i)
      group = group << 8 | (at + i < bytes.size() ? static_cast<unsigned char>(bytes[at + i]) : 0U);
    for (std::size_t i = 0; i < 4; ++i) out += at + i <= bytes.size() ? kDigits[group >> (18 - 6 * i) & 63U] : '=';
  }
  return out;
}

std::string from_hex(std::string_view digits) {
  const auto value = [](char digit) { return digit <= '9' ? digit - '0' : digit - 'a' + 10; };
  std::string out;
  for (std::size_t at = 0; at + 1 < digits.size(); at += 2)
    out += static_cast<char>(value(digits[at]) << 4 | value(digits[at + 1]));
  return out;
}

/// "'sha256-...'" of what stands between the tags.
std::string digest_of(std::string_view page, std::string_view open, std::string_view close) {
  const std::size_t from = page.find(open);
  const std::size_t to = page.find(close, from);
  if (from == std::string_view::npos || to == std::string_view::npos) return "'none'";
  return "'sha256-" + base64(from_hex(sha256_hex(page.substr(from + open.size(), to - from - open.size())))) + "'";
}

}  // namespace

std::string content_security_policy(std::string_view page) {
  return "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; connect-src 'self'; "
         "img-src data:; require-trusted-types-for 'script'; trusted-types 'none'; style-src " +
         digest_of(page, "<style>", "</style>") + "; script-src " + digest_of(page, "<script>", "</script>");
}

}  // namespace stellwerk::page
