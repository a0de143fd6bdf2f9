/// What workers and masters tell each other, and how it looks on their connection: one JSON text each.
///
/// A worker opens the connection and says Hello. A master answers Refused, Wait or Welcome; after a Wait one of
/// the others follows, or the end. Then the worker sends Heartbeats, and the leader echoes them; what they say about
/// tasks is in link/task_message.h. Members that a reader does not know are skipped, so that a version may add some;
/// a Hello of another protocol is refused.
#pragma once

#include <stellwerk/result.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "link/task_message.h"
#include "model/worker.h"

namespace stellwerk::link {

/// What this version speaks. Another one in a Hello is an error, with both numbers in its text.
inline constexpr std::int64_t kProtocol = 1;
/// Largest message, in bytes.
inline constexpr std::size_t kMessageBytesMax = std::size_t{4} << 20;
/// Longest name, address or reason, in bytes.
inline constexpr std::size_t kTextBytesMax = 1024;
/// Most masters in one list.
inline constexpr std::size_t kMastersMax = 64;

/// A worker introduces itself.
struct Hello {
  model::WorkerDescription worker;
  /// Where its working directory is: this boot of its host, and the directory. A worker that finds another process'
  /// attempts there has ended them; the same id elsewhere has not.
  std::string home{};
  std::string cluster;            ///< uuid that it belonged to so far; empty: none yet
  std::int64_t epoch = 0;         ///< highest that it was welcomed in; 0: none yet
  std::vector<TaskReport> tasks;  ///< every attempt that is prepared or runs
  std::vector<TaskEnded> ended;   ///< and every one whose end no leader has acknowledged

  friend bool operator==(const Hello&, const Hello&) = default;
};

/// From a worker: it is there. `sent_us` is of its own clock and comes back unchanged.
struct Heartbeat {
  std::int64_t sent_us = 0;
  model::WorkerLoad load;
  std::vector<AttemptUsage> tasks{};  ///< kUsagesMax at most

  friend bool operator==(const Heartbeat&, const Heartbeat&) = default;
};

/// From a worker that ends in order: it takes no more tasks and ends those it has, which is no fault of theirs. The
/// end of the connection is the end of the worker then.
struct Leaving {
  friend bool operator==(const Leaving&, const Leaving&) = default;
};

/// From a master that does not take this worker now: somebody else leads, or nobody as far as it knows. It ends the
/// connection then.
struct Refused {
  std::string leader;                ///< "host:port" for workers; empty: not known
  std::vector<std::string> masters;  ///< the same of all that are known, in the order of the queue

  friend bool operator==(const Refused&, const Refused&) = default;
};

/// From a master that knows no leader whom the worker does not know: stay, it may be this one soon. From the leader
/// that has registered it: it may not act now, and another one may lead; until it says something else.
struct Wait {
  std::vector<std::string> masters;

  friend bool operator==(const Wait&, const Wait&) = default;
};

/// From the leader: the worker is registered.
struct Welcome {
  std::string cluster;
  std::int64_t epoch = 0;
  std::int64_t heartbeat_interval_ms = 0;
  std::int64_t heartbeat_timeout_ms = 0;
  std::int64_t lease_ms = 0;  ///< that each Echo gives, from the sending of its Heartbeat
  std::vector<std::string> masters;

  friend bool operator==(const Welcome&, const Welcome&) = default;
};

/// From the leader to a registered worker: who the masters are now, one of whom leads next.
struct Masters {
  std::vector<std::string> masters;

  friend bool operator==(const Masters&, const Masters&) = default;
};

/// From the leader: the answer to each Heartbeat.
struct Echo {
  std::int64_t epoch = 0;
  std::int64_t sent_us = 0;  ///< as it came

  friend bool operator==(const Echo&, const Echo&) = default;
};

/// From a master that will not take this worker as it is, or has no room for it. It ends the connection then.
struct Rejected {
  std::string why;

  friend bool operator==(const Rejected&, const Rejected&) = default;
};

using Message =
    std::variant<Hello, Heartbeat, Leaving, Refused, Wait, Welcome, Masters, Echo, Rejected, StartTask, Peers, StopTask,
                 Acknowledge, TaskReport, TaskEnded, TakeCheckpoint, CheckpointCompleted, CheckpointAnswer>;

/// Compact JSON: {"type":"hello",...}. Texts and lists that are too long are a bug of the caller.
std::string encode(const Message& message);

/// Errors: damaged (names the member), too_large, not_supported (another protocol).
Result<Message> decode(std::string_view text);

/// "hello", "heartbeat", ...: the value of `type`.
std::string_view type_of(const Message& message) noexcept;

}  // namespace stellwerk::link
