/// What a server can be told, and every limit it keeps.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "http/message.h"
#include "http/ports.h"
#include "http/request_parser.h"

namespace stellwerk::http {

struct ServerOptions {
  /// Addresses or names; all get the same port. "::" takes IPv4 too.
  std::vector<std::string> addresses{"127.0.0.1"};
  /// The first port that is free on all addresses is taken (`rest.bind-port`).
  std::vector<PortRange> ports{{8081, 8081}};
  /// The key that `ports` came from, for messages.
  std::string ports_key = "rest.bind-port";
  /// `rest.server.numThreads`
  unsigned threads = 4;

  ParserLimits parser;
  /// One body, in bytes (`rest.server.max-content-length`); more is answered 413.
  std::size_t body_bytes_max = 104857600;
  /// All bodies together that are being received or worked on, in bytes; more is answered 503.
  std::size_t bodies_bytes_max = 256 * 1024 * 1024;
  /// Answers together that wait for clients which do not read as fast as they come, in bytes. Beyond it the clients
  /// that are read from longest are cut off.
  std::size_t answers_bytes_max = 256 * 1024 * 1024;
  /// Answers that are read from a file at a time. For one more the client is cut off that has read longest; where there
  /// is none on the same thread it is answered 503.
  std::size_t files_max = 256;
  /// Open connections. For one more one is closed: that which has waited longest for a whole head, or else for its
  /// client to send a body or to read an answer; where there is none on the same thread the new one is answered 503 and
  /// closed.
  std::size_t connections_max = 20000;
  /// Connections over that limit that are being told so, or are making room; beyond them the next ones wait in the
  /// kernel.
  std::size_t refused_at_once_max = 256;
  /// Bytes of further requests that a connection may send before its last one is answered.
  std::size_t pipelined_bytes_max = 16 * 1024;

  /// A connection without a request is closed after this (`rest.idleness-timeout`).
  std::chrono::milliseconds idle_deadline = std::chrono::minutes(5);
  /// From a request's first byte to the end of its head; then 408.
  std::chrono::milliseconds header_deadline = std::chrono::seconds(10);
  /// Each such period must bring `progress_bytes_min` of a body, or its end; else 408. The same holds
  /// for what a client reads of an answer; else it is cut off.
  std::chrono::milliseconds progress_deadline = std::chrono::seconds(30);
  std::size_t progress_bytes_min = 4 * 1024;
  /// For handlers: then 504, with `"outcome":"unknown"` unless the method is safe.
  std::chrono::milliseconds handler_deadline = std::chrono::minutes(10);
  /// How long a connection that we close is still read from, so that its answer is not lost.
  std::chrono::milliseconds linger_deadline = std::chrono::seconds(2);
  /// A stream that is silent for this long gets its heartbeat.
  std::chrono::milliseconds stream_heartbeat = std::chrono::seconds(15);
  /// In answers that say "later".
  std::chrono::seconds retry_after = std::chrono::seconds(1);

  /// `web.access-control-allow-origin`, see http/cors.h.
  std::string allow_origin = "*";

  /// Called on an HTTP thread right before an answer is written, to add headers that must be true at
  /// that moment. Must be quick and thread-safe. After a bad request only `headers` and `peer` of the
  /// request may hold something.
  std::function<void(const Request&, Response&)> decorate;
  /// Told, one sentence each, what an operator should see: from any HTTP thread.
  std::function<void(std::string_view)> report;
};

/// Counters for /metrics; each is exact, but they are not read at one moment.
struct ServerStats {
  std::size_t connections = 0;
  std::uint64_t connections_accepted = 0;
  std::uint64_t connections_refused = 0;
  /// Closed for others while they waited for a request.
  std::uint64_t connections_dropped = 0;
  std::uint64_t requests = 0;
  /// Requests that could not be understood or were too slow.
  std::uint64_t bad_requests = 0;
  std::uint64_t handler_deadlines = 0;
  /// Requests between the end of their head and the end of their answer.
  std::size_t active = 0;
  std::size_t body_bytes = 0;
  /// Of answers that wait for their clients.
  std::size_t answer_bytes = 0;
  /// Clients that were cut off because answers took too much memory.
  std::uint64_t readers_dropped = 0;
};

}  // namespace stellwerk::http
