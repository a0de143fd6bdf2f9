/// The sockets that a server listens on. Internal to the server.
#pragma once

#include <stellwerk/result.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "http/options.h"

namespace stellwerk::http {

/// Lives on one loop. Connections are accepted here and belong to other loops.
class Listener {
 public:
  using Socket = boost::asio::ip::tcp::socket;
  /// The loop that the next connection is for.
  using NextLoop = std::function<boost::asio::io_context&()>;
  /// False: there are too many for now, so the next ones wait a moment, in the kernel.
  using OnSocket = std::function<bool(Socket)>;

  /// Binds and listens. Errors: invalid (an address that is none), conflict (no port is free; the
  /// message names each), failed.
  static Result<std::unique_ptr<Listener>> open(boost::asio::io_context& io, const ServerOptions& options);
  ~Listener();

  std::uint16_t port() const noexcept { return port_; }
  const std::vector<std::string>& addresses() const noexcept { return addresses_; }

  /// Begins to accept. The callbacks run on this listener's loop; `report` is told of failures.
  void start(NextLoop next_loop, OnSocket on_socket, std::function<void(std::string_view)> report);
  /// Stops listening for good and calls `done` once nothing of this listener is left on the loop.
  void close(std::function<void()> done);

 private:
  struct Door;
  explicit Listener(boost::asio::io_context& io);

  boost::system::error_code bind_all(const std::vector<boost::asio::ip::address>& addresses, std::uint16_t port);
  void accept(Door& door);
  void accept_later(Door& door, std::chrono::milliseconds pause);

  boost::asio::io_context& io_;
  std::vector<std::unique_ptr<Door>> doors_;
  bool closed_ = false;
  std::uint16_t port_ = 0;
  std::vector<std::string> addresses_;
  NextLoop next_loop_;
  OnSocket on_socket_;
  std::function<void(std::string_view)> report_;
};

}  // namespace stellwerk::http
