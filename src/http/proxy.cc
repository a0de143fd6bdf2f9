#include "http/proxy.h"

#include <algorithm>
#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

namespace stellwerk::http {
namespace {

/// Belong to one connection (RFC 9110 section 7.6.1) or are set anew.
constexpr std::array<std::string_view, 14> kNotPassedOn{"Connection",
                                                        "Keep-Alive",
                                                        "Proxy-Connection",
                                                        "Proxy-Authenticate",
                                                        "Proxy-Authorization",
                                                        "TE",
                                                        "Trailer",
                                                        "Transfer-Encoding",
                                                        "Upgrade",
                                                        "Host",
                                                        "Expect",
                                                        "Content-Length",
                                                        "Origin",
                                                        kForwardedHeader};
/// Set by the server that answers.
constexpr std::array<std::string_view, 7> kNotPassedBack{"Connection", "Keep-Alive", "Transfer-Encoding", "Upgrade",
                                                         "Trailer",    "Date",       "Content-Length"};
constexpr std::array<std::string_view, 4> kOurs{"Stellwerk-Role", "Stellwerk-Epoch", "Stellwerk-Leader",
                                                "Stellwerk-Position"};

bool is_in(std::string_view name, const auto& list) noexcept {
  return std::any_of(list.begin(), list.end(), [&](std::string_view entry) { return iequals(entry, name); });
}

/// Whether a Connection header names the field as belonging to the connection.
bool is_named_by_connection(const Request& request, std::string_view name) noexcept {
  for (const Field& field : request.headers) {
    std::string_view list = field.value;
    if (!iequals(field.name, "Connection")) continue;
    while (const auto option = next_element(list))
      if (iequals(*option, name)) return true;
  }
  return false;
}

}  // namespace

Proxy::Proxy(boost::asio::io_context& io, ProxyOptions options)
    : io_(io), options_(std::move(options)), client_(io, options_.client) {}

Client::Cancel Proxy::pass(const Request& request, std::string body, const Endpoint& to, Client::Callback done,
                           std::optional<std::chrono::milliseconds> answer_deadline) {
  if (const auto by = request.header(kForwardedHeader)) {
    Error error = make_error(
        Errc::refused, "The request was passed on by " + std::string(*by) + " already and is not passed on again");
    boost::asio::post(io_, [e = std::move(error), d = std::move(done)] { d(e); });
    return [] {};
  }
  ClientRequest out;
  // The server cuts the body off an answer to HEAD, but wants to know its length.
  out.method = request.method == Method::head ? Method::get : request.method;
  std::string_view target = request.target;
  if (target.starts_with(options_.own_prefix)) target.remove_prefix(options_.own_prefix.size());
  out.target = target.starts_with('/') ? std::string(target) : "/" + std::string(target);
  for (const Field& field : request.headers)
    if (!is_in(field.name, kNotPassedOn) && !is_named_by_connection(request, field.name))
      out.headers.emplace_back(field.name, field.value);
  out.headers.emplace_back(kForwardedHeader, options_.id);
  out.body = std::move(body);
  return client_.send(to, std::move(out), std::move(done), answer_deadline);
}

Response passed_response(ClientResponse from) {
  Response response;
  response.status = from.status;
  response.content_type = {};
  for (const auto& [name, value] : from.headers) {
    if (is_in(name, kNotPassedBack) || is_in(name, kOurs)) continue;
    if (name.size() > 15 && iequals(std::string_view(name).substr(0, 15), "Access-Control-")) continue;
    response.add_header(name, value);
  }
  response.body = std::move(from.body);
  return response;
}

Response failed_response(const Error& error, Method method, std::chrono::seconds retry_after) {
  if (error.code != Errc::unknown) return unavailable_response(error.text, retry_after);
  if (is_safe(method)) return error_response(504, error.text);
  return json_response("{\"errors\":[\"" + json_escape(error.text) + "\"],\"outcome\":\"unknown\"}", 504);
}

}  // namespace stellwerk::http
