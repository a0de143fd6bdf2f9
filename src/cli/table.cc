#include "cli/table.h"

#include <algorithm>
#include <array>
#include <cstdio>

namespace stellwerk::cli {
namespace {

constexpr std::size_t kRuleWidth = 62;

std::string_view escape_of(Colour colour) {
  switch (colour) {
    case Colour::none: return "";
    case Colour::bold: return "\x1b[1m";
    case Colour::green: return "\x1b[32m";
    case Colour::yellow: return "\x1b[33m";
    case Colour::red: return "\x1b[31m";
  }
  return "";
}

/// Columns that a text takes: code points, which is right for all but wide scripts.
std::size_t width_of(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

std::string_view text_of(const Cell& cell) {
  return cell.text.empty() ? std::string_view("-") : std::string_view(cell.text);
}

std::string format_time(const std::tm& time, const char* format) {
  std::array<char, 64> buffer{};
  const std::size_t length = std::strftime(buffer.data(), buffer.size(), format, &time);
  return {buffer.data(), length};
}

}  // namespace

std::string render_table(const std::vector<std::vector<Cell>>& rows, bool colour) {
  std::vector<std::size_t> widths;
  for (const auto& row : rows) {
    if (widths.size() < row.size()) widths.resize(row.size(), 0);
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width_of(text_of(row[i])));
  }
  std::string out;
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      const std::string_view text = text_of(row[i]);
      const bool painted = colour && row[i].colour != Colour::none;
      if (painted) out += escape_of(row[i].colour);
      out += text;
      if (painted) out += "\x1b[0m";
      if (i + 1 < row.size()) out.append(widths[i] - width_of(text) + 2, ' ');
    }
    out += '\n';
  }
  return out;
}

std::string fit(std::string_view text, std::size_t columns) {
  constexpr std::string_view kMore = "...";
  if (width_of(text) <= columns) return std::string(text);
  const std::size_t kept = columns - std::min(columns, kMore.size());
  std::size_t end = 0;
  for (std::size_t width = 0; end < text.size(); ++end)
    if ((static_cast<unsigned char>(text[end]) & 0xc0) != 0x80 && width++ == kept) break;
  return std::string(text.substr(0, end)) + std::string(kMore.substr(0, columns - kept));
}

std::string flink_time(const std::tm& time) {
  return format_time(time, "%d.%m.%Y %H:%M:%S");
}

std::string iso_time(const std::tm& time) {
  return format_time(time, "%Y-%m-%d %H:%M:%S");
}

std::string short_duration(long long ms) {
  if (ms < 0) ms = 0;
  if (ms < 1000) return std::to_string(ms) + " ms";
  const long long seconds = ms / 1000;
  const std::array<std::pair<long long, const char*>, 4> parts = {
      {{seconds / 86400, "d"}, {seconds / 3600 % 24, "h"}, {seconds / 60 % 60, "min"}, {seconds % 60, "s"}}};
  std::string out;
  for (const auto& [count, unit] : parts)
    if (count > 0) out += (out.empty() ? "" : " ") + std::to_string(count) + ' ' + unit;
  return out;
}

std::string rule(std::string_view title) {
  if (title.empty()) return std::string(kRuleWidth, '-');
  const std::size_t dashes = kRuleWidth - std::min(kRuleWidth, title.size() + 2);
  return std::string(dashes / 2, '-') + ' ' + std::string(title) + ' ' + std::string(dashes - dashes / 2, '-');
}

}  // namespace stellwerk::cli
