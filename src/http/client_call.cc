#include "http/client_call.h"

#include <sys/socket.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/write.hpp>
#include <cerrno>

namespace stellwerk::http {
namespace {

namespace asio = boost::asio;

std::string render(const Endpoint& to, const ClientRequest& request) {
  std::string out(to_string(request.method));
  out += ' ';
  out += to.prefix;
  out += request.target;
  out += " HTTP/1.1\r\nHost: ";
  out += to.authority();
  out += "\r\n";
  for (const auto& [name, value] : request.headers) out.append(name).append(": ").append(value).append("\r\n");
  if (!request.body.empty() || !is_safe(request.method))
    out += "Content-Length: " + std::to_string(request.body.size()) + "\r\n";
  out += "\r\n";
  out += request.body;
  return out;
}

/// Whether the other side has neither closed an idle connection nor said anything on it.
bool is_quiet(asio::ip::tcp::socket& socket) noexcept {
  char byte = 0;
  return ::recv(socket.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 &&
         (errno == EAGAIN || errno == EWOULDBLOCK);
}

}  // namespace

std::optional<asio::ip::tcp::socket> Client::Shared::take_idle(const std::string& authority) {
  const auto found = idle.find(authority);
  if (found == idle.end()) return std::nullopt;
  const Clock::time_point now = Clock::now();
  std::optional<asio::ip::tcp::socket> socket;
  while (!socket && !found->second.empty()) {
    Idle last = std::move(found->second.back());
    found->second.pop_back();
    --idle_count;
    if (last.until > now && is_quiet(last.socket)) socket = std::move(last.socket);
  }
  if (found->second.empty()) idle.erase(found);
  return socket;
}

void Client::Shared::keep(const std::string& authority, asio::ip::tcp::socket socket) {
  const Clock::time_point now = Clock::now();
  for (auto entry = idle.begin(); entry != idle.end();) {
    idle_count -= std::erase_if(entry->second, [&](const Idle& i) { return i.until <= now; });
    entry = entry->second.empty() ? idle.erase(entry) : std::next(entry);
  }
  if (closed || idle_count >= options.idle_max) return;
  std::vector<Idle>& kept = idle[authority];
  if (kept.size() < options.idle_per_endpoint_max) {
    kept.push_back({std::move(socket), now + options.idle_deadline});
    ++idle_count;
  }
}

void Client::Shared::close() {
  closed = true;
  idle.clear();
  idle_count = 0;
  while (!calls.empty()) {
    const std::shared_ptr<Call> call = *calls.begin();
    call->give_up();
  }
}

Client::Call::Call(std::shared_ptr<Shared> shared, Endpoint to, ClientRequest request, Callback done,
                   std::chrono::milliseconds answer_deadline)
    : shared_(std::move(shared)),
      to_(std::move(to)),
      method_(request.method),
      bytes_(render(to_, request)),
      done_(std::move(done)),
      answer_deadline_(answer_deadline),
      started_(Shared::Clock::now()),
      socket_(shared_->io),
      resolver_(shared_->io),
      timer_(shared_->io),
      parser_(method_, shared_->options.head_bytes_max, shared_->options.body_bytes_max) {}

void Client::Call::start() {
  if (shared_->closed) return finish(make_error(Errc::unavailable, "The HTTP client is closed"));
  if (shared_->calls.size() >= shared_->options.calls_max)
    return finish(make_error(
        Errc::unavailable, "Too many calls at a time; " + std::to_string(shared_->options.calls_max) + " are allowed"));
  shared_->calls.insert(shared_from_this());
  auto idle = is_safe(method_) ? shared_->take_idle(to_.authority()) : std::nullopt;
  if (!idle) return connect();
  socket_ = std::move(*idle);
  reused_ = true;
  on_connected({});
}

void Client::Call::connect() {
  arm_deadline(std::min(shared_->options.connect_deadline, answer_deadline_));
  ErrorCode not_numeric;
  const auto address = asio::ip::make_address(to_.host, not_numeric);
  if (!not_numeric) return connect_to({Tcp::endpoint(address, to_.port)});
  resolver_.async_resolve(to_.host, std::to_string(to_.port),
                          [self = shared_from_this()](ErrorCode error, const Tcp::resolver::results_type& found) {
                            if (self->finished_) return;
                            if (error) return self->fail(error.message());
                            self->connect_to({found.begin(), found.end()});
                          });
}

void Client::Call::connect_to(const std::vector<Tcp::endpoint>& endpoints) {
  asio::async_connect(socket_, endpoints, [self = shared_from_this()](ErrorCode error, const Tcp::endpoint&) {
    self->on_connected(error);
  });
}

void Client::Call::on_connected(ErrorCode error) {
  if (finished_) return;
  if (error) return fail(error.message());
  connected_ = true;
  ErrorCode ignored;  // only makes small requests faster
  socket_.set_option(Tcp::no_delay(true), ignored);
  arm_deadline(answer_deadline_);
  write();
  read();
}

void Client::Call::write() {
  sent_ = true;
  asio::async_write(socket_, asio::buffer(bytes_), [self = shared_from_this()](ErrorCode error, std::size_t size) {
    if (self->finished_) return;
    if (!error) {
      self->written_ = true;
    } else if (size == 0) {
      // Nothing has left, so nothing can have happened; reading will notice the same.
      self->sent_ = false;
    }
  });
}

void Client::Call::read() {
  socket_.async_read_some(asio::buffer(buffer_), [self = shared_from_this()](ErrorCode error, std::size_t size) {
    self->on_read(error, size);
  });
}

void Client::Call::on_read(ErrorCode error, std::size_t size) {
  if (finished_) return;
  const auto state = error ? parser_.finish() : parser_.feed({buffer_.data(), size});
  if (state == ResponseParser::State::more) return read();
  if (state == ResponseParser::State::ready) {
    if (!error && parser_.keep_alive() && written_) shared_->keep(to_.authority(), std::move(socket_));
    return finish(std::move(parser_.response()));
  }
  if (error && reused_ && !parser_.started()) {
    // The other side closed the idle connection; a safe request may be sent again.
    reused_ = false;
    connected_ = sent_ = written_ = false;
    ErrorCode ignored;  // closing cannot be retried
    socket_.close(ignored);
    socket_ = Tcp::socket(shared_->io);
    return connect();
  }
  fail(error && !parser_.started() ? error.message() : "bad answer: " + std::string(parser_.fault()));
}

void Client::Call::arm_deadline(std::chrono::milliseconds from_start) {
  timer_.expires_at(started_ + from_start);
  timer_.async_wait([self = shared_from_this()](ErrorCode cancelled) {
    // One that was queued already when the deadline moved comes without an error.
    const bool moved = self->timer_.expiry() > Shared::Clock::now();
    if (!cancelled && !moved) self->give_up();
  });
}

void Client::Call::give_up() {
  if (finished_) return;
  fail(connected_ ? "no whole answer in time" : "not connected in time");
}

void Client::Call::fail(const std::string& why) {
  if (!sent_) return finish(make_error(Errc::unavailable, "Cannot reach " + to_.url() + ": " + why));
  finish(make_error(Errc::unknown, "No answer from " + to_.url() + ": " + why +
                                       (is_safe(method_) ? "" : "; whether the request had its effect is unknown")));
}

void Client::Call::finish(Result<ClientResponse> result) {
  const auto self = shared_from_this();
  finished_ = true;
  shared_->calls.erase(self);
  timer_.cancel();
  resolver_.cancel();
  ErrorCode ignored;  // closing cannot be retried
  socket_.close(ignored);
  const Callback done = std::exchange(done_, nullptr);
  done(std::move(result));
}

}  // namespace stellwerk::http
