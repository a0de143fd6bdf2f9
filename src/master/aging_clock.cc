#include "master/aging_clock.h"

#include <cstdlib>

namespace stellwerk::master {

std::optional<WallMs> AgingClock::look(Clocks clocks) {
  const std::int64_t now = std::chrono::duration_cast<std::chrono::milliseconds>(clocks.now.time_since_epoch()).count();
  const std::int64_t ahead = clocks.wall - now;
  if (!seen_ms_ || std::abs(ahead - *seen_ms_) > kJump.count()) since_ = clocks.now;
  seen_ms_ = ahead;
  const bool set_back = believed_ms_ && ahead < *believed_ms_;
  if (set_back || clocks.now - since_ >= patience_) believed_ms_ = ahead;
  if (!believed_ms_) return std::nullopt;
  return now + *believed_ms_;
}

}  // namespace stellwerk::master
