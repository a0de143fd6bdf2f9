/// How quickly storage answers a master: what an operator is told, and how long its silence is borne.
///
/// Storage that has become slow for everybody is no better elsewhere: a leader that gave up its place each time would
/// only pass on what it could not finish. So whoever has seen it answer late waits longer than who has not. Pure.
#pragma once

#include <map>

#include "master/protocol.h"
#include "master/storage_times.h"

namespace stellwerk::master {

/// Silence is borne so many times as long as the slowest answer took ...
inline constexpr int kPatienceFactor = 2;
/// ... but never longer than this.
inline constexpr Duration kPatienceMax = std::chrono::seconds(60);

class StoragePace {
 public:
  /// Only what any storage answers soon: no snapshots, no uploads, no listings.
  void asked(Time now, const Effect& effect);
  /// Of any operation; those that were not noted are none of its matter.
  void answered(Time now, OpId op);
  void beat(Time now);

  /// How long storage may be silent before it counts as gone, `least` if it has been quick.
  Duration patience(Time now, Duration least) const;
  const StorageTimes& times() const { return times_; }
  /// True once after times() has changed so that somebody should be shown it.
  bool take_changed() { return std::exchange(changed_, false); }

 private:
  std::map<OpId, Time> waiting_;
  StorageTimes times_;
  bool changed_ = false;
};

}  // namespace stellwerk::master
