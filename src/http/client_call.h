/// One call of the client, and what all calls of one client share. Internal to the client.
#pragma once

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "http/client.h"
#include "http/response_parser.h"

namespace stellwerk::http {

/// Only used on the loop, but for `options`.
struct Client::Shared : std::enable_shared_from_this<Client::Shared> {
  using Clock = std::chrono::steady_clock;
  struct Idle {
    boost::asio::ip::tcp::socket socket;
    Clock::time_point until;
  };

  Shared(boost::asio::io_context& loop, ClientOptions o) : io(loop), options(std::move(o)) {}

  /// A kept connection that is still open, or none.
  std::optional<boost::asio::ip::tcp::socket> take_idle(const std::string& authority);
  void keep(const std::string& authority, boost::asio::ip::tcp::socket socket);
  void close();

  boost::asio::io_context& io;
  const ClientOptions options;
  bool closed = false;
  std::set<std::shared_ptr<Call>> calls;
  std::map<std::string, std::vector<Idle>> idle;
  std::size_t idle_count = 0;
};

class Client::Call : public std::enable_shared_from_this<Client::Call> {
 public:
  Call(std::shared_ptr<Shared> shared, Endpoint to, ClientRequest request, Callback done,
       std::chrono::milliseconds answer_deadline);

  // All on the loop.
  void start();
  /// Ends it as if its deadline had passed.
  void give_up();

 private:
  using Tcp = boost::asio::ip::tcp;
  using ErrorCode = boost::system::error_code;

  void connect();
  void connect_to(const std::vector<Tcp::endpoint>& endpoints);
  void on_connected(ErrorCode error);
  void write();
  void read();
  void on_read(ErrorCode error, std::size_t size);
  void arm_deadline(std::chrono::milliseconds from_start);
  /// Ends the call: not sent or unknown, as far as it got.
  void fail(const std::string& why);
  void finish(Result<ClientResponse> result);

  std::shared_ptr<Shared> shared_;
  const Endpoint to_;
  const Method method_;
  const std::string bytes_;
  Callback done_;
  const std::chrono::milliseconds answer_deadline_;
  const Shared::Clock::time_point started_;
  Tcp::socket socket_;
  Tcp::resolver resolver_;
  boost::asio::steady_timer timer_;
  ResponseParser parser_;
  std::array<char, 16 * 1024> buffer_;
  bool connected_ = false;
  /// Bytes may have left.
  bool sent_ = false;
  bool written_ = false;
  /// The connection was used before, so that it may be closed from the other side at any time.
  bool reused_ = false;
  bool finished_ = false;
};

}  // namespace stellwerk::http
