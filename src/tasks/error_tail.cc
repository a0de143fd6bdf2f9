#include "tasks/error_tail.h"

#include <algorithm>

#include "base/text.h"

namespace stellwerk::tasks {
namespace {

std::string without_bad_utf8(std::string_view text) {
  std::string good;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t begin = at;
    if (next_code_point(text, at)) {
      good += text.substr(begin, at - begin);
    } else {
      good += "\uFFFD";
      ++at;
    }
  }
  return good;
}

bool is_inside_character(char byte) {
  return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80U;
}

}  // namespace

void ErrorTail::add(std::string_view bytes) {
  const std::size_t last = bytes.find_last_not_of('\n');
  const std::size_t length = last == std::string_view::npos ? 0 : last + 1;
  if (length > 0) {
    keep(std::string(std::min(line_ends_, bytes_max_ + 1), '\n'));
    keep(bytes.substr(0, length));
    line_ends_ = 0;
  }
  line_ends_ += bytes.size() - length;
}

void ErrorTail::keep(std::string_view bytes) {
  const std::size_t enough = bytes_max_ + 1;  // with the byte before: does a line begin there?
  if (bytes.size() >= enough) {
    cut_ = cut_ || !kept_.empty() || bytes.size() > enough;
    kept_ = bytes.substr(bytes.size() - enough);
    return;
  }
  kept_ += bytes;
  if (kept_.size() <= 2 * enough) return;
  kept_.erase(0, kept_.size() - enough);
  cut_ = true;
}

std::string ErrorTail::text() const {
  const std::string good = without_bad_utf8(kept_);
  if (good.size() <= bytes_max_ && !cut_) return good;
  const std::size_t begin = good.size() > bytes_max_ ? good.size() - bytes_max_ : 1;
  const std::size_t line_end = good.find('\n', begin - 1);
  if (line_end != std::string::npos) return good.substr(line_end + 1);
  std::size_t at = std::min(begin, good.size());
  while (at < good.size() && is_inside_character(good[at])) ++at;
  return good.substr(at);
}

}  // namespace stellwerk::tasks
