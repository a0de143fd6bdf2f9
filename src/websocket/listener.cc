#include "websocket/listener.h"

#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/span_body.hpp>
#include <boost/beast/http/write.hpp>
#include <boost/beast/websocket/rfc6455.hpp>
#include <list>
#include <optional>
#include <utility>

#include "http/listener.h"
#include "http/options.h"
#include "websocket/connection.h"

namespace stellwerk::websocket {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
using beast::error_code;
using Tcp = asio::ip::tcp;

constexpr std::uint32_t kHeadBytesMax = 8 * 1024;

std::string text_of(const Tcp::endpoint& peer) {
  const std::string address = peer.address().to_string();
  return (peer.address().is_v6() ? "[" + address + "]" : address) + ":" + std::to_string(peer.port());
}

class Greeting;

/// What all connections of a listener share.
struct Doorway {
  WebSocketListener::OnLink on_link;  ///< empty: the listener is gone
  WebSocketListener::OnPost on_post;
  WebSocketListener::OnGet on_get;
  std::size_t greetings_max = 0;
  std::chrono::milliseconds greeting_min{};
  std::list<Greeting*> greetings;  ///< the oldest first

  bool full() const { return greetings.size() >= greetings_max; }
  /// They come faster than they are served: whoever is next waits, and nobody is turned away.
  bool crowded() const;
  const std::shared_ptr<InputTurns> turns = std::make_shared<InputTurns>();
};

/// A connection before it is a WebSocket; keeps itself alive until it is one, or over.
class Greeting : public std::enable_shared_from_this<Greeting> {
 public:
  Greeting(Tcp::socket socket, std::shared_ptr<Doorway> doorway)
      : stream_(std::make_unique<Stream>(std::move(socket))),
        doorway_(std::move(doorway)),
        place_(doorway_->greetings.insert(doorway_->greetings.end(), this)) {
    parser_.header_limit(kHeadBytesMax);
    parser_.body_limit(WebSocketListener::kPostBytesMax);
  }
  ~Greeting() { leave(); }
  Greeting(const Greeting&) = delete;
  Greeting& operator=(const Greeting&) = delete;

  std::chrono::steady_clock::duration age() const { return std::chrono::steady_clock::now() - began_; }

  void start() {
    if (doorway_->greetings.size() > doorway_->greetings_max) doorway_->greetings.front()->give_way();
    error_code error;
    lowest().socket().set_option(Tcp::no_delay(true), error);
    const auto peer = lowest().socket().remote_endpoint(error);
    if (error) return;
    peer_ = text_of(peer);
    lowest().expires_after(WebSocketListener::kGreetingMax);
    beast::http::async_read_header(
        lowest(), input_, parser_,
        [self = shared_from_this()](error_code failed, std::size_t) { self->asked(failed); });
  }

 private:
  void leave() {
    if (place_) doorway_->greetings.erase(*place_);
    place_.reset();
  }

  /// To one that came later.
  void give_way() {
    leave();
    if (stream_) lowest().close();
  }

  beast::tcp_stream& lowest() { return beast::get_lowest_layer(*stream_); }

  void asked(error_code error) {
    if (error == beast::http::error::body_limit) return refuse_body();
    if (error) return;
    const auto& request = parser_.get();
    if (request.method() == beast::http::verb::post && doorway_->on_post) return read_post();
    if (request.method() == beast::http::verb::get && doorway_->on_get && !beast::websocket::is_upgrade(request))
      return get();
    if (!beast::websocket::is_upgrade(request))
      return answer(beast::http::status::upgrade_required,
                    "This port is for the workers of Stellwerk; people and programs use the REST port\n");
    if (request.count(beast::http::field::origin) != 0)
      return answer(beast::http::status::forbidden, "This port is not for web pages\n");
    lowest().expires_never();
    prepare(*stream_);
    stream_->async_accept(request, [self = shared_from_this()](error_code failed) { self->accepted(failed); });
  }

  void read_post() {
    if (parser_.get().count(beast::http::field::origin) != 0)
      return answer(beast::http::status::forbidden, "This port is not for web pages\n");
    beast::http::async_read(lowest(), input_, parser_,
                            [self = shared_from_this()](error_code failed, std::size_t) { self->posted(failed); });
  }

  void get() {
    if (parser_.get().count(beast::http::field::origin) != 0)
      return answer(beast::http::status::forbidden, "This port is not for web pages\n");
    const auto on_get = doorway_->on_get;
    on_get({std::string(parser_.get().target())}, [self = shared_from_this()](GetAnswer given) {
      if (given.file) return self->send(std::move(given.file));
      const auto status = static_cast<beast::http::status>(given.status);
      if (status == beast::http::status::service_unavailable)
        self->response_.set(beast::http::field::retry_after, std::to_string(WebSocketListener::kRetryAfter.count()));
      self->answer(status, given.text + "\n");
    });
  }

