/// What a worker's log says of tasks that failed: a job whose tasks fail in a loop does not fill it. Pure.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/executor.h"

namespace stellwerk::worker {

class FailureNotes {
 public:
  /// Of each job, in one kEvery.
  static constexpr int kMax = 10;
  static constexpr std::chrono::minutes kEvery{1};
  /// Jobs that are counted at once; failures of others are named one by one.
  static constexpr std::size_t kJobsMax = 1'000;

  /// Whether this failure is named; else it is counted.
  bool name(Time now, const std::string& job);
  /// Sentences about what was counted in times that are over.
  std::vector<std::string> take_due(Time now);
  /// Something may have to be said then; Time::max(): nothing.
  Time wake_at() const { return left_out_ ? next_ : Time::max(); }

 private:
  struct Job {
    Time since{};
    int named = 0;
    std::int64_t left_out = 0;
  };

  std::map<std::string, Job> jobs_;
  Time next_ = Time::max();  ///< the first of their times is over
  bool left_out_ = false;    ///< by any
};

}  // namespace stellwerk::worker
