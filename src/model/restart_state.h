/// What is remembered of a job's failures, so that the next leader counts on: a part of `jobs/<id>/state`.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/executor.h"

namespace stellwerk::model {

/// Most failure times that are kept of one job.
inline constexpr std::size_t kFailureTimesMax = 1'000;

/// Changed by jobs/restart_policy.h alone; all zero and empty for a job that never failed.
struct RestartState {
  /// fixed-delay: failures so far. exponential-delay: since the backoff was last the initial one; those
  /// that fell into one backoff count once.
  std::int32_t attempts = 0;
  /// exponential-delay: the pause that began at `failed_ms`.
  std::int64_t backoff_ms = 0;
  WallMs failed_ms = 0;
  /// failure-rate: the latest failures within the interval, in their order; at most kFailureTimesMax.
  std::vector<WallMs> failures{};

  friend bool operator==(const RestartState&, const RestartState&) = default;
};

}  // namespace stellwerk::model
