/// By which time what has ended is old: the wall clock, but one that jumped ahead is not believed at once.
///
/// Nothing is lost by forgetting later, and what was forgotten by a clock that somebody sets right a minute later does
/// not come back. So a clock is believed when it has stood for a while; until then, what was believed before goes on at
/// its pace. One that was set back is followed at once. Pure; of one term of leadership: a leader does not know how the
/// clock before it stood.
#pragma once

#include <chrono>
#include <optional>

#include "master/protocol.h"

namespace stellwerk::master {

class AgingClock {
 public:
  /// More than this between two looks is a jump; less is a clock that is being adjusted.
  static constexpr std::chrono::milliseconds kJump{60'000};

  /// `patience`: a clock has to stand for so long, from the first look on.
  explicit AgingClock(std::chrono::milliseconds patience) : patience_(patience) {}

  /// Looks at the clocks; the time that is believed. Absent: none yet.
  std::optional<WallMs> look(Clocks clocks);

 private:
  std::chrono::milliseconds patience_;
  // How far the wall clock is ahead of the one that never jumps.
  std::optional<std::int64_t> seen_ms_;
  Time since_{};  ///< it has stood so since
  std::optional<std::int64_t> believed_ms_;
};

}  // namespace stellwerk::master
