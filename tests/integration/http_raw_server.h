/// A server that says exactly what it is told to: for what no proper server would say.
#pragma once

#include <string>
#include <string_view>

#include "http/endpoint.h"

namespace stellwerk::http {

class RawServer {
 public:
  class Connection {
   public:
    explicit Connection(int fd) : fd_(fd) {}
    Connection(Connection&& other) noexcept;
    ~Connection() { close(); }
    /// All that was read until `text` was seen; empty if the connection ended first.
    std::string read_until(std::string_view text);
    void send(std::string_view bytes);
    void close();

   private:
    int fd_;
  };

  RawServer();
  ~RawServer();
  RawServer(const RawServer&) = delete;
  RawServer& operator=(const RawServer&) = delete;

  Endpoint endpoint() const { return endpoint_; }
  Connection accept();

 private:
  int fd_;
  Endpoint endpoint_;
};

}  // namespace stellwerk::http
