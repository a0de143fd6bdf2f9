#include "http/client.h"

#include <algorithm>
#include <boost/asio/post.hpp>

#include "http/client_call.h"

namespace stellwerk::http {
namespace {

bool is_target(std::string_view target) noexcept {
  return target.starts_with('/') &&
         std::all_of(target.begin(), target.end(), [](char c) { return c > 0x20 && c < 0x7f; });
}

bool is_value(std::string_view value) noexcept {
  return std::none_of(value.begin(), value.end(), [](char c) { return c == '\r' || c == '\n' || c == '\0'; });
}

/// What a caller passes on from others must not become a second request.
std::optional<Error> check(const ClientRequest& request) {
  if (!is_target(request.target))
    return make_error(Errc::invalid, "The path of a request must begin with / and hold visible ASCII only");
  for (const auto& [name, value] : request.headers)
    if (!is_token(name) || !is_value(value))
      return make_error(Errc::invalid, "A header of a request must be a token and a value without line breaks");
  return std::nullopt;
}

}  // namespace

std::optional<std::string_view> ClientResponse::header(std::string_view name) const noexcept {
  for (const auto& [key, value] : headers)
    if (iequals(key, name)) return value;
  return std::nullopt;
}

Client::Client(boost::asio::io_context& io, ClientOptions options)
    : shared_(std::make_shared<Shared>(io, std::move(options))) {}

Client::~Client() {
  boost::asio::post(shared_->io, [shared = shared_] { shared->close(); });
}

Client::Cancel Client::send(const Endpoint& to, ClientRequest request, Callback done,
                            std::optional<std::chrono::milliseconds> answer_deadline) {
  if (auto error = check(request)) {
    boost::asio::post(shared_->io, [e = std::move(*error), d = std::move(done)] { d(e); });
    return [] {};
  }
  const auto call = std::make_shared<Call>(shared_, to, std::move(request), std::move(done),
                                           answer_deadline.value_or(shared_->options.answer_deadline));
  boost::asio::post(shared_->io, [call] { call->start(); });
  return [weak = std::weak_ptr<Call>(call), &io = shared_->io] {
    if (const auto alive = weak.lock()) boost::asio::post(io, [alive] { alive->give_up(); });
  };
}

Result<ClientResponse> fetch(const Endpoint& from, ClientRequest request, ClientOptions options) {
  options.idle_per_endpoint_max = 0;
  boost::asio::io_context io(1);
  Client client(io, std::move(options));
  std::optional<Result<ClientResponse>> result;
  client.send(from, std::move(request), [&](Result<ClientResponse> r) { result = std::move(r); });
  io.run();
  if (!result) return make_error(Errc::failed, "The HTTP client ended without a result");
  return std::move(*result);
}

}  // namespace stellwerk::http
