/// Values as people write them in a configuration, by Flink's rules: durations, sizes, ports, hosts.
///
/// Every parser takes untrusted text and answers Errc::invalid with a clause that continues after the
/// quoted value: `is not a duration; accepted is ...`. The clause never repeats a whole value, so it may
/// be shown for secrets too. Pure functions.
#pragma once

#include <stellwerk/coordination.h>
#include <stellwerk/result.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace stellwerk::config {

/// Longest duration that is accepted: 100 years.
inline constexpr Duration kDurationMax = std::chrono::hours{24} * 36500;
/// Most ranges in one list of ports, most hosts in one list of hosts.
inline constexpr std::size_t kPortRangesMax = 64;
inline constexpr std::size_t kHostsMax = 64;

/// The unit of a number that stands alone.
enum class BareUnit { milliseconds, seconds };

/// `10 s`, `5 min`, `1h`, `100ms`; a bare number counts in `bare`. Units in any case: ns, µs (us), ms, s,
/// min (m), h, d and their long names. Below a microsecond is rounded up.
Result<Duration> parse_duration(std::string_view text, BareUnit bare = BareUnit::milliseconds);
/// The shortest exact form: "1 min", "1500 ms", "0 ms".
std::string format_duration(Duration duration);

/// `64 mb`, `1g`, `10 kb`; a bare number counts bytes; units are powers of 1024 (k, m, g, t).
Result<std::uint64_t> parse_bytes(std::string_view text);

/// true or false, in any case.
Result<bool> parse_bool(std::string_view text);
/// A decimal whole number, optionally signed; leading zeros mean nothing.
Result<std::int64_t> parse_integer(std::string_view text);
/// A finite decimal number.
Result<double> parse_real(std::string_view text);

struct PortRange {
  std::uint16_t first = 0;
  std::uint16_t last = 0;
  friend bool operator==(const PortRange&, const PortRange&) = default;
};
using PortRanges = std::vector<PortRange>;
/// `8081`, `50100-50200,50300`, `0` (any free port). Ports are tried in the order given.
Result<PortRanges> parse_ports(std::string_view text);
std::string format_ports(const PortRanges& ports);

struct HostPort {
  std::string host;  ///< a name or an address; IPv6 without brackets
  std::uint16_t port = 0;
  friend bool operator==(const HostPort&, const HostPort&) = default;
};
/// True for a name or an IPv4 or IPv6 address that may stand in an address; brackets are not part of it.
bool is_host(std::string_view host) noexcept;
/// `host:port`, `[::1]:port`, or a host alone, which then has `default_port`.
Result<HostPort> parse_host_port(std::string_view text, std::uint16_t default_port);
/// Several of them, separated by commas; at least one.
Result<std::vector<HostPort>> parse_host_ports(std::string_view text, std::uint16_t default_port);
/// `host:port`, with brackets around IPv6.
std::string format_host_port(const HostPort& address);

/// `a;b;'c;d'`: Flink's lists in one line. An empty text is an empty list.
std::vector<std::string> parse_list(std::string_view text);
/// `k1:v1,k2:v2`, quotes protect commas; the value begins after the first colon.
Result<std::map<std::string, std::string>> parse_map(std::string_view text);

}  // namespace stellwerk::config
