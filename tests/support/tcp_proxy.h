/// A proxy on 127.0.0.1 that stands between a client and a server and does what networks do to both.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

namespace stellwerk::test {

/// Serves on a thread of its own from the constructor to the destructor. Call from any thread; what is
/// asked holds when the call has returned, for connections that stand and for later ones.
class TcpProxy {
 public:
  explicit TcpProxy(std::uint16_t target_port);
  /// Listens elsewhere: another address of this host (127.0.0.x), a port that is known before.
  TcpProxy(std::uint16_t target_port, const std::string& host, std::uint16_t port);
  ~TcpProxy();
  TcpProxy(const TcpProxy&) = delete;
  TcpProxy& operator=(const TcpProxy&) = delete;

  std::string address() const;  ///< "127.0.0.1:port"
  std::uint16_t port() const;

  /// Ends the connections that stand, with a reset or in order. New ones are taken.
  void reset_connections();
  void finish_connections();
  /// New connections are taken and at once reset (as by a port without a server), or not any more.
  void refuse(bool on);
  /// New connections are taken, and nothing is passed on, or not any more.
  void stall(bool on);
  /// New connections are told this and nothing else: something else listens there. Empty: not any more.
  void greet(std::string bytes);
  /// What the server says is kept back, and let go later.
  void hold_replies(bool on);
  /// The next thing that the server says is lost, and the connection with it: a request got through and
  /// its reply did not. With a number, that one of the things that it says from now on.
  void lose_next_reply() { lose_reply(1); }
  void lose_reply(std::uint64_t number);
  /// Everything takes this long in each direction.
  void delay(std::chrono::milliseconds to_server, std::chrono::milliseconds to_client);

  std::uint64_t accepted() const;         ///< connections so far
  std::uint64_t bytes_to_server() const;  ///< passed on so far

 private:
  class Loop;
  std::unique_ptr<Loop> loop_;
};

}  // namespace stellwerk::test
