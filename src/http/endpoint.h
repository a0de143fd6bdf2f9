/// Where another HTTP server is.
#pragma once

#include <stellwerk/result.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace stellwerk::http {

struct Endpoint {
  /// A name, or an address without brackets.
  std::string host;
  std::uint16_t port = 0;
  /// "" or "/path" without a slash at its end: what every path on that server begins with.
  std::string prefix{};

  /// "host:port", "[::1]:8081": for the Host header and for people.
  std::string authority() const;
  /// "http://host:port/prefix"
  std::string url() const;

  friend bool operator==(const Endpoint&, const Endpoint&) = default;
};

/// Reads "host:port", "[::1]:8081" or "http://host[:port][/prefix]" (port 80 if none). Errors:
/// invalid; not_supported for https. `what` names the place in the message.
Result<Endpoint> parse_endpoint(std::string_view text, std::string_view what);

}  // namespace stellwerk::http