  /// It takes its time, and does not stand in anybody's way.
  void send(std::shared_ptr<const std::string> file) {
    leave();
    file_ = std::move(file);
    lowest().expires_after(WebSocketListener::kDownloadMax);
    file_response_.result(beast::http::status::ok);
    file_response_.set(beast::http::field::content_type, "application/octet-stream");
    file_response_.keep_alive(false);
    file_response_.body() = {file_->data(), file_->size()};
    file_response_.prepare_payload();
    beast::http::async_write(lowest(), file_response_, [self = shared_from_this()](error_code, std::size_t) {
      error_code ignored;
      self->lowest().socket().shutdown(Tcp::socket::shutdown_both, ignored);
      self->file_.reset();
    });
  }

  void refuse_body() {
    answer(beast::http::status::payload_too_large,
           "A body has at most " + std::to_string(WebSocketListener::kPostBytesMax) + " bytes here\n");
  }

  void posted(error_code error) {
    if (error == beast::http::error::body_limit) return refuse_body();
    const auto on_post = doorway_->on_post;
    if (error || !on_post) return;
    auto& request = parser_.get();
    on_post({std::string(request.target()), std::move(request.body())},
            [self = shared_from_this()](const PostAnswer& given) {
              self->answer(static_cast<beast::http::status>(given.status), given.text + "\n");
            });
  }

  void accepted(error_code error) {
    leave();
    const auto on_link = doorway_->on_link;  // it may end the listener
    if (error || !on_link) return;
    on_link(make_link(std::make_shared<Connection>(std::move(stream_), peer_, doorway_->turns)));
  }

  void answer(beast::http::status status, std::string text) {
    response_.result(status);
    response_.set(beast::http::field::content_type, "text/plain; charset=utf-8");
    if (status == beast::http::status::upgrade_required) response_.set(beast::http::field::upgrade, "websocket");
    response_.keep_alive(false);
    response_.body() = std::move(text);
    response_.prepare_payload();
    beast::http::async_write(lowest(), response_, [self = shared_from_this()](error_code, std::size_t) {
      error_code ignored;
      self->lowest().socket().shutdown(Tcp::socket::shutdown_both, ignored);
    });
  }

  const std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
  std::unique_ptr<Stream> stream_;
  const std::shared_ptr<Doorway> doorway_;
  std::optional<std::list<Greeting*>::iterator> place_;
  std::string peer_;
  beast::flat_buffer input_;
  beast::http::request_parser<beast::http::string_body> parser_;
  beast::http::response<beast::http::string_body> response_;
  std::shared_ptr<const std::string> file_;
  beast::http::response<beast::http::span_body<const char>> file_response_;
};

bool Doorway::crowded() const {
  return full() && greetings.front()->age() < greeting_min;
}

}  // namespace

struct WebSocketListener::State : Doorway {};

WebSocketListener::WebSocketListener(asio::io_context& io, std::unique_ptr<http::Listener> sockets,
                                     ListenerOptions options)
    : io_(io), options_(std::move(options)), sockets_(std::move(sockets)), state_(std::make_shared<State>()) {
  state_->greetings_max = options_.greetings_max;
  state_->greeting_min = options_.greeting_min;
}

Result<std::unique_ptr<WebSocketListener>> WebSocketListener::open(asio::io_context& io, ListenerOptions options) {
  http::ServerOptions sockets;
  sockets.addresses = options.addresses;
  sockets.ports = options.ports;
  sockets.ports_key = options.ports_key;
  auto opened = http::Listener::open(io, sockets);
  if (opened.has_error()) return opened.error();
  return std::unique_ptr<WebSocketListener>(new WebSocketListener(io, std::move(*opened), std::move(options)));
}

WebSocketListener::~WebSocketListener() {
  state_->on_link = nullptr;
  state_->on_post = nullptr;
  state_->on_get = nullptr;
  // Accepts that are under way still refer to it.
  const std::shared_ptr<http::Listener> sockets = std::move(sockets_);
  sockets->close([sockets] {});
}

std::uint16_t WebSocketListener::port() const {
  return sockets_->port();
}

void WebSocketListener::start(OnLink on_link, OnPost on_post, OnGet on_get) {
  state_->on_link = std::move(on_link);
  state_->on_post = std::move(on_post);
  state_->on_get = std::move(on_get);
  sockets_->start([this]() -> asio::io_context& { return io_; },
                  [state = state_](Tcp::socket socket) {
                    std::make_shared<Greeting>(std::move(socket), state)->start();
                    return !state->crowded();
                  },
                  options_.report);
}

}  // namespace stellwerk::websocket
