#include "config/text.h"

#include <algorithm>
#include <array>
#include <cstdio>

#include "base/text.h"

namespace stellwerk::config {
namespace {

constexpr std::string_view kBom = "\xEF\xBB\xBF";
constexpr std::string_view kBlanks = " \t\r\n\v\f";

struct LookAlike {
  char32_t point;
  const char* name;
};

constexpr std::array kLookAlikes = std::to_array<LookAlike>({
    {0xFF1A, "the full-width colon"},
    {0xFF0C, "the full-width comma"},
    {0xFF1B, "the full-width semicolon"},
    {0xFF0F, "the full-width slash"},
    {0xFF0E, "the full-width full stop"},
    {0x3002, "the Chinese full stop"},
    {0x3001, "the Chinese comma"},
    {0xFF1D, "the full-width equals"},
    {0x201C, "a curly quote"},
    {0x201D, "a curly quote"},
    {0x2018, "a curly quote"},
    {0x2019, "a curly quote"},
    {0x2010, "a typographic hyphen"},
    {0x2011, "a typographic hyphen"},
    {0x2013, "a long dash"},
    {0x2014, "a long dash"},
    {0x2212, "a minus sign"},
    {0xFF0D, "the full-width hyphen"},
    {0x00A0, "a no-break space"},
    {0x3000, "the full-width space"},
    {0x200B, "an invisible space"},
    {0xFEFF, "a byte order mark"},
    {0xFF08, "a full-width parenthesis"},
    {0xFF09, "a full-width parenthesis"},
    {0xFF3F, "the full-width underscore"},
});

const char* look_alike_name(char32_t point) noexcept {
  for (const LookAlike& known : kLookAlikes)
    if (known.point == point) return known.name;
  if (point >= 0xFF10 && point <= 0xFF19) return "a full-width digit";
  if (point >= 0xFF21 && point <= 0xFF5A) return "a full-width letter";
  return nullptr;
}

}  // namespace

std::string_view trimmed(std::string_view text) noexcept {
  const std::size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

std::string lower_case(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> pieces;
  for (std::size_t from = 0;;) {
    const std::size_t to = text.find(separator, from);
    pieces.push_back(trimmed(text.substr(from, to == std::string_view::npos ? to : to - from)));
    if (to == std::string_view::npos) return pieces;
    from = to + 1;
  }
}

std::vector<std::string> split_quoted(std::string_view text, char separator) {
  std::vector<std::string> pieces;
  std::string piece;
  char quote = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quote != 0) {
      if (c != quote) {
        piece += c;
      } else if (i + 1 < text.size() && text[i + 1] == quote) {
        piece += c;
        ++i;
      } else {
        quote = 0;
      }
    } else if (c == '\'' || c == '"') {
      quote = c;
    } else if (c == separator) {
      pieces.emplace_back(trimmed(piece));
      piece.clear();
    } else {
      piece += c;
    }
  }
  pieces.emplace_back(trimmed(piece));
  return pieces;
}

std::string_view without_bom(std::string_view text) noexcept {
  return text.starts_with(kBom) ? text.substr(kBom.size()) : text;
}

std::optional<std::string> text_fault(std::string_view text) {
  if (text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF"))
    return "is UTF-16; save it as UTF-8 without a byte order mark";
  std::size_t line = 1;
  for (std::size_t at = 0; at < text.size();) {
    const auto point = next_code_point(text, at);
    const std::string where = ", at line " + std::to_string(line);
    if (!point) return "is not UTF-8" + where + "; save it as UTF-8";
    const bool blank = *point == '\t' || *point == '\n' || *point == '\r';
    if ((*point < 0x20 && !blank) || *point == 0x7F) return "holds a control character" + where;
    if (*point == '\n') ++line;
  }
  return std::nullopt;
}

std::string look_alike(std::string_view text) {
  for (const char32_t point : decode_utf8(text)) {
    if (const char* name = look_alike_name(point)) {
      char code[16];
      std::snprintf(code, sizeof code, " (U+%04X)", static_cast<unsigned>(point));
      return name + std::string(code);
    }
  }
  return {};
}

std::size_t edit_distance(std::string_view a, std::string_view b, std::size_t limit) {
  const std::size_t gap = a.size() > b.size() ? a.size() - b.size() : b.size() - a.size();
  if (gap >= limit) return limit;
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    std::size_t least = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t swap = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, swap});
      least = std::min(least, row[j]);
    }
    if (least >= limit) return limit;
  }
  return std::min(row[b.size()], limit);
}

std::u32string decode_utf8(std::string_view text) {
  std::u32string points;
  for (std::size_t at = 0; at < text.size();) {
    const auto point = next_code_point(text, at);
    points += point.value_or(U'\uFFFD');
    if (!point) ++at;
  }
  return points;
}

}  // namespace stellwerk::config
