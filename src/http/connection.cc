#include "http/connection.h"

#include <sys/socket.h>

#include <cerrno>

#include "http/exchange.h"

namespace stellwerk::http {
namespace {

/// Reads and requests of one connection before the others get their turn.
constexpr int kReadsPerTurn = 8;
constexpr int kRequestsPerTurn = 32;
/// Bytes that a connection may still send after its last answer before it is cut.
constexpr std::size_t kLingerBytesMax = 16 * 1024 * 1024;

/// Of a change nobody can say whether it happened.
Response late_answer(const Request& request) {
  constexpr std::string_view kText = "There was no answer in time";
  if (is_safe(request.method)) return error_response(504, kText);
  return json_response("{\"errors\":[\"" + std::string(kText) + "\"],\"outcome\":\"unknown\"}", 504);
}

}  // namespace

Connection::Connection(Worker& worker, boost::asio::ip::tcp::socket socket)
    : worker_(worker), socket_(std::move(socket)), lease_(worker.state()), file_(worker.state()) {}

Connection::~Connection() = default;

void Connection::start(Worker::Connections::iterator self) {
  self_ = self;
  boost::system::error_code error;
  const auto remote = socket_.remote_endpoint(error);
  if (error) return close();
  const auto address = remote.address();
  const bool mapped = address.is_v6() && address.to_v6().is_v4_mapped();
  const auto plain =
      mapped ? boost::asio::ip::address(boost::asio::ip::make_address_v4(boost::asio::ip::v4_mapped, address.to_v6()))
             : address;
  peer_ = std::make_shared<const Peer>(Peer{plain.to_string(), remote.port(), plain.is_loopback()});
  socket_.set_option(boost::asio::ip::tcp::no_delay(true), error);
  if (!error) socket_.non_blocking(true, error);
  if (error) return close();
  if (shared().connections > options().connections_max && !worker_.make_room(*this)) {
    ++shared().connections_refused;
    exchange_ = worker_.take_exchange();
    refuse(unavailable_response("Too many connections; " + std::to_string(options().connections_max) + " are allowed",
                                options().retry_after));
    return;
  }
  set_deadline(options().idle_deadline);
  arm_read();
}

void Connection::close() {
  if (state_ == State::closed) return;
  state_ = State::closed;
  boost::system::error_code ignored;  // closing a socket cannot be undone or retried
  socket_.close(ignored);
  exchange_.reset();
  response_ = {};
  release_leases();
  end_active();
  --shared().connections;
  worker_.remove(self_);
}

bool Connection::wants_input() const noexcept {
  if (end_of_input_ || resume_posted_) return false;
  switch (state_) {
    case State::head:
    case State::body:
    case State::lingering: return true;
    case State::handling:
    case State::streaming: return in_.size() < worker_.state().options.pipelined_bytes_max;
    case State::writing:
    case State::closed: return false;
  }
  return false;
}

void Connection::arm_read() {
  if (read_armed_ || !wants_input()) return;
  read_armed_ = true;
  socket_.async_wait(boost::asio::ip::tcp::socket::wait_read,
                     [self = shared_from_this()](boost::system::error_code error) { self->on_readable(error); });
}

void Connection::on_readable(boost::system::error_code error) {
  read_armed_ = false;
  if (state_ == State::closed) return;
  if (error) return close();
  for (int i = 0; i < kReadsPerTurn && wants_input(); ++i) {
    const ssize_t size = ::recv(socket_.native_handle(), worker_.read_buffer(), Worker::kReadBytes, 0);
    if (size < 0) {
      if (errno == EINTR) continue;
      if (errno != EAGAIN && errno != EWOULDBLOCK) return close();
      break;
    }
    if (size == 0) {
      on_end_of_input();
      break;
    }
    feed({worker_.read_buffer(), static_cast<std::size_t>(size)});
    if (static_cast<std::size_t>(size) < Worker::kReadBytes) break;
  }
  arm_read();
}

void Connection::on_end_of_input() {
  end_of_input_ = true;
  switch (state_) {
    case State::handling:
    case State::writing: return;
    default: return close();
  }
}

void Connection::feed(std::string_view data) {
  if (state_ == State::lingering) {
    lingered_bytes_ += data.size();
    if (lingered_bytes_ > kLingerBytesMax) close();
  } else if (!is_reading()) {
    in_.append(data);
  } else if (in_.empty()) {
    std::string none;
    consume(none, data);
  } else {
    in_.append(data);
    std::string held;
    held.swap(in_);
    consume(held, held);
  }
}

void Connection::consume(std::string& held, std::string_view data) {
  int served = 0;
  while (is_reading() && !data.empty()) {
    if (state_ == State::body) {
      if (!take_body(data)) break;
    } else if (served == kRequestsPerTurn) {
      resume_posted_ = true;
      worker_.post([self = shared_from_this()] {
        self->resume_posted_ = false;
        self->resume();
      });
      break;
    } else {
      if (!take_head(data)) break;
      ++served;
    }
  }
  if (data.empty() || state_ == State::closed || state_ == State::lingering) return;
  if (data.size() == held.size()) {
    in_.swap(held);
  } else {
    in_.assign(data);
  }
}

void Connection::resume() {
  if (is_reading() && !in_.empty()) {
    std::string held;
    held.swap(in_);
    consume(held, held);
  }
  arm_read();
}

bool Connection::take_head(std::string_view& data) {
  if (exchange_ == nullptr) exchange_ = worker_.take_exchange();
  switch (exchange_->parser.take_head(data, exchange_->message)) {
    case RequestParser::State::more:
      if (!head_timed_) set_deadline(options().header_deadline);
      head_timed_ = true;
      return false;
    case RequestParser::State::refused: on_bad_request(); return false;
    case RequestParser::State::ready: break;
  }
  head_timed_ = false;
  on_head(!data.empty());
  return true;
}

bool Connection::take_body(std::string_view& data) {
  Request& message = exchange_->message;
  const std::size_t before = message.body.size();
  const std::size_t offered = data.size();
  const auto state = exchange_->parser.take_body(data, message, body_bytes_max());
  if (state == RequestParser::State::refused) {
    on_bad_request();
    return false;
  }
  if (!exchange_->lease.grow_by(message.body.size() - before)) {
    refuse(unavailable_response("Too many bytes of requests are being worked on", options().retry_after));
    return false;
  }
  note_progress(offered - data.size());
  if (state == RequestParser::State::more) return false;
  dispatch();
  return true;
}

void Connection::note_progress(std::size_t bytes) {
  progress_bytes_ += bytes;
  if (progress_bytes_ < options().progress_bytes_min) return;
  progress_bytes_ = 0;
  set_deadline(options().progress_deadline);
}

void Connection::on_tick(Clock::time_point now) {
  if (is_due(now)) on_deadline();
}

void Connection::on_deadline() {
  switch (state_) {
    case State::head:
      if (!head_timed_) return close();
      [[fallthrough]];
    case State::body:
      ++shared().bad_requests;
      refuse(error_response(408, "The request took too long to arrive"));
      return;
    case State::handling: {
      ++shared().handler_deadlines;
      answer(late_answer(exchange_->message));
      return resume();
    }
    case State::streaming: return send_heartbeat();
    case State::writing:
    case State::lingering:
    case State::closed: return close();
  }
}

}  // namespace stellwerk::http
