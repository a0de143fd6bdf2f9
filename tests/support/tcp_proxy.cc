#include "support/tcp_proxy.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <list>
#include <mutex>
#include <thread>
#include <vector>

namespace stellwerk::test {
namespace {

using Clock = std::chrono::steady_clock;

void must(bool ok, const char* what) {
  if (ok) return;
  std::perror(what);
  std::abort();
}

constexpr const char* kHost = "127.0.0.1";

sockaddr_in at(const std::string& host, std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  must(::inet_pton(AF_INET, host.c_str(), &address.sin_addr) == 1, "inet_pton");
  return address;
}

void close_with_reset(int fd) {
  const linger now{1, 0};
  ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  ::close(fd);
}

/// One direction of a connection: what was read and may be written from a moment on.
struct Flow {
  struct Piece {
    Clock::time_point ready;
    std::string bytes;
  };
  std::deque<Piece> pieces;
  bool ended = false;  ///< nothing more comes; what is here is still passed on
};

struct Connection {
  int client = -1;
  int server = -1;  ///< -1: stalled, nothing is passed on
  Flow to_server;
  Flow to_client;
  bool over = false;
  bool lost = false;  ///< over, by a reset
};

}  // namespace

class TcpProxy::Loop {
 public:
  Loop(std::uint16_t target_port, const std::string& listen_host, std::uint16_t listen_port)
      : host(listen_host), target_port_(target_port) {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    const int reuse = 1;
    ::setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &reuse, sizeof reuse);
    const sockaddr_in address = at(host, listen_port);
    must(::bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0, "bind");
    must(::listen(listener_, 64) == 0, "listen");
    sockaddr_in bound{};
    socklen_t size = sizeof bound;
    must(::getsockname(listener_, reinterpret_cast<sockaddr*>(&bound), &size) == 0, "getsockname");
    port = ntohs(bound.sin_port);
    wake_ = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    must(wake_ != -1, "eventfd");
    thread_ = std::thread([this] { run(); });
  }

  ~Loop() {
    ask([this] { stop_ = true; });
    thread_.join();
    for (Connection& connection : connections_) end(connection);
    ::close(listener_);
    ::close(wake_);
  }

  /// Runs `change` between two turns of the loop and returns after it.
  template <class Change>
  void ask(Change change) {
    std::unique_lock lock(mutex_);
    change();
    ++asked_;
    const std::uint64_t mine = asked_;
    const std::uint64_t one = 1;
    must(::write(wake_, &one, sizeof one) == sizeof one, "wake");
    done_.wait(lock, [&] { return seen_ >= mine || stop_; });
  }

  template <class Value>
  Value read(Value Loop::*value) {
    const std::lock_guard lock(mutex_);
    return this->*value;
  }

  void end_all(bool lost) {
    for (Connection& connection : connections_) {
      connection.over = true;
      connection.lost = lost;
    }
  }

  // Guarded by mutex_, which the loop lets go only while it waits.
  bool refuse = false;
  bool stall = false;
  bool hold_replies = false;
  std::uint64_t lose_reply = 0;  ///< counted down; 0: none
  std::chrono::milliseconds delay_to_server{0};
  std::chrono::milliseconds delay_to_client{0};
  std::string greeting;
  std::uint64_t accepted = 0;
  std::uint64_t bytes_to_server = 0;
  // Constant once the constructor has returned.
  const std::string host;
  std::uint16_t port = 0;

 private:
  void run() {
    std::unique_lock lock(mutex_);
    while (!stop_) {
      std::vector<pollfd> fds = wanted();
      const int wait = next_ready();
      seen_ = asked_;
      done_.notify_all();
      lock.unlock();
      ::poll(fds.data(), fds.size(), wait);
      lock.lock();
      std::uint64_t wakes = 0;
      (void)!::read(wake_, &wakes, sizeof wakes);
      if ((fds[1].revents & POLLIN) != 0) accept_all();
      std::size_t at = 2;
      for (Connection& connection : connections_) {
        if (at + 1 >= fds.size()) break;  // accepted in this turn
        pass(connection, fds[at].revents, fds[at + 1].revents);
        at += 2;
      }
      connections_.remove_if([](Connection& connection) {
        if (connection.over) end(connection);
        return connection.over;
      });
    }
    seen_ = asked_;
    done_.notify_all();
  }

  std::vector<pollfd> wanted() const {
    std::vector<pollfd> fds{{wake_, POLLIN, 0}, {listener_, POLLIN, 0}};
    for (const Connection& connection : connections_) {
      const bool stalled = connection.server == -1;
      const short out_client = writable_now(connection.to_client, hold_replies) ? POLLOUT : 0;
      const short out_server = writable_now(connection.to_server, false) ? POLLOUT : 0;
      // A stalled one is not read either, so that its peer meets a full buffer in the end.
      fds.push_back(look_at(connection.client, stalled || connection.to_server.ended, out_client, stalled));
      fds.push_back(look_at(connection.server, connection.to_client.ended, out_server, false));
    }
    return fds;
  }

  /// A side that has ended says so at every look; without anything to write to it, it is not looked at.
  static pollfd look_at(int fd, bool deaf, short out, bool want_hangup) {
    const auto events = static_cast<short>((deaf ? 0 : POLLIN) | out);
    return {events == 0 && !want_hangup ? -1 : fd, events, 0};
  }

  static bool writable_now(const Flow& flow, bool held) {
    return !held && !flow.pieces.empty() && flow.pieces.front().ready <= Clock::now();
  }

