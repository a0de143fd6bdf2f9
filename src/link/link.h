/// The connections between workers and masters, as a port: messages in order, or the end.
///
/// Implementations: over WebSocket (websocket/), in memory (link/memory_links.h), and the simulator's. One suite
/// (tests/contract/) holds for all of them.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "link/message.h"

namespace stellwerk::link {

/// What waits to be sent on one link, in bytes. Who reads more slowly loses the link: both ends hear that it is over.
inline constexpr std::size_t kUnsentBytesMax = std::size_t{16} << 20;

/// What a link's owner hears, on the executor, never from inside a call that it makes itself.
struct Handler {
  std::function<void(Message message)> on_message;
  /// The link is over: nothing follows. One sentence for people, with the other side's address. Not called after
  /// close() or destruction.
  std::function<void(const std::string& why)> on_closed;
};

/// One connection. Use on the executor; destroying it ends the connection without another word.
class Link {
 public:
  virtual ~Link() = default;

  /// To be called once, before anything is heard; until then messages wait.
  virtual void listen(Handler handler) = 0;
  /// Arrives after what was sent before, or not at all. After the end it does nothing.
  virtual void send(const Message& message) = 0;
  /// What was sent still goes out, for a moment.
  virtual void close() = 0;
  /// The other side, "address:port".
  virtual const std::string& peer() const = 0;
};

class Dialer {
 public:
  /// Longest wait for a connection.
  static constexpr std::chrono::milliseconds kDialMax{5000};
  using Done = std::function<void(Result<std::unique_ptr<Link>>)>;

  virtual ~Dialer() = default;
  /// `address` is "host:port". Calls back once, within kDialMax, on the executor, never from inside this call.
  /// Errors: invalid (no address), unavailable (nobody answers, or somebody who speaks something else).
  virtual void dial(const std::string& address, Done done) = 0;
};

}  // namespace stellwerk::link
