#include "api/header_list.h"

#include <algorithm>

#include "http/message.h"

namespace stellwerk::api {

std::optional<std::string_view> next_part(std::string_view& text, char separator) noexcept {
  if (text.empty()) return std::nullopt;
  bool quoted = false;
  std::size_t end = 0;
  for (; end < text.size() && (quoted || text[end] != separator); ++end) {
    if (text[end] == '"') quoted = !quoted;
    if (text[end] == '\\' && quoted) ++end;
  }
  end = std::min(end, text.size());
  const std::string_view part = http::trim(text.substr(0, end));
  text.remove_prefix(std::min(end + 1, text.size()));
  return part;
}

}  // namespace stellwerk::api
