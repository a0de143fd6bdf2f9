/// Takes workers' connections.
#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "http/ports.h"
#include "link/link.h"

namespace stellwerk::http {
class Listener;
}

namespace stellwerk::websocket {

struct ListenerOptions {
  std::vector<std::string> addresses;
  std::vector<http::PortRange> ports;
  std::string ports_key;  ///< that `ports` came from, for messages
  /// Connections that have not become WebSockets yet. For one more the oldest is closed: a worker's takes milliseconds.
  std::size_t greetings_max = 1024;
  /// Told, one sentence each, what an operator should see.
  std::function<void(std::string_view)> report;
};

/// On one loop, as all its links. Whoever asks for anything but a WebSocket is answered 426, a browser 403: pages
/// must not speak for workers.
class WebSocketListener {
 public:
  using OnLink = std::function<void(std::unique_ptr<link::Link>)>;

  /// Errors: as http::Listener::open.
  static Result<std::unique_ptr<WebSocketListener>> open(boost::asio::io_context& io, ListenerOptions options);
  ~WebSocketListener();

  std::uint16_t port() const;
  /// Begins to accept.
  void start(OnLink on_link);

 private:
  struct State;
  WebSocketListener(boost::asio::io_context& io, std::unique_ptr<http::Listener> sockets, ListenerOptions options);

  boost::asio::io_context& io_;
  const ListenerOptions options_;
  std::unique_ptr<http::Listener> sockets_;
  std::shared_ptr<State> state_;
};

}  // namespace stellwerk::websocket
