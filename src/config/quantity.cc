#include "config/quantity.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>

#include "base/size_text.h"
#include "base/text.h"
#include "config/text.h"

namespace stellwerk::config {
namespace {

constexpr std::size_t kHostBytesMax = 253;

struct Number {
  std::uint64_t value = 0;
  std::string unit;  ///< lower case
  bool ok = false;
};

/// Digits, then whatever follows. Not ok: no digits, or more than 64 bits.
Number split_number(std::string_view text) {
  text = trimmed(text);
  Number number;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), number.value);
  number.ok = fault == std::errc{} && !text.empty();
  if (number.ok) number.unit = lower_case(trimmed(text.substr(static_cast<std::size_t>(end - text.data()))));
  return number;
}

struct TimeUnit {
  std::string_view label;
  std::uint64_t nanoseconds;
};

constexpr std::uint64_t kMicro = 1000, kMilli = 1000 * kMicro, kSecond = 1000 * kMilli, kMinute = 60 * kSecond,
                        kHour = 60 * kMinute, kDay = 24 * kHour;

constexpr std::array kTimeUnits = std::to_array<TimeUnit>({
    {"d", kDay},
    {"day", kDay},
    {"days", kDay},
    {"h", kHour},
    {"hour", kHour},
    {"hours", kHour},
    {"min", kMinute},
    {"m", kMinute},
    {"minute", kMinute},
    {"minutes", kMinute},
    {"s", kSecond},
    {"sec", kSecond},
    {"secs", kSecond},
    {"second", kSecond},
    {"seconds", kSecond},
    {"ms", kMilli},
    {"milli", kMilli},
    {"millis", kMilli},
    {"millisecond", kMilli},
    {"milliseconds", kMilli},
    {"\xC2\xB5s", kMicro},
    {"us", kMicro},
    {"micro", kMicro},
    {"micros", kMicro},
    {"microsecond", kMicro},
    {"microseconds", kMicro},
    {"ns", 1},
    {"nano", 1},
    {"nanos", 1},
    {"nanosecond", 1},
    {"nanoseconds", 1},
});

Error not_a_duration(BareUnit bare) {
  return make_error(Errc::invalid,
                    std::string("is not a duration; accepted is a number with a unit (ms, s, min, h, d), for example "
                                "10 s or 5 min; a bare number counts ") +
                        (bare == BareUnit::seconds ? "seconds" : "milliseconds"));
}

Error not_ports() {
  return make_error(Errc::invalid,
                    "is not a list of ports; accepted are ports from 0 to 65535 (0 = any free one) and ranges, for "
                    "example 8081 or 50100-50200,50300");
}

std::uint16_t to_port(std::string_view text, bool& ok) {
  const auto value = parse_integer(text);
  ok = ok && value.has_value() && *value >= 0 && *value <= 65535 && text.front() != '+';
  return ok ? static_cast<std::uint16_t>(*value) : 0;
}

bool is_alphanumeric(char c) noexcept {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool is_ipv6(std::string_view host) noexcept {
  // A zone behind '%' is the name of an interface; the system's parser takes any bytes for one.
  for (const char c : host)
    if (!is_alphanumeric(c) && std::string_view(":.%-_").find(c) == std::string_view::npos) return false;
  const std::string address(host.substr(0, host.find('%')));
  in6_addr parsed{};
  return inet_pton(AF_INET6, address.c_str(), &parsed) == 1;
}

Error not_an_address(std::string_view text, std::string_view why) {
  return make_error(Errc::invalid, "holds " + shown(text) + ", which " + std::string(why) +
                                       "; accepted is host:port, for IPv6 [address]:port");
}

}  // namespace

Result<Duration> parse_duration(std::string_view text, BareUnit bare) {
  const Number number = split_number(text);
  if (!number.ok) return not_a_duration(bare);
  std::uint64_t unit = 0;
  if (number.unit.empty()) unit = bare == BareUnit::seconds ? kSecond : kMilli;
  for (const TimeUnit& known : kTimeUnits)
    if (known.label == number.unit) unit = known.nanoseconds;
  if (unit == 0) return not_a_duration(bare);
  const auto most = static_cast<std::uint64_t>(kDurationMax.count());
  if (unit < kMicro) {
    const std::uint64_t micros = number.value / kMicro + (number.value % kMicro != 0 ? 1 : 0);
    return Duration(static_cast<Duration::rep>(std::min(micros, most)));
  }
  const std::uint64_t micros_per_unit = unit / kMicro;
  if (number.value > most / micros_per_unit)
    return make_error(Errc::invalid, "is too long; accepted is at most 36500 d");
  return Duration(static_cast<Duration::rep>(number.value * micros_per_unit));
}

