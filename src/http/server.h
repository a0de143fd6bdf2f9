/// The HTTP server: listens, reads requests strictly, routes them, writes their answers.
///
/// start() and stop() may be called from any thread but the server's own. Handlers, `decorate` and
/// `report` are called on the server's threads, several at once.
#pragma once

#include <stellwerk/result.h>

#include <chrono>
#include <cstdint>
#include <memory>

#include "http/options.h"
#include "http/router.h"

namespace stellwerk::http {

class Server {
 public:
  /// Binds, listens and starts the threads. Errors: invalid, conflict (no port is free), failed; the
  /// message is for the operator.
  static Result<std::unique_ptr<Server>> start(ServerOptions options, std::shared_ptr<const Router> router);
  /// Stops at once, without draining.
  ~Server();

  std::uint16_t port() const noexcept;

  /// From now on every new request is answered 503 with Retry-After and its connection closed, and
  /// streams of events end. For good.
  void close_gate();
  /// Closes the gate, waits at most `drain` for requests that are being served, then closes
  /// everything and ends the threads. True if nothing had to be cut off. Responders that answer
  /// later do nothing.
  bool stop(std::chrono::milliseconds drain);

  ServerStats stats() const;

 private:
  struct Impl;
  explicit Server(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace stellwerk::http
