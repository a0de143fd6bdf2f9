/// What goes into a worker's core and what comes out: plain values, no behaviour.
///
/// Each part of the core names those that are its own (RegistrationEvent, ...); worker/worker.h puts them together,
/// and the driver (worker/driver.h) performs the effects in their order.
#pragma once

#include <stellwerk/coordination.h>
#include <stellwerk/result.h>

#include <cstdint>
#include <string>
#include <vector>

#include "link/message.h"

namespace stellwerk::worker {

/// Tells one connection, or one try to make it, from all others of this process. 0 is none.
using LinkId = std::uint64_t;

enum class NoteLevel { info, warn, error };

/// The two clocks of one step.
struct Clocks {
  Time now;
  WallMs wall = 0;
};

/// What a worker must know after a restart of its way to the leader.
struct Place {
  std::string cluster;     ///< uuid that it belongs to; empty: none yet
  std::int64_t epoch = 0;  ///< highest that it was welcomed in; 0: none yet

  friend bool operator==(const Place&, const Place&) = default;
};

namespace event {

struct Dialled {
  LinkId link = 0;
};
/// Also of a dial that failed. Not told after effect::Close.
struct Closed {
  LinkId link = 0;
  std::string why;
};
struct Received {
  LinkId link = 0;
  link::Message message;
};
/// The end of effect::Remember.
struct Remembered {
  Place place;
  Result<void> result;
};
/// The end of effect::Discover.
struct Found {
  std::vector<std::string> masters;  ///< "host:port" each
  std::string trouble;               ///< why there are none: a sentence
};
/// What the next heartbeats tell.
struct Measured {
  model::WorkerLoad load;
  std::vector<link::AttemptUsage> tasks{};  ///< link::kUsagesMax at most
};
struct Tick {};
/// SIGTERM.
struct StopWanted {};

}  // namespace event

namespace effect {

struct Dial {
  LinkId link = 0;
  std::string address;
};
struct Send {
  LinkId link = 0;
  link::Message message;
};
/// Also of a dial that is under way; if that succeeds all the same, say so, and Close comes again.
struct Close {
  LinkId link = 0;
};
/// What follows waits until this is durable, or has failed, or kRememberMax has passed.
struct Remember {
  Place place;
};
/// Ask whoever may know where masters take workers; tell event::Found, once.
struct Discover {};
/// Tell event::Measured in a later turn.
struct Measure {};
/// For whoever speaks for this worker when it is dead: whom to tell.
struct Registered {
  std::string cluster;
  std::int64_t epoch = 0;
  std::vector<std::string> masters;  ///< "host:port" each, link::kMastersMax at most; the leader's first
};
/// Tasks of at-most-one jobs may run until then, and no longer: the newest counts. At 0 they may not run at all, since
/// this worker belongs to another cluster now.
struct Leased {
  Time until{};
};
struct Note {
  NoteLevel level = NoteLevel::info;
  std::string text;
};
/// Nothing follows.
struct Exit {
  int code = 0;
  std::string why;
};

}  // namespace effect

/// A disk that is slower keeps nothing else waiting.
inline constexpr std::chrono::milliseconds kRememberMax{2000};

}  // namespace stellwerk::worker
