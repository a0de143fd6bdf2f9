/// What was measured, sample by sample, and what is quoted of it.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

#include "base/json_writer.h"

namespace stellwerk::bench {

using Clock = std::chrono::steady_clock;

/// Samples kept; later ones are not looked at.
inline constexpr std::size_t kSamplesMax = 20'000'000;

class Latencies {
 public:
  void add(Clock::duration took) {
    if (samples_.size() < kSamplesMax) samples_.push_back(took);
  }
  void clear() { samples_.clear(); }
  std::size_t count() const noexcept { return samples_.size(); }

  /// Appends {"count","min","median","p90","p99","p999","max","mean"} in milliseconds; all 0 if empty.
  void write(JsonWriter& out);

 private:
  std::vector<Clock::duration> samples_;
};

/// `value` with three decimals, as JSON writes it.
std::string decimal(double value);

}  // namespace stellwerk::bench
