/// Until when a leader may act: the local half of the lock, because a partitioned client is never
/// told that its session is over.
///
/// Pure: time comes in. Owned by whoever acts on the lock, fed from CoordinationListener::on_contact
/// and from the loop; not thread-safe (publish act_until() to other threads).
///
/// A round trip counts from its *sending*, since its reply may have waited in a buffer while the
/// process was stopped. A loop that was late may have been stopped: it counts as suspended until a
/// round trip that was sent after waking is answered, whatever the clock says meanwhile.
#pragma once

#include <stellwerk/coordination.h>

#include <algorithm>
#include <optional>

namespace stellwerk::leadership {

class Deadline {
 public:
  /// A loop whose beats are further apart was suspended.
  static constexpr Duration kLateMax = std::chrono::milliseconds(500);
  /// Taken off every promise: a tenth of it, at most this. A second is half a stock server's tick,
  /// within which a replica passes on to the leader that it heard from us.
  static constexpr Duration kMarginMax = std::chrono::seconds(1);
  static constexpr int kMarginPart = 10;
  /// Longer promises are taken as this (a lock that the kernel holds for as long as we live).
  static constexpr Duration kValidMax = std::chrono::hours(24);

  static constexpr Duration margin(Duration valid_for) { return std::min(valid_for / kMarginPart, kMarginMax); }

  /// A round trip was sent at `sent`; nobody else can have the lock before `sent + valid_for`.
  /// Order does not matter: the latest promise counts.
  void contact(Time sent, Duration valid_for);
  /// The loop turns; call it at least every 100 ms, and before anything else in a turn that may be late.
  void beat(Time now);
  /// The lock is gone: nothing counts that was sent before `now`.
  void reset(Time now);

  /// May we act at `now`? Also false if the last beat is too long ago.
  bool acting(Time now) const { return now < act_until(); }
  /// The first moment at which we may not act unless contact() and beat() come again; for threads
  /// that answer about liveness while the loop may hang. The epoch of the clock: never yet.
  Time act_until() const;

 private:
  std::optional<Time> beat_;
  Time valid_from_{};  ///< contacts sent before this prove nothing
  std::optional<Time> contact_until_;
};

}  // namespace stellwerk::leadership
