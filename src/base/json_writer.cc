#include "base/json_writer.h"

#include <algorithm>

#include "base/text.h"

namespace stellwerk {
namespace {

bool is_plain(char c) noexcept {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= 0x20 && byte < 0x7f && c != '"' && c != '\\';
}

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
  constexpr std::string_view kHex = "0123456789abcdef";
  out += '"';
  if (std::all_of(text.begin(), text.end(), is_plain)) {
    out += text;
    out += '"';
    return;
  }
  const bool utf8 = !find_bad_utf8(text).has_value();
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (byte < 0x20 || byte == 0x7f) {
      out += "\\u00";
      out += kHex[byte >> 4];
      out += kHex[byte & 0xf];
    } else {
      out += byte >= 0x80 && !utf8 ? '?' : c;
    }
  }
  out += '"';
}

}  // namespace stellwerk