std::string format_duration(Duration duration) {
  struct Step {
    Duration::rep micros;
    const char* label;
  };
  constexpr Step kSteps[] = {{86'400'000'000, " d"}, {3'600'000'000, " h"}, {60'000'000, " min"},
                             {1'000'000, " s"},      {1'000, " ms"},        {1, " us"}};
  if (duration.count() == 0) return "0 ms";
  for (const Step& step : kSteps)
    if (duration.count() % step.micros == 0) return std::to_string(duration.count() / step.micros) + step.label;
  return std::to_string(duration.count()) + " us";
}

Result<std::uint64_t> parse_bytes(std::string_view text) {
  return parse_size(text);
}

Result<bool> parse_bool(std::string_view text) {
  const std::string lower = lower_case(trimmed(text));
  if (lower == "true") return true;
  if (lower == "false") return false;
  return make_error(Errc::invalid, "is not accepted; accepted is true or false");
}

Result<std::int64_t> parse_integer(std::string_view text) {
  text = trimmed(text);
  std::string_view digits = text;
  if (digits.starts_with('+')) digits.remove_prefix(1);
  std::int64_t value = 0;
  const char* end = digits.data() + digits.size();
  const auto [stop, fault] = std::from_chars(digits.data(), end, value);
  const bool doubled_sign = text.starts_with('+') && digits.starts_with('-');
  if (digits.empty() || fault != std::errc{} || stop != end || doubled_sign)
    return make_error(Errc::invalid, "is not accepted; accepted is a whole number");
  return value;
}

Result<double> parse_real(std::string_view text) {
  text = trimmed(text);
  double value = 0;
  const char* end = text.data() + text.size();
  const auto [stop, fault] = std::from_chars(text.data(), end, value);
  if (text.empty() || fault != std::errc{} || stop != end || !std::isfinite(value))
    return make_error(Errc::invalid, "is not accepted; accepted is a number, for example 1.5");
  return value;
}

Result<PortRanges> parse_ports(std::string_view text) {
  PortRanges ranges;
  for (const std::string_view piece : split(text, ',')) {
    const std::size_t dash = piece.find('-');
    const std::string_view first = trimmed(piece.substr(0, dash));
    const std::string_view last = dash == std::string_view::npos ? first : trimmed(piece.substr(dash + 1));
    if (first.empty() || last.empty()) return not_ports();
    bool ok = true;
    PortRange range;
    range.first = to_port(first, ok);
    range.last = to_port(last, ok);
    if (!ok || range.first > range.last) return not_ports();
    if (ranges.size() == kPortRangesMax) return make_error(Errc::invalid, "has too many ranges; accepted are 64");
    ranges.push_back(range);
  }
  return ranges;
}

std::string format_ports(const PortRanges& ports) {
  std::string out;
  for (const PortRange& range : ports) {
    if (!out.empty()) out += ',';
    out += std::to_string(range.first);
    if (range.last != range.first) out += '-' + std::to_string(range.last);
  }
  return out;
}

bool is_host(std::string_view host) noexcept {
  if (host.empty() || host.size() > kHostBytesMax) return false;
  if (host.find(':') != std::string_view::npos) return is_ipv6(host);
  if (!is_alphanumeric(host.front())) return false;
  return std::all_of(host.begin(), host.end(),
                     [](char c) { return is_alphanumeric(c) || c == '.' || c == '-' || c == '_'; });
}

Result<HostPort> parse_host_port(std::string_view text, std::uint16_t default_port) {
  text = trimmed(text);
  HostPort address{std::string(text), default_port};
  std::string_view port;
  if (text.starts_with('[')) {
    const std::size_t close = text.find(']');
    if (close == std::string_view::npos) return not_an_address(text, "has no closing bracket");
    address.host = text.substr(1, close - 1);
    const std::string_view rest = text.substr(close + 1);
    if (!is_ipv6(address.host) || (!rest.empty() && rest.front() != ':'))
      return not_an_address(text, "is not an IPv6 address");
    port = rest.empty() ? rest : rest.substr(1);
    if (!rest.empty() && port.empty()) return not_an_address(text, "has no port after the colon");
  } else {
    const std::size_t colon = text.find(':');
    if (text.find("://") != std::string_view::npos) return not_an_address(text, "is a URL");
    if (colon != std::string_view::npos && text.find(':', colon + 1) != std::string_view::npos)
      return not_an_address(text, "has several colons");
    address.host = trimmed(text.substr(0, colon));
    if (colon != std::string_view::npos) {
      port = trimmed(text.substr(colon + 1));
      if (port.empty()) return not_an_address(text, "has no port after the colon");
    }
  }
  if (!is_host(address.host)) return not_an_address(text, "is not the address of a host");
  if (!port.empty()) {
    bool ok = true;
    address.port = to_port(port, ok);
    if (!ok) return not_an_address(text, "has no port from 0 to 65535");
  }
  return address;
}

Result<std::vector<HostPort>> parse_host_ports(std::string_view text, std::uint16_t default_port) {
  std::vector<HostPort> addresses;
  for (const std::string_view piece : split(text, ',')) {
    if (piece.empty()) return make_error(Errc::invalid, "has an empty entry; accepted is host:port,host:port");
    auto address = parse_host_port(piece, default_port);
    if (!address) return address.error();
    if (addresses.size() == kHostsMax) return make_error(Errc::invalid, "has too many entries; accepted are 64");
    addresses.push_back(*std::move(address));
  }
  return addresses;
}

std::string format_host_port(const HostPort& address) {
  const bool brackets = address.host.find(':') != std::string::npos;
  return (brackets ? '[' + address.host + ']' : address.host) + ':' + std::to_string(address.port);
}

std::vector<std::string> parse_list(std::string_view text) {
  if (trimmed(text).empty()) return {};
  return split_quoted(text, ';');
}

Result<std::map<std::string, std::string>> parse_map(std::string_view text) {
  std::map<std::string, std::string> pairs;
  if (trimmed(text).empty()) return pairs;
  for (const std::string& pair : split_quoted(text, ',')) {
    const std::size_t colon = pair.find(':');
    const std::string name(trimmed(std::string_view(pair).substr(0, colon)));
    if (colon == std::string::npos || name.empty())
      return make_error(Errc::invalid, "is not a map; accepted is name:value,name:value");
    pairs.insert_or_assign(name, std::string(trimmed(std::string_view(pair).substr(colon + 1))));
  }
  return pairs;
}

}  // namespace stellwerk::config
