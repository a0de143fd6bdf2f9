#include "http/ports.h"

#include <string>

#include "http/syntax.h"

namespace stellwerk::http {
namespace {

constexpr std::uint64_t kPortMax = 65535;

std::optional<std::uint16_t> parse_port(std::string_view text) noexcept {
  const auto value = parse_decimal(trim(text));
  if (!value || *value > kPortMax) return std::nullopt;
  return static_cast<std::uint16_t>(*value);
}

std::optional<PortRange> parse_range(std::string_view text) noexcept {
  const std::size_t dash = text.find('-');
  const auto first = parse_port(text.substr(0, dash));
  if (dash == std::string_view::npos) return first ? std::optional(PortRange{*first, *first}) : std::nullopt;
  const auto last = parse_port(text.substr(dash + 1));
  if (!first || !last || *first == 0 || *first > *last) return std::nullopt;
  return PortRange{*first, *last};
}

}  // namespace

Result<std::vector<PortRange>> parse_ports(std::string_view text, std::string_view what) {
  std::vector<PortRange> ranges;
  bool ok = true;
  std::string_view rest = text;
  while (const auto element = next_element(rest)) {
    const auto range = parse_range(*element);
    ok = ok && range.has_value();
    if (range) ranges.push_back(*range);
  }
  if (ok && !ranges.empty()) return ranges;
  return make_error(Errc::invalid, std::string(what) + ": \"" + std::string(text) +
                                       "\" must be a port (0 to 65535), a range such as 50100-50200, or a list of "
                                       "both separated by commas");
}

}  // namespace stellwerk::http
