#include "api/operators.h"

#include <algorithm>
#include <array>
#include <boost/asio/ip/address.hpp>
#include <string>

#include "base/text.h"

namespace stellwerk::api {
namespace {

using http::Request;

/// What reverse proxies add.
constexpr std::array<std::string_view, 7> kProxyHeaders{
    "Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded-Server", "X-Real-IP", "Via"};

bool was_proxied(const Request& request) {
  return std::any_of(kProxyHeaders.begin(), kProxyHeaders.end(),
                     [&](std::string_view name) { return request.header_count(name) > 0; });
}

/// "host" of "host:port", "[::1]" or "host"; empty if it is none.
std::string host_of(std::string_view authority) {
  const auto endpoint = http::parse_endpoint("http://" + std::string(authority), "Host");
  return endpoint.has_error() || !endpoint->prefix.empty() ? std::string() : endpoint->host;
}

bool is_loopback(const std::string& host) {
  if (http::iequals(host, "localhost")) return true;
  boost::system::error_code no_address;
  const auto address = boost::asio::ip::make_address(host, no_address);
  return !no_address && address.is_loopback();
}

bool is_advertised(const Core& core, const std::string& host) {
  const auto self = http::parse_endpoint(core.self(), "this master");
  return !self.has_error() && http::iequals(host, self->host);
}

http::Response refusal(std::string_view what, const std::string& why) {
  return http::error_response(403, std::string(what) + " is taken from this host only: " + why);
}

}  // namespace

std::optional<http::Response> refuse_stranger(const Core& core, const Request& request, std::string_view what) {
  if (!request.from_loopback()) return refusal(what, "send it to " + core.self() + " from there");
  if (was_proxied(request)) return refusal(what, "send it to " + core.self() + " from there, through no proxy");
  const std::string_view named = request.header("Host").value_or("");
  const std::string host = host_of(named);
  if (!host.empty() && (is_loopback(host) || is_advertised(core, host))) return std::nullopt;
  return refusal(what, "send it to " + core.self() + " or to localhost, not to " + shown(named));
}

}  // namespace stellwerk::api
