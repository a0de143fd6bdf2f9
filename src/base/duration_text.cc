#include "base/duration_text.h"

#include <array>
#include <charconv>
#include <limits>
#include <string>

#include "base/text.h"

namespace stellwerk {
namespace {

struct Unit {
  std::int64_t ms;
  std::array<std::string_view, 5> names;
};

constexpr std::array<Unit, 5> kUnits = {{
    {1, {"ms", "milli", "millis", "millisecond", "milliseconds"}},
    {1000, {"s", "sec", "secs", "second", "seconds"}},
    {60 * 1000, {"min", "m", "minute", "minutes"}},
    {60 * 60 * 1000, {"h", "hour", "hours"}},
    {24 * 60 * 60 * 1000, {"d", "day", "days"}},
}};

std::string_view trimmed(std::string_view text) noexcept {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

/// 0 for an unknown unit.
std::int64_t ms_of_unit(std::string_view unit) {
  std::string lower(unit);
  for (char& c : lower)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  if (lower.empty()) return 1;
  for (const Unit& known : kUnits)
    for (const std::string_view name : known.names)
      if (lower == name) return known.ms;
  return 0;
}

}  // namespace

Result<std::int64_t> parse_duration_ms(std::string_view text) {
  const std::string_view trim = trimmed(text);
  std::uint64_t count = 0;
  const auto [end, code] = std::from_chars(trim.data(), trim.data() + trim.size(), count);
  if (code == std::errc{}) {
    const auto digits = static_cast<std::size_t>(end - trim.data());
    const std::int64_t unit = ms_of_unit(trimmed(trim.substr(digits)));
    constexpr auto kMost = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
    if (unit != 0 && count <= kMost / static_cast<std::uint64_t>(unit)) return static_cast<std::int64_t>(count) * unit;
  }
  return make_error(Errc::invalid, shown(text) + " is not " + std::string(kDurationAccepted));
}

}  // namespace stellwerk
