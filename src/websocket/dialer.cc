#include "websocket/dialer.h"

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <charconv>
#include <optional>
#include <utility>

#include "websocket/connection.h"

namespace stellwerk::websocket {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
using beast::error_code;
using Tcp = asio::ip::tcp;

std::optional<std::uint16_t> port_in(const std::string& text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return port;
}

/// One try to connect; keeps itself alive until it has called back.
class Attempt : public std::enable_shared_from_this<Attempt> {
 public:
  Attempt(asio::io_context& io, std::string address, link::Dialer::Done done)
      : address_(std::move(address)), done_(std::move(done)), resolver_(io), timer_(io) {
    stream_ = std::make_unique<Stream>(io);
  }

  void start() {
    const auto colon = address_.rfind(':');
    if (colon == std::string::npos || colon == 0 || colon + 1 == address_.size())
      return finish(make_error(Errc::invalid, "\"" + address_ + "\" is no address; host:port is one"));
    std::string host = address_.substr(0, colon);
    if (host.size() > 2 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
    timer_.expires_after(link::Dialer::kDialMax);
    timer_.async_wait([self = shared_from_this()](error_code error) {
      if (!error) self->fail("no answer within " + std::to_string(link::Dialer::kDialMax.count()) + " ms");
    });
    error_code named;
    const auto number = asio::ip::make_address(host, named);
    const auto port = port_in(address_.substr(colon + 1));
    // Names are looked up one after the other; who is given in numbers does not wait for them.
    if (!named && port) return connect(Tcp::endpoint(number, *port));
    resolver_.async_resolve(host, address_.substr(colon + 1),
                            [self = shared_from_this()](error_code error, const Tcp::resolver::results_type& found) {
                              self->resolved(error, found);
                            });
  }

 private:
  void connect(const Tcp::endpoint& endpoint) {
    beast::get_lowest_layer(*stream_).async_connect(
        endpoint, [self = shared_from_this()](error_code failed) { self->connected(failed); });
  }

  void resolved(error_code error, const Tcp::resolver::results_type& found) {
    if (over_) return;
    if (error) return fail(error.message());
    beast::get_lowest_layer(*stream_).async_connect(
        found, [self = shared_from_this()](error_code failed, const Tcp::endpoint&) { self->connected(failed); });
  }

  void connected(error_code error) {
    if (over_) return;
    if (error) return fail(error.message());
    error_code ignored;
    beast::get_lowest_layer(*stream_).socket().set_option(Tcp::no_delay(true), ignored);
    prepare(*stream_);
    stream_->async_handshake(address_, "/", [self = shared_from_this()](error_code failed) { self->greeted(failed); });
  }

  void greeted(error_code error) {
    if (over_) return;
    if (error) return fail("it does not take workers (" + error.message() + ")");
    finish(make_link(std::make_shared<Connection>(std::move(stream_), address_)));
  }

  void fail(const std::string& why) { finish(make_error(Errc::unavailable, address_ + ": " + why)); }

  void finish(Result<std::unique_ptr<link::Link>> result) {
    if (std::exchange(over_, true)) return;
    timer_.cancel();
    resolver_.cancel();
    if (stream_) beast::get_lowest_layer(*stream_).close();
    auto held = std::make_shared<Result<std::unique_ptr<link::Link>>>(std::move(result));
    asio::post(timer_.get_executor(), [self = shared_from_this(), held] { self->done_(std::move(*held)); });
  }

  const std::string address_;
  const link::Dialer::Done done_;
  Tcp::resolver resolver_;
  asio::steady_timer timer_;
  std::unique_ptr<Stream> stream_;
  bool over_ = false;
};

}  // namespace

void WebSocketDialer::dial(const std::string& address, Done done) {
  std::make_shared<Attempt>(io_, address, std::move(done))->start();
}

}  // namespace stellwerk::websocket
