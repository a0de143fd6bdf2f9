/// What a worker tells its guard over their socket, and how it looks on it.
///
/// As between a master and its guard (guard/message.h): one message is one datagram, and what was sent is in the
/// guard's hands even if the worker dies in the next moment. That is why a task is announced before it is started.
#pragma once

#include <stellwerk/result.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "guard/message.h"

namespace stellwerk::guard::worker_mode {

/// Tasks that a guard knows at once; as many as a worker runs.
inline constexpr std::size_t kTasksMax = 20'000;
/// Tasks in one message.
inline constexpr std::size_t kTaskListMax = 1000;
inline constexpr std::size_t kLeasedListMax = 100;
/// Masters that it may speak to.
inline constexpr std::size_t kMastersMax = 64;

/// A process: its number, and when it started, in clock ticks since the boot of the host.
struct Process {
  std::int64_t pid = 0;
  std::int64_t started = 0;

  friend auto operator<=>(const Process&, const Process&) = default;
};

/// Before anything else: who is guarded.
struct Self {
  std::string id;
  std::int64_t incarnation = 0;
  Process process;

  friend bool operator==(const Self&, const Self&) = default;
};

/// Who is to hear of its death. Sent whenever the worker was registered.
struct Place {
  std::string cluster;               ///< uuid
  std::int64_t epoch = 0;            ///< that it was welcomed in
  std::vector<std::string> masters;  ///< their ports for workers, "address:port" in numbers; the leader's first

  friend bool operator==(const Place&, const Place&) = default;
};

/// A task that may run only while its worker's lease lasts.
struct LeasedTask {
  Process process;
  std::string mark;

  friend bool operator==(const LeasedTask&, const LeasedTask&) = default;
};

/// A task is about to be started: whatever bears this mark (processes/mark.h) is it. Until Runs, RunsLeased or
/// NotStarted, and one at a time.
struct Starts {
  std::string mark;
  bool leased = false;

  friend bool operator==(const Starts&, const Starts&) = default;
};
/// These run: the one that was about to, or all, for a guard that is new.
struct Runs {
  std::vector<Process> tasks;

  friend bool operator==(const Runs&, const Runs&) = default;
};
/// The same of leased ones.
struct RunsLeased {
  std::vector<LeasedTask> tasks;

  friend bool operator==(const RunsLeased&, const RunsLeased&) = default;
};
/// The lease lasts until then, in microseconds of CLOCK_BOOTTIME.
struct Lease {
  std::int64_t until_us = 0;

  friend bool operator==(const Lease&, const Lease&) = default;
};
/// What was about to be started is not there.
struct NotStarted {
  friend bool operator==(const NotStarted&, const NotStarted&) = default;
};
/// Nothing of this one is left but its number, which is free from now on.
struct Ended {
  Process task;

  friend bool operator==(const Ended&, const Ended&) = default;
};
/// The worker ends in order, and has ended its tasks: there is nothing to do.
struct Farewell {
  friend bool operator==(const Farewell&, const Farewell&) = default;
};

using Message = std::variant<Self, Place, Starts, Runs, RunsLeased, Lease, NotStarted, Ended, Log, Farewell>;

/// Lists and texts that are too long are a bug of the caller.
std::string encode(const Message& message);
/// Errors: damaged.
Result<Message> decode(std::string_view bytes);

}  // namespace stellwerk::guard::worker_mode
