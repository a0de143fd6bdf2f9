/// What the leader's log says of jobs: one line for each change of state, with its cause.
///
/// Pure; of one term.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "jobs/cluster_state.h"
#include "master/protocol.h"

namespace stellwerk::master {

class JobNotes {
 public:
  /// More than this in one second are counted instead, and the number is told: a log is for reading.
  static constexpr std::int64_t kPerSecondMax = 50;

  /// A committed record has made `after` of `before`; null: there is none.
  void changed(Time now, std::string_view id, const jobs::JobEntry* before, const jobs::JobEntry* after, Outbox& out);
  /// From time to time: tells what was counted in a second that is over.
  void beat(Time now, Outbox& out);

 private:
  Time second_{};  ///< when the one began in which `told_` lines were written
  std::int64_t told_ = 0;
  std::int64_t counted_ = 0;
};

}  // namespace stellwerk::master
