/// One WebSocket that carries messages of link/, on either side. Internal to this folder.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <deque>
#include <list>
#include <memory>
#include <optional>
#include <string>

#include "link/link.h"

namespace stellwerk::websocket {

using Stream = boost::beast::websocket::stream<boost::beast::tcp_stream>;

/// What both sides set before the handshake: text, limits, no compression.
void prepare(Stream& stream);

/// What is read of a message without waiting for a turn, and what is kept of the memory for it between two, in bytes: a
/// heartbeat has some 150, the hello of a worker with 50 attempts some 10,000.
inline constexpr std::size_t kSmallMessageBytesMax = std::size_t{16} << 10;

class Connection;

/// Bounds the memory for large messages that are being read: so many at a time, the others wait unread in the order in
/// which they came. Who must not hold a turn for long is ended by the deadlines of the link's owner. On one loop.
class LargeTurns {
 public:
  using Queue = std::list<Connection*>;

  explicit LargeTurns(std::size_t at_once) : free_(at_once) {}

  /// A place in the queue, if there is no turn yet: Connection::resume() follows, unless the place is left before.
  std::optional<Queue::iterator> take(Connection& who);
  void leave(Queue::iterator place) { queue_.erase(place); }
  void give_back();

 private:
  std::size_t free_;
  Queue queue_;
};

/// What all connections of a port share.
struct InputTurns {
  /// Anybody who can connect may say hello.
  LargeTurns greetings{16};
  LargeTurns messages{64};
};

/// Lives as long as an operation of its is under way, or a link holds it. On one loop.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  /// After the handshake. `turns`: null where the other side is trusted.
  Connection(std::unique_ptr<Stream> stream, std::string peer, std::shared_ptr<InputTurns> turns = nullptr);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  void listen(link::Handler handler);
  void send(const link::Message& message);
  /// What was sent still goes out; nothing is told any more.
  void close();
  /// At once.
  void abandon();
  const std::string& peer() const { return peer_; }

  /// Its turn to read a large message has come.
  void resume();
  /// What the input takes up now, in bytes.
  std::size_t input_bytes() const { return input_.capacity(); }

 private:
  void read();
  void take(link::Message message);
  /// Whether more of this message may be read now.
  bool may_read_on();
  LargeTurns& turns() const { return greeted_ ? turns_->messages : turns_->greetings; }
  void end_turn();
  void on_read(boost::beast::error_code error);
  void write();
  void on_write(boost::beast::error_code error);
  void say_goodbye();
  void fail(const std::string& why);
  void end();

  const std::unique_ptr<Stream> stream_;
  const std::string peer_;
  boost::asio::steady_timer goodbye_;  ///< ends a close() that the other side does not answer
  link::Handler handler_;
  boost::beast::flat_buffer input_;
  const std::shared_ptr<InputTurns> turns_;
  bool has_turn_ = false;
  std::optional<LargeTurns::Queue::iterator> waits_at_;  ///< for a turn; nothing is read meanwhile
  bool greeted_ = false;                                 ///< its first message has come
  std::deque<std::string> unsent_;
  std::size_t unsent_bytes_ = 0;
  bool writing_ = false;
  bool closing_ = false;  ///< close() was called: the rest goes out, then the end
  bool lost_ = false;     ///< it reads too slowly: the end is on its way
  bool over_ = false;
};

/// The link that owns a connection.
std::unique_ptr<link::Link> make_link(std::shared_ptr<Connection> connection);

}  // namespace stellwerk::websocket
