/// One WebSocket that carries messages of link/, on either side. Internal to this folder.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <deque>
#include <memory>
#include <string>

#include "link/link.h"

namespace stellwerk::websocket {

using Stream = boost::beast::websocket::stream<boost::beast::tcp_stream>;

/// What both sides set before the handshake: text, limits, no compression.
void prepare(Stream& stream);

/// Lives as long as an operation of its is under way, or a link holds it. On one loop.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  /// After the handshake.
  Connection(std::unique_ptr<Stream> stream, std::string peer);

  void listen(link::Handler handler);
  void send(const link::Message& message);
  /// What was sent still goes out; nothing is told any more.
  void close();
  /// At once.
  void abandon();
  const std::string& peer() const { return peer_; }

 private:
  void read();
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
  std::deque<std::string> unsent_;
  std::size_t unsent_bytes_ = 0;
  bool writing_ = false;
  bool closing_ = false;  ///< close() was called: the rest goes out, then the end
  bool over_ = false;
};

/// The link that owns a connection.
std::unique_ptr<link::Link> make_link(std::shared_ptr<Connection> connection);

}  // namespace stellwerk::websocket
