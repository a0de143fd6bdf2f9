#include "base/text.h"

#include <algorithm>
#include <array>
#include <numeric>
#include <vector>

namespace stellwerk {
namespace {

/// Longest name for which a slip is looked for, in bytes: the search is quadratic in it.
constexpr std::size_t kSlipBytesMax = 64;

bool is_continuation(char c) noexcept {
  return (static_cast<unsigned char>(c) & 0xc0) == 0x80;
}

void append_hex(std::string& out, char32_t value, int digits) {
  static constexpr char kHex[] = "0123456789abcdef";
  for (int i = digits - 1; i >= 0; --i) out += kHex[(value >> (4 * i)) & 0xf];
}

void append_escaped(std::string& out, char32_t code_point) {
  switch (code_point) {
    case '\n': out += "\\n"; return;
    case '\r': out += "\\r"; return;
    case '\t': out += "\\t"; return;
    default: break;
  }
  if (code_point <= 0xffff) {
    out += "\\u";
    append_hex(out, code_point, 4);
  } else {
    out += "\\U";
    append_hex(out, code_point, 8);
  }
}

std::string folded(std::string_view name) {
  std::string out;
  for (const char c : name) {
    if (c == '-' || c == '_' || c == '.') continue;
    out += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return out;
}

/// Insertions, deletions, replacements and swaps of neighbours that lead from `a` to `b`.
std::size_t edits_between(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before_last(b.size() + 1);
  std::vector<std::size_t> last(b.size() + 1);
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(last.begin(), last.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, replaced});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        row[j] = std::min(row[j], before_last[j - 2] + 1);
    }
    std::swap(before_last, last);
    std::swap(last, row);
  }
  return last[b.size()];
}

}  // namespace

std::optional<char32_t> next_code_point(std::string_view text, std::size_t& at) noexcept {
  if (at >= text.size()) return std::nullopt;
  const auto first = static_cast<unsigned char>(text[at]);
  if (first < 0x80) {
    ++at;
    return first;
  }
  const std::size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || text.size() - at < length) return std::nullopt;
  char32_t value = first & (0xffU >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) {
    if (!is_continuation(text[at + i])) return std::nullopt;
    value = (value << 6) | (static_cast<unsigned char>(text[at + i]) & 0x3f);
  }
  static constexpr std::array<char32_t, 5> kLeast = {0, 0, 0x80, 0x800, 0x10000};
  if (value < kLeast[length] || value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff)) return std::nullopt;
  at += length;
  return value;
}

std::optional<std::size_t> find_bad_utf8(std::string_view text) noexcept {
  std::size_t at = 0;
  while (at < text.size())
    if (!next_code_point(text, at)) return at;
  return std::nullopt;
}

bool is_printable(char32_t c) noexcept {
  if (c < 0x20 || (c >= 0x7f && c <= 0x9f)) return false;
  if (c == 0x061c || c == 0x200b || c == 0x200e || c == 0x200f) return false;
  if (c >= 0x2028 && c <= 0x202e) return false;
  if (c >= 0x2060 && c <= 0x206f) return false;
  if (c == 0xfeff || (c >= 0xfff0 && c <= 0xfffb) || (c >= 0xfdd0 && c <= 0xfdef)) return false;
  return (c & 0xfffe) != 0xfffe && c <= 0x10ffff;
}

bool is_printable_text(std::string_view text) noexcept {
  std::size_t at = 0;
  while (at < text.size()) {
    const auto code_point = next_code_point(text, at);
    if (!code_point || !is_printable(*code_point)) return false;
  }
  return true;
}

std::string escaped(std::string_view text, std::size_t bytes_max) {
  std::string out;
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t begin = at;
    const auto code_point = next_code_point(text, at);
    if (!code_point) ++at;
    if (at > bytes_max) {
      out += "...";
      break;
    }
    const std::string_view bytes = text.substr(begin, at - begin);
    if (!code_point) {
      out += "\\x";
      append_hex(out, static_cast<unsigned char>(bytes[0]), 2);
    } else if (!is_printable(*code_point)) {
      append_escaped(out, *code_point);
    } else {
      if (bytes == "\"" || bytes == "\\") out += '\\';
      out += bytes;
    }
  }
  return out;
}

std::string shown(std::string_view text, std::size_t bytes_max) {
  return '"' + escaped(text, bytes_max) + '"';
}

std::optional<std::string_view> nearest_name(std::string_view name, std::span<const std::string_view> known) {
  if (name.size() > kSlipBytesMax) return std::nullopt;
  const std::string wanted = folded(name);
  std::optional<std::string_view> best;
  std::size_t best_edits = std::max<std::size_t>(1, wanted.size() / 3) + 1;
  for (const std::string_view candidate : known) {
    const std::size_t edits = edits_between(wanted, folded(candidate));
    if (edits < best_edits && edits < candidate.size()) {
      best = candidate;
      best_edits = edits;
    }
  }
  return best;
}

}  // namespace stellwerk
