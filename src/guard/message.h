/// What a master tells its guard over their socket, and how it looks on it.
///
/// One message is one datagram of a SOCK_SEQPACKET pair. What was sent is in the guard's hands even
/// if the master dies in the next moment: that is why the session goes there before a candidate is
/// made in it. The two programs are of one build, so another version is an error, not a dialect.
#pragma once

#include <stellwerk/coordination.h>

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace stellwerk::guard {

/// Largest message, in bytes.
inline constexpr std::size_t kMessageBytesMax = 16 * 1024;
/// Most servers in a session.
inline constexpr std::size_t kServersMax = 64;
/// Longest server, credential or path, in bytes.
inline constexpr std::size_t kTextMax = 1024;

/// Before anything else: what the guard is to do.
struct Settings {
  enum class Lock : char {
    session = 1,  ///< ZooKeeper: a node of a session
    kernel = 2,   ///< type local: gone with the process
  };
  Lock lock = Lock::session;
  /// Silence that counts as hanging; 0: never.
  std::chrono::milliseconds stall_timeout{};

  friend bool operator==(const Settings&, const Settings&) = default;
};

/// The master's session at ZooKeeper: enough to end it. Sent for each (re)connection, before a
/// candidate is made in it.
struct Session {
  std::vector<std::string> servers;  ///< "address:port" in numbers; the one it is connected to first
  std::string digest;                ///< "user:password"; empty: none
  std::int64_t id = 0;
  std::array<char, 16> password{};
  std::chrono::milliseconds timeout{};  ///< as negotiated

  friend bool operator==(const Session&, const Session&) = default;
};

/// The master's place in the queue: what a stopped master must lose. Sent before it may claim.
struct Place {
  std::string candidate;  ///< path; empty: it has none any more
  std::string lock;       ///< path of the announcement, removed with it if it is of the same session

  friend bool operator==(const Place&, const Place&) = default;
};

/// Comes with descriptors that hang up when the master has begun to die: its pidfd and the end of the
/// socket only tell when its memory is freed, milliseconds later. One is enough. See app/tripwires.h.
struct Wires {
  friend bool operator==(const Wires&, const Wires&) = default;
};

/// How the guard's lines look from now on. If it comes with a descriptor, they go there.
struct Log {
  bool json = false;

  friend bool operator==(const Log&, const Log&) = default;
};

/// The master's loop turns.
struct Beat {
  friend bool operator==(const Beat&, const Beat&) = default;
};

/// The master ends in order: its silence means nothing from now on.
struct Farewell {
  friend bool operator==(const Farewell&, const Farewell&) = default;
};

using Message = std::variant<Settings, Session, Place, Wires, Log, Beat, Farewell>;

std::string encode(const Message& message);
/// Errors: damaged.
Result<Message> decode(std::string_view bytes);

}  // namespace stellwerk::guard
