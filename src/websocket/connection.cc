#include "websocket/connection.h"

#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>
#include <boost/beast/websocket/error.hpp>
#include <string_view>
#include <utility>

namespace stellwerk::websocket {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
using beast::error_code;

/// For the handshake, and for the last words of a connection that ends.
constexpr std::chrono::seconds kHandshakeMax{5};
/// Read at once, in bytes: whoever announces a large message has not sent it yet.
constexpr std::size_t kReadBytes = std::size_t{64} << 10;

class WebSocketLink : public link::Link {
 public:
  explicit WebSocketLink(std::shared_ptr<Connection> connection) : connection_(std::move(connection)) {}
  ~WebSocketLink() override { connection_->abandon(); }
  WebSocketLink(const WebSocketLink&) = delete;
  WebSocketLink& operator=(const WebSocketLink&) = delete;

  void listen(link::Handler handler) override { connection_->listen(std::move(handler)); }
  void send(const link::Message& message) override { connection_->send(message); }
  void close() override { connection_->close(); }
  const std::string& peer() const override { return connection_->peer(); }

 private:
  const std::shared_ptr<Connection> connection_;
};

std::string_view text_in(const beast::flat_buffer& buffer) {
  return {static_cast<const char*>(buffer.data().data()), buffer.size()};
}

}  // namespace

void prepare(Stream& stream) {
  auto timeout = beast::websocket::stream_base::timeout{};
  timeout.handshake_timeout = kHandshakeMax;
  // Heartbeats watch over silence.
  timeout.idle_timeout = beast::websocket::stream_base::none();
  timeout.keep_alive_pings = false;
  stream.set_option(timeout);
  stream.read_message_max(link::kMessageBytesMax);
  stream.text(true);
  // A message goes out whole.
  stream.auto_fragment(false);
}

// ---- turns ----

std::optional<LargeTurns::Queue::iterator> LargeTurns::take(Connection& who) {
  if (free_ == 0) return queue_.insert(queue_.end(), &who);
  --free_;
  return std::nullopt;
}

void LargeTurns::give_back() {
  if (queue_.empty()) {
    ++free_;
    return;
  }
  Connection& next = *queue_.front();
  queue_.pop_front();
  next.resume();
}

// ---- connections ----

Connection::Connection(std::unique_ptr<Stream> stream, std::string peer, std::shared_ptr<InputTurns> turns)
    : stream_(std::move(stream)), peer_(std::move(peer)), goodbye_(stream_->get_executor()), turns_(std::move(turns)) {}

Connection::~Connection() {
  end_turn();
}

void Connection::listen(link::Handler handler) {
  handler_ = std::move(handler);
  read();
}

void Connection::read() {
  stream_->async_read_some(input_, kReadBytes,
                           [self = shared_from_this()](error_code error, std::size_t) { self->on_read(error); });
}

bool Connection::may_read_on() {
  if (!turns_ || has_turn_ || input_.size() <= kSmallMessageBytesMax) return true;
  waits_at_ = turns().take(*this);
  has_turn_ = !waits_at_;
  return has_turn_;
}

void Connection::resume() {
  waits_at_.reset();
  has_turn_ = true;
  read();
}

void Connection::end_turn() {
  if (waits_at_) turns().leave(*waits_at_);
  waits_at_.reset();
  if (std::exchange(has_turn_, false)) turns().give_back();
}

void Connection::on_read(error_code error) {
  if (over_) return;
  if (error == beast::websocket::error::closed) return fail("the other side has closed it");
  if (error == beast::websocket::error::message_too_big)
    return fail("a message of more than " + std::to_string(link::kMessageBytesMax) + " bytes");
  if (error) return fail(error.message());
  if (closing_) {
    input_.consume(input_.size());
    return read();
  }
  if (!stream_->is_message_done()) {
    if (may_read_on()) read();
    return;
  }
  auto message = link::decode(text_in(input_));
  const bool text = stream_->got_text();
  input_.consume(input_.size());
  if (input_.capacity() > kSmallMessageBytesMax) input_.shrink_to_fit();
  end_turn();
  greeted_ = true;
  if (message.has_value() && text) return take(std::move(*message));
  const std::string why = text ? message.error().text : "a message that is no text";
  // Whoever sent it should know why the connection ends.
  send(link::Rejected{why.substr(0, link::kTextBytesMax)});
  const auto told = std::exchange(handler_, {});
  close();
  if (told.on_closed) told.on_closed(peer_ + ": " + why);
}

void Connection::take(link::Message message) {
  const auto handler = handler_;  // it may end the link
  if (handler.on_message) handler.on_message(std::move(message));
  if (!over_) read();
}

void Connection::send(const link::Message& message) {
  if (over_ || closing_ || lost_) return;
  std::string text = link::encode(message);
  unsent_bytes_ += text.size();
  unsent_.push_back(std::move(text));
  if (unsent_bytes_ > link::kUnsentBytesMax) {
    lost_ = true;
    asio::post(stream_->get_executor(), [self = shared_from_this()] {
      self->fail("it reads too slowly: " + std::to_string(self->unsent_bytes_) + " bytes wait for it");
    });
    return;
  }
  if (!writing_) write();
}

void Connection::write() {
  writing_ = true;
  stream_->async_write(asio::buffer(unsent_.front()),
                       [self = shared_from_this()](error_code error, std::size_t) { self->on_write(error); });
}

void Connection::on_write(error_code error) {
  writing_ = false;
  if (over_) return;
  if (error) return fail(error.message());
  unsent_bytes_ -= unsent_.front().size();
  unsent_.pop_front();
  if (!unsent_.empty()) return write();
  if (closing_) say_goodbye();
}

void Connection::close() {
  if (over_ || closing_) return;
  closing_ = true;
  handler_ = {};
  // Nobody wants the rest of a large message.
  end_turn();
  // Whoever does not read is not waited for.
  goodbye_.expires_after(kHandshakeMax);
  goodbye_.async_wait([self = shared_from_this()](error_code error) {
    if (!error) self->end();
  });
  if (!writing_) say_goodbye();
}

void Connection::say_goodbye() {
  stream_->async_close(beast::websocket::close_code::normal, [self = shared_from_this()](error_code) { self->end(); });
}

void Connection::fail(const std::string& why) {
  if (over_) return;
  const auto told = std::exchange(handler_, {});
  end();
  if (told.on_closed) told.on_closed(peer_ + ": " + why);
}

void Connection::abandon() {
  if (closing_) return;  // it ends by itself, within kHandshakeMax
  handler_ = {};
  end();
}

void Connection::end() {
  if (std::exchange(over_, true)) return;
  end_turn();
  goodbye_.cancel();
  error_code ignored;
  beast::get_lowest_layer(*stream_).socket().close(ignored);
}

std::unique_ptr<link::Link> make_link(std::shared_ptr<Connection> connection) {
  return std::make_unique<WebSocketLink>(std::move(connection));
}

}  // namespace stellwerk::websocket
