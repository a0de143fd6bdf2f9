/// Passing requests on to another master.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "http/client.h"
#include "http/message.h"

namespace stellwerk::http {

/// Says that a request was passed on, and by whom; such a one is never passed on again.
inline constexpr std::string_view kForwardedHeader = "Stellwerk-Forwarded";

struct ProxyOptions {
  /// Who we are: the value of Stellwerk-Forwarded.
  std::string id{};
  /// What our own paths begin with (`rest.url-prefix`), "" for nothing: cut off before the other
  /// server's prefix is put in front.
  std::string own_prefix{};
  ClientOptions client{};
};

/// Threads, lifetime, deadlines and kept connections: as Client's. Bodies are passed on whole.
///
/// The other master sees us as its peer: what is allowed from loopback only must be decided by the
/// master that the client is connected to.
class Proxy {
 public:
  Proxy(boost::asio::io_context& io, ProxyOptions options);

  /// Sends the request, with `body` for its body, to `to`. Besides Client's errors: refused (it was
  /// passed on already). The request is not needed after this call.
  Client::Cancel pass(const Request& request, std::string body, const Endpoint& to, Client::Callback done,
                      std::optional<std::chrono::milliseconds> answer_deadline = std::nullopt);

 private:
  boost::asio::io_context& io_;
  ProxyOptions options_;
  Client client_;
};

/// The other server's answer as our own: without what belongs to its connection (framing, Date, CORS) and without its
/// `Stellwerk-Role`, `-Epoch`, `-Leader` and `-Position`, in whose place ours come; read those from the ClientResponse
/// before.
Response passed_response(ClientResponse response);
/// An error of `pass` as an answer: 503 with Retry-After (nothing happened), or 504, for writes with
/// `"outcome":"unknown"`.
Response failed_response(const Error& error, Method method, std::chrono::seconds retry_after);

}  // namespace stellwerk::http
