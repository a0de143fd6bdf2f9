/// Reads one answer from the bytes of a connection; the client's counterpart of RequestParser. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "http/client.h"
#include "http/syntax.h"

namespace stellwerk::http {

class ResponseParser {
 public:
  enum class State { more, ready, bad };

  /// `to`: the method that was sent; answers to HEAD have no body.
  ResponseParser(Method to, std::size_t head_bytes_max, std::size_t body_bytes_max)
      : to_(to), head_bytes_max_(head_bytes_max), body_bytes_max_(body_bytes_max) {}

  /// Takes all of `data`. After `ready` there must be nothing more: that is `bad`.
  State feed(std::string_view data);
  /// The connection has ended.
  State finish();

  /// Whether any byte has come.
  bool started() const noexcept { return started_; }
  /// After `ready`: whether the connection can carry another request.
  bool keep_alive() const noexcept { return keep_alive_; }
  ClientResponse& response() noexcept { return response_; }
  /// After `bad`.
  std::string_view fault() const noexcept { return fault_; }

 private:
  enum class Framing { none, length, chunked, until_end };

  State fail(std::string_view why) noexcept;
  State on_head(std::string_view head);
  State set_framing(const std::vector<Field>& fields);
  State take_body(std::string_view data);

  const Method to_;
  const std::size_t head_bytes_max_;
  const std::size_t body_bytes_max_;
  bool started_ = false;
  bool in_body_ = false;
  bool keep_alive_ = false;
  Framing framing_ = Framing::none;
  std::uint64_t length_ = 0;
  ChunkDecoder chunks_;
  std::string head_;
  std::size_t checked_ = 0;
  ClientResponse response_;
  std::string_view fault_;
};

}  // namespace stellwerk::http
