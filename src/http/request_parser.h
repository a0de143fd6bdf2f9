/// Reads one request after the other from the bytes of a connection, as strictly as RFC 9112 allows:
/// whatever two readers could understand differently is refused, so that nobody smuggles a request
/// past a proxy in front of us.
///
/// Own code rather than Beast's: Beast takes unknown and stacked transfer codings, repeated lengths,
/// folded lines and more that we must refuse, and an assertion of its chunk reader (1.81) can be
/// triggered by a client that splits the last chunk between two packets.
///
/// Pure: no sockets, no clock. Not thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "http/message.h"
#include "http/syntax.h"

namespace stellwerk::http {

struct ParserLimits {
  /// Request line and headers together, in bytes; more is answered 431.
  std::size_t head_bytes_max = 16 * 1024;
  /// Header lines; more is answered 400.
  std::size_t headers_max = 100;
};

/// Why a request is not served: the status and the sentence of the answer. The connection cannot be
/// used again, because nobody knows where the next request begins.
struct Refusal {
  int status = 0;
  std::string text;
};

class RequestParser {
 public:
  enum class State { more, ready, refused };

  explicit RequestParser(ParserLimits limits) : limits_(limits) {}

  /// Looks for a whole head at the front of `data`. `more`: nothing was taken; call again with the
  /// same bytes and more behind them. `ready`: the head was taken from `data` and is in `out`.
  State take_head(std::string_view& data, Request& out);

  /// After a head: whether a body follows, how long it is (none: chunked), and whether the client
  /// waits for "100 Continue" before it sends it.
  bool has_body() const noexcept { return has_body_; }
  std::optional<std::uint64_t> body_length() const noexcept { return length_; }
  bool expects_continue() const noexcept { return expects_continue_; }

  /// Takes from the front of `data` what belongs to the body. `ready`: it is complete. A body over
  /// `body_max` bytes is refused with 413 as soon as that is certain.
  State take_body(std::string_view& data, Request& out, std::size_t body_max);

  /// After `refused`.
  const Refusal& refusal() const noexcept { return refusal_; }

  /// Gets ready for the next request.
  void reset();

 private:
  State refuse(int status, std::string_view text);
  State parse_head(Request& out);
  bool parse_request_line(std::string_view line, Request& out);
  bool parse_target(Request& out);
  bool take_authority(Request& out);
  bool parse_path(Request& out);
  bool parse_query(std::string_view text, Request& out);
  bool check_host(const Request& request);
  bool check_framing(const Request& request);
  bool check_connection(Request& request);

  ParserLimits limits_;
  Refusal refusal_;
  std::size_t checked_ = 0;
  /// Of a target that is a whole URL; points into the request.
  std::string_view authority_;
  bool blank_line_skipped_ = false;
  bool has_body_ = false;
  bool expects_continue_ = false;
  std::optional<std::uint64_t> length_;
  ChunkDecoder chunks_;
};

}  // namespace stellwerk::http
