#include "guard/conversation.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <utility>

namespace stellwerk::guard::worker_mode {

bool parse_address(const std::string& text, sockaddr_storage& out, socklen_t& size) {
  const auto colon = text.rfind(':');
  if (colon == std::string::npos) return false;
  std::uint16_t port = 0;
  const char* const end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data() + colon + 1, end, port);
  if (error != std::errc() || at != end || port == 0) return false;
  std::string host = text.substr(0, colon);
  std::memset(&out, 0, sizeof out);
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
    auto& six = reinterpret_cast<sockaddr_in6&>(out);
    six.sin6_family = AF_INET6;
    six.sin6_port = htons(port);
    size = sizeof six;
    return ::inet_pton(AF_INET6, host.c_str(), &six.sin6_addr) == 1;
  }
  auto& four = reinterpret_cast<sockaddr_in&>(out);
  four.sin_family = AF_INET;
  four.sin_port = htons(port);
  size = sizeof four;
  return ::inet_pton(AF_INET, host.c_str(), &four.sin_addr) == 1;
}

Conversation::Conversation(std::string master, std::string request, Time now)
    : master_(std::move(master)), until_(now + kMax), unsent_(std::move(request)) {
  connect();
}

void Conversation::connect() {
  sockaddr_storage address;
  socklen_t size = 0;
  if (!parse_address(master_, address, size)) {
    reply_ = Reply{Answer::never, "it is no address in numbers"};
    return;
  }
  socket_.reset(::socket(address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket_) return fail("socket");
  const int on = 1;
  ::setsockopt(socket_.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (::connect(socket_.get(), reinterpret_cast<const sockaddr*>(&address), size) != 0 && errno != EINPROGRESS)
    fail("connect");
}

pollfd Conversation::wait() const {
  return {socket_.get(), static_cast<short>(unsent_.empty() ? POLLIN : POLLIN | POLLOUT), 0};
}

void Conversation::turn(Time now, short revents) {
  if (!reply_ && !unsent_.empty() && (revents & (POLLOUT | POLLERR | POLLHUP)) != 0) write();
  if (!reply_ && (revents & (POLLIN | POLLERR | POLLHUP)) != 0) read();
  if (!reply_ && now >= until_) reply_ = Reply{Answer::not_now, "no answer in time"};
  if (reply_) socket_.reset();
}

void Conversation::write() {
  const ssize_t sent = ::send(socket_.get(), unsent_.data(), unsent_.size(), MSG_NOSIGNAL);
  if (sent >= 0)
    unsent_.erase(0, static_cast<std::size_t>(sent));
  else if (errno != EAGAIN && errno != EINTR)
    fail("send");
}

void Conversation::read() {
  std::array<char, 1024> bytes;
  const ssize_t got = ::recv(socket_.get(), bytes.data(), bytes.size(), 0);
  if (got < 0) {
    if (errno != EAGAIN && errno != EINTR) fail("recv");
    return;
  }
  received_.append(bytes.data(), static_cast<std::size_t>(got));
  reply_ = read_reply(received_, got == 0);
}

void Conversation::fail(const std::string& why) {
  reply_ = Reply{Answer::not_now, why + ": " + std::strerror(errno)};
}

}  // namespace stellwerk::guard::worker_mode
