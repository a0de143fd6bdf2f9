#include "http/proxy.h"

#include <algorithm>
#include <array>

namespace stellwerk::http {
namespace {

/// Set by the server that answers.
constexpr std::array<std::string_view, 7> kNotPassedBack{"Connection", "Keep-Alive", "Transfer-Encoding", "Upgrade",
                                                         "Trailer",    "Date",       "Content-Length"};
constexpr std::array<std::string_view, 4> kOurs{"Stellwerk-Role", "Stellwerk-Epoch", "Stellwerk-Leader",
                                                "Stellwerk-Position"};

bool is_in(std::string_view name, const auto& list) noexcept {
  return std::any_of(list.begin(), list.end(), [&](std::string_view entry) { return iequals(entry, name); });
}

}  // namespace

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

}  // namespace stellwerk::http
