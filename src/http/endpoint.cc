#include "http/endpoint.h"

#include <algorithm>

#include "http/syntax.h"

namespace stellwerk::http {
namespace {

constexpr std::string_view kScheme = "http://";
constexpr std::uint16_t kDefaultPort = 80;
constexpr std::uint64_t kPortMax = 65535;

bool is_host(std::string_view host, bool bracketed) noexcept {
  return !host.empty() && std::all_of(host.begin(), host.end(), [&](char c) {
    const bool name =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
    return name || (bracketed && (c == ':' || c == '%'));
  });
}

bool is_prefix(std::string_view path) noexcept {
  return std::all_of(path.begin(), path.end(), [](char c) { return c > 0x20 && c < 0x7f && c != '?' && c != '#'; });
}

}  // namespace

std::string Endpoint::authority() const {
  const bool brackets = host.find(':') != std::string::npos;
  return (brackets ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

std::string Endpoint::url() const {
  return std::string(kScheme) + authority() + prefix;
}

Result<Endpoint> parse_endpoint(std::string_view text, std::string_view what) {
  if (text.starts_with("https://"))
    return make_error(Errc::not_supported, std::string(what) + ": \"" + std::string(text) +
                                               "\": https is not in this version; use http://host:port");
  const Error bad = make_error(Errc::invalid, std::string(what) + ": \"" + std::string(text) +
                                                  "\" must be host:port or http://host:port/prefix");
  std::string_view rest = text;
  const bool has_scheme = rest.starts_with(kScheme);
  if (has_scheme) rest.remove_prefix(kScheme.size());
  const std::size_t slash = rest.find('/');
  std::string_view prefix = slash == std::string_view::npos ? std::string_view() : rest.substr(slash);
  rest = rest.substr(0, slash);
  while (prefix.ends_with('/')) prefix.remove_suffix(1);

  const bool bracketed = rest.starts_with('[');
  const std::size_t end = bracketed ? rest.find(']') : rest.find(':');
  if (bracketed && end == std::string_view::npos) return bad;
  Endpoint endpoint;
  endpoint.host = bracketed ? rest.substr(1, end - 1) : rest.substr(0, end);
  endpoint.prefix = prefix;
  std::string_view port = end == std::string_view::npos ? std::string_view() : rest.substr(end + (bracketed ? 1 : 0));
  if (!is_host(endpoint.host, bracketed) || !is_prefix(prefix)) return bad;
  if (port.empty() && has_scheme) {
    endpoint.port = kDefaultPort;
    return endpoint;
  }
  if (!port.starts_with(':')) return bad;
  const auto number = parse_decimal(port.substr(1));
  if (!number || *number == 0 || *number > kPortMax) return bad;
  endpoint.port = static_cast<std::uint16_t>(*number);
  return endpoint;
}

}  // namespace stellwerk::http
