/// One keep-alive connection of the load generator: a request, its answer, the next request.
#pragma once

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <functional>
#include <string>

namespace stellwerk::bench {

/// An HTTP client of the barest kind, so that it takes less of the processor than what it measures:
/// it understands answers with a Content-Length and nothing else.
class LoadConnection {
 public:
  /// `answered(status)` after each answer; `broken(why)` once, and nothing after it.
  struct Hooks {
    std::function<void(int status)> answered;
    std::function<void(const std::string& why)> broken;
  };

  LoadConnection(boost::asio::io_context& io, Hooks hooks) : socket_(io), hooks_(std::move(hooks)) {}

  /// Blocks until the server accepts.
  boost::system::error_code connect(const boost::asio::ip::tcp::endpoint& server);
  /// Only when nothing is being answered. `request` is sent whole before it returns or later.
  void send(std::string_view request);

 private:
  void read();
  void on_read(std::size_t bytes);
  void fail(const std::string& why);

  boost::asio::ip::tcp::socket socket_;
  const Hooks hooks_;
  std::array<char, 16 * 1024> buffer_{};
  std::string unsent_;
  std::string head_;
  /// Bytes of the body that are still to come; only after its head.
  std::size_t body_left_ = 0;
  bool in_body_ = false;
  bool broken_ = false;
  int status_ = 0;
};

}  // namespace stellwerk::bench
