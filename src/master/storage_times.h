/// How long storage took to answer, as a view shows it.
#pragma once

#include <stellwerk/coordination.h>

#include <algorithm>
#include <chrono>

namespace stellwerk::master {

/// An answer that takes longer is slow.
inline constexpr Duration kSlowAnswer = std::chrono::seconds(1);
/// A slow answer is remembered for so long.
inline constexpr Duration kPaceMemory = std::chrono::seconds(60);

/// Part of a view: what a moment makes of it, times() tells.
struct StorageTimes {
  Time asked{};        ///< what has waited the longest for an answer has since then, if that is slow; 0: nothing
  Duration slowest{};  ///< of the answers remembered
  Time slowest_at{};

  /// How long one answer took or has taken so far, the longest of the last minute.
  Duration longest(Time now) const {
    const Duration waiting = asked == Time{} ? Duration{} : now - asked;
    return std::max(waiting, slowest_at != Time{} && now - slowest_at <= kPaceMemory ? slowest : Duration{});
  }

  friend bool operator==(const StorageTimes&, const StorageTimes&) = default;
};

}  // namespace stellwerk::master
