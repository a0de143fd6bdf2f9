/// A client that sends exactly the bytes that it is told to: for what no proper client would send.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace stellwerk::http {

class RawClient {
 public:
  struct Answer {
    /// 0: the connection ended before a whole answer.
    int status = 0;
    /// Names in lower case.
    std::map<std::string, std::string> headers;
    std::string body;

    std::string header(const std::string& name) const {
      const auto found = headers.find(name);
      return found != headers.end() ? found->second : std::string();
    }
  };

  explicit RawClient(std::uint16_t port);
  RawClient(RawClient&& other) noexcept;
  ~RawClient();

  /// False if the other side has closed.
  bool send(std::string_view bytes);
  /// Closes the sending side only.
  void finish_sending();
  /// Ends the connection by a reset.
  void reset();
  /// The next answer; `head_only` for one to HEAD.
  Answer read(bool head_only = false);
  /// Sends and reads.
  Answer ask(std::string_view bytes);
  /// Reads until `text` was seen; all that was read, shorter if the connection ended first.
  std::string read_until(std::string_view text);
  /// Waits for the end of the connection; false if bytes came instead.
  bool is_closed();
  int fd() const noexcept { return fd_; }

 private:
  bool fill();
  std::string take(std::size_t size);
  std::string take_line();

  int fd_ = -1;
  std::string buffer_;
};

}  // namespace stellwerk::http