  /// Milliseconds until a delayed piece is ready; -1 for none. A connection marked as over is at once.
  int next_ready() const {
    auto first = Clock::time_point::max();
    for (const Connection& connection : connections_) {
      if (connection.over) return 0;
      if (!connection.to_server.pieces.empty()) first = std::min(first, connection.to_server.pieces.front().ready);
      if (!hold_replies && !connection.to_client.pieces.empty()) {
        first = std::min(first, connection.to_client.pieces.front().ready);
      }
    }
    const auto now = Clock::now();
    if (first == Clock::time_point::max() || first <= now) return -1;  // ready ones are woken by POLLOUT
    return static_cast<int>(std::chrono::ceil<std::chrono::milliseconds>(first - now).count());
  }

  void accept_all() {
    for (;;) {
      const int client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
      if (client == -1) return;
      ++accepted;
      if (refuse) {
        close_with_reset(client);
        continue;
      }
      Connection connection;
      connection.client = client;
      if (!greeting.empty()) {
        connection.to_client.pieces.push_back({Clock::now(), greeting});
      } else if (!stall && !connect(connection)) {
        close_with_reset(client);
        continue;
      }
      connections_.push_back(std::move(connection));
    }
  }

  bool connect(Connection& connection) const {
    connection.server = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const sockaddr_in address = at(kHost, target_port_);
    if (::connect(connection.server, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
      ::close(connection.server);
      return false;
    }
    ::fcntl(connection.server, F_SETFL, O_NONBLOCK);
    return true;
  }

  void pass(Connection& connection, short client, short server) {
    if (connection.over) return;
    if (connection.server == -1) {
      give(connection, connection.client, connection.to_client, false);
      connection.over = connection.over || (client & (POLLHUP | POLLERR)) != 0;
      return;
    }
    constexpr short kInput = POLLIN | POLLHUP | POLLERR;
    if ((client & kInput) != 0) take(connection, connection.client, connection.to_server, delay_to_server);
    if ((server & kInput) != 0) {
      if ((server & POLLIN) != 0 && lose_reply > 0 && --lose_reply == 0) {
        connection.over = connection.lost = true;
        return;
      }
      take(connection, connection.server, connection.to_client, delay_to_client);
    }
    bytes_to_server += give(connection, connection.server, connection.to_server, false);
    give(connection, connection.client, connection.to_client, hold_replies);
    for (const Flow* flow : {&connection.to_server, &connection.to_client}) {
      if (flow->ended && flow->pieces.empty()) connection.over = true;
    }
  }

  static void take(Connection& connection, int fd, Flow& flow, std::chrono::milliseconds delay) {
    std::array<char, 16384> bytes{};
    const ssize_t got = ::recv(fd, bytes.data(), bytes.size(), 0);
    if (got > 0) {
      flow.pieces.push_back({Clock::now() + delay, std::string(bytes.data(), static_cast<std::size_t>(got))});
    } else if (got == 0) {
      flow.ended = true;
    } else if (errno != EAGAIN) {
      connection.over = connection.lost = true;
    }
  }

  static std::uint64_t give(Connection& connection, int fd, Flow& flow, bool held) {
    std::uint64_t total = 0;
    while (!connection.over && writable_now(flow, held)) {
      std::string& bytes = flow.pieces.front().bytes;
      const ssize_t sent = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) {
        connection.over = errno != EAGAIN;
        break;
      }
      total += static_cast<std::uint64_t>(sent);
      bytes.erase(0, static_cast<std::size_t>(sent));
      if (bytes.empty()) flow.pieces.pop_front();
    }
    return total;
  }

  static void end(Connection& connection) {
    for (const int fd : {connection.client, connection.server}) {
      if (fd == -1) continue;
      connection.lost ? close_with_reset(fd) : static_cast<void>(::close(fd));
    }
  }

  const std::uint16_t target_port_;
  int listener_ = -1;
  int wake_ = -1;
  std::mutex mutex_;
  std::condition_variable done_;
  std::uint64_t asked_ = 0;
  std::uint64_t seen_ = 0;
  bool stop_ = false;
  std::list<Connection> connections_;
  std::thread thread_;
};

TcpProxy::TcpProxy(std::uint16_t target_port) : TcpProxy(target_port, kHost, 0) {}

TcpProxy::TcpProxy(std::uint16_t target_port, const std::string& host, std::uint16_t port)
    : loop_(std::make_unique<Loop>(target_port, host, port)) {}

TcpProxy::~TcpProxy() = default;

std::string TcpProxy::address() const {
  return loop_->host + ":" + std::to_string(loop_->port);
}

std::uint16_t TcpProxy::port() const {
  return loop_->port;
}

void TcpProxy::greet(std::string bytes) {
  loop_->ask([&] { loop_->greeting = std::move(bytes); });
}

void TcpProxy::reset_connections() {
  loop_->ask([this] { loop_->end_all(true); });
}

void TcpProxy::finish_connections() {
  loop_->ask([this] { loop_->end_all(false); });
}

void TcpProxy::refuse(bool on) {
  loop_->ask([this, on] { loop_->refuse = on; });
}

void TcpProxy::stall(bool on) {
  loop_->ask([this, on] { loop_->stall = on; });
}

void TcpProxy::hold_replies(bool on) {
  loop_->ask([this, on] { loop_->hold_replies = on; });
}

void TcpProxy::lose_reply(std::uint64_t number) {
  loop_->ask([this, number] { loop_->lose_reply = number; });
}

void TcpProxy::delay(std::chrono::milliseconds to_server, std::chrono::milliseconds to_client) {
  loop_->ask([=, this] {
    loop_->delay_to_server = to_server;
    loop_->delay_to_client = to_client;
  });
}

std::uint64_t TcpProxy::accepted() const {
  return loop_->read(&Loop::accepted);
}

std::uint64_t TcpProxy::bytes_to_server() const {
  return loop_->read(&Loop::bytes_to_server);
}

}  // namespace stellwerk::test
