/// From a request's head to its answer.
#include <sys/socket.h>

#include <algorithm>

#include "http/connection.h"
#include "http/exchange.h"

namespace stellwerk::http {
namespace {

constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
/// Bodies of GET mean nothing; this much of one is tolerated, in bytes.
constexpr std::size_t kSafeBodyBytesMax = 64 * 1024;

}  // namespace

void Connection::on_head(bool body_is_there) {
  Request& request = exchange_->message;
  const RequestParser& parser = exchange_->parser;
  request.peer = peer_;
  ++shared().requests;
  begin_active();
  auto refusal = refuse_early();
  if (!refusal && parser.has_body()) refusal = refuse_body();
  if (refusal) {
    // An unread body makes the connection useless; the rest of it is not waited for.
    refusal->close = refusal->close || parser.has_body();
    return answer(std::move(*refusal));
  }
  if (!parser.has_body()) return dispatch();
  if (parser.expects_continue() && !body_is_there) {
    const ssize_t sent = ::send(socket_.native_handle(), kContinue.data(), kContinue.size(), MSG_NOSIGNAL);
    if (sent != static_cast<ssize_t>(kContinue.size())) return close();
  }
  state_ = State::body;
  progress_bytes_ = 0;
  set_deadline(options().progress_deadline);
}

std::optional<Response> Connection::refuse_early() {
  Request& request = exchange_->message;
  if (shared().gate_closed) {
    Response response = unavailable_response("This master is shutting down", options().retry_after);
    response.close = true;
    return response;
  }
  const Router::Match match = shared().router->match(request);
  route_ = match.route;
  if (route_ == nullptr && match.allow.empty()) return error_response(404, "Not found: " + std::string(request.path));
  if (request.method == Method::options) return options_answer(match.allow);
  if (route_ == nullptr) {
    Response response =
        error_response(405, "Method " + std::string(to_string(request.method)) + " is not allowed for " +
                                std::string(request.path) + "; allowed are " + match.allow);
    response.add_header("Allow", match.allow);
    return response;
  }
  if (!shared().cors.permits(request))
    return error_response(403, "A page of origin " + std::string(request.header("Origin").value_or("")) +
                                   " may not change anything here unless web.access-control-allow-origin names it");
  return std::nullopt;
}

std::optional<Response> Connection::refuse_body() {
  const auto length = exchange_->parser.body_length();
  if (!length) return std::nullopt;
  if (*length > body_bytes_max())
    return error_response(413, "The body must be at most " + std::to_string(body_bytes_max()) + " bytes long");
  if (!exchange_->lease.would_fit(static_cast<std::size_t>(*length)))
    return unavailable_response("Too many bytes of requests are being worked on", options().retry_after);
  return std::nullopt;
}

Response Connection::options_answer(const std::string& allow) {
  Response response;
  response.status = 204;
  shared().cors.add_preflight(exchange_->message, allow, response.header_lines);
  return response;
}

std::size_t Connection::body_bytes_max() const {
  const std::size_t most = worker_.state().options.body_bytes_max;
  if (route_ != nullptr && route_->options.body_bytes_max) return std::min(most, *route_->options.body_bytes_max);
  return is_safe(exchange_->message.method) ? std::min(most, kSafeBodyBytesMax) : most;
}

void Connection::dispatch() {
  state_ = State::handling;
  auto early = exchange_->run(route_->handler, worker_.shared_from_this(), weak_from_this());
  if (early) return answer(std::move(*early));
  exchange_escaped_ = true;
  set_deadline(options().handler_deadline);
}

void Connection::on_bad_request() {
  ++shared().bad_requests;
  const Refusal& refusal = exchange_->parser.refusal();
  refuse(error_response(refusal.status, refusal.text));
}

void Connection::refuse(Response response) {
  exchange_->message.peer = peer_;
  response.close = true;
  answer(std::move(response));
}

void Connection::on_answer(const Exchange& exchange, Response response) {
  if (state_ != State::handling || exchange_.get() != &exchange) return;
  answer(std::move(response));
  resume();
}

}  // namespace stellwerk::http
