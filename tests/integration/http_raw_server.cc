#include "integration/http_raw_server.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <utility>

namespace stellwerk::http {
namespace {

/// So that a broken client fails a test instead of hanging it.
constexpr timeval kServerPatience{.tv_sec = 60, .tv_usec = 0};

}  // namespace

RawServer::Connection::Connection(Connection&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

std::string RawServer::Connection::read_until(std::string_view text) {
  std::string out;
  std::array<char, 4096> bytes;
  while (out.find(text) == std::string::npos) {
    const ssize_t size = ::recv(fd_, bytes.data(), bytes.size(), 0);
    if (size <= 0) return {};
    out.append(bytes.data(), static_cast<std::size_t>(size));
  }
  return out;
}

void RawServer::Connection::send(std::string_view bytes) {
  EXPECT_EQ(::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL), static_cast<ssize_t>(bytes.size()));
}

void RawServer::Connection::close() {
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

RawServer::RawServer() : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &kServerPatience, sizeof kServerPatience);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(::bind(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  EXPECT_EQ(::listen(fd_, 16), 0);
  socklen_t size = sizeof address;
  EXPECT_EQ(::getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size), 0);
  endpoint_ = {"127.0.0.1", ntohs(address.sin_port), ""};
}

RawServer::~RawServer() {
  ::close(fd_);
}

RawServer::Connection RawServer::accept() {
  const int fd = ::accept4(fd_, nullptr, nullptr, SOCK_CLOEXEC);
  EXPECT_GE(fd, 0);
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &kServerPatience, sizeof kServerPatience);
  return Connection(fd);
}

}  // namespace stellwerk::http
