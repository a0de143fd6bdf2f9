#include "jobs/restart_policy.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>

#include "base/assert.h"

namespace stellwerk::jobs {

using model::ExponentialDelayRestart;
using model::FailureRateRestart;
using model::FixedDelayRestart;
using model::NoRestart;
using model::RestartState;

namespace {

/// Wall clocks differ between masters: never below zero.
std::int64_t ms_since(WallMs then, WallMs now) {
  return std::max<std::int64_t>(0, now - then);
}

void count_one(std::int32_t& attempts) {
  if (attempts < std::numeric_limits<std::int32_t>::max()) ++attempts;
}

/// As Java writes it from 0.001 on: 2.0, 1.5, 0.1.
std::string java_number(double value) {
  std::array<char, 64> buffer{};
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, std::chars_format::fixed);
  STELLWERK_ASSERT(end.ec == std::errc{}, "the parameters of a strategy are small numbers");
  std::string text(buffer.data(), end.ptr);
  return text.find('.') == std::string::npos ? text + ".0" : text;
}

/// A number in [-most, most] that follows from the seed (the mixing of SplitMix64).
std::int64_t scattered(std::uint64_t seed, std::int64_t most) {
  seed += 0x9e3779b97f4a7c15U;
  seed = (seed ^ (seed >> 30U)) * 0xbf58476d1ce4e5b9U;
  seed = (seed ^ (seed >> 27U)) * 0x94d049bb133111ebU;
  seed ^= seed >> 31U;
  const auto width = 2 * static_cast<std::uint64_t>(most) + 1;
  return static_cast<std::int64_t>(seed % width) - most;
}

std::int64_t backoff(const ExponentialDelayRestart& strategy, std::int32_t attempts, std::uint64_t seed) {
  // Far beyond every limit of a pause, far below that of the type.
  constexpr double kMost = 1e15;
  const double grown =
      static_cast<double>(strategy.initial_backoff_ms) * std::pow(strategy.backoff_multiplier, attempts);
  const auto pause = static_cast<std::int64_t>(std::min(grown, kMost));
  const auto jitter = static_cast<std::int64_t>(static_cast<double>(pause) * strategy.jitter_factor);
  return std::max(strategy.initial_backoff_ms, std::min(pause + scattered(seed, jitter), strategy.max_backoff_ms));
}

/// Each counts one failure and decides.
struct FailureCounter {
  RestartState& state;
  WallMs now;
  std::uint64_t seed;

  RestartDecision operator()(const NoRestart&) const { return {}; }

  RestartDecision operator()(const FixedDelayRestart& strategy) const {
    count_one(state.attempts);
    return {.restart = state.attempts <= strategy.attempts, .delay_ms = strategy.delay_ms, .cause = {}};
  }

  RestartDecision operator()(const FailureRateRestart& strategy) const {
    auto& failures = state.failures;
    std::erase_if(failures, [&](WallMs time) { return time - now > strategy.failure_rate_interval_ms; });
    for (WallMs& time : failures) time = std::min(time, now);
    failures.push_back(now);
    std::erase_if(failures, [&](WallMs time) { return now - time > strategy.failure_rate_interval_ms; });
    const auto most = static_cast<std::size_t>(strategy.max_failures_per_interval);
    const bool restart = failures.size() <= most;
    const std::size_t kept = std::min(model::kFailureTimesMax, most + 1);
    if (failures.size() > kept) failures.erase(failures.begin(), failures.end() - static_cast<std::ptrdiff_t>(kept));
    return {.restart = restart || most >= model::kFailureTimesMax, .delay_ms = strategy.delay_ms, .cause = {}};
  }

  RestartDecision operator()(const ExponentialDelayRestart& strategy) const {
    if (state.failed_ms - now > strategy.reset_backoff_threshold_ms) state.attempts = 0;
    state.failed_ms = std::min(state.failed_ms, now);
    const std::int64_t rest = state.backoff_ms - ms_since(state.failed_ms, now);
    const bool counted = state.attempts == 0 || rest < 0;
    if (counted) {
      if (-rest >= strategy.reset_backoff_threshold_ms) state.attempts = 0;
      state.backoff_ms = backoff(strategy, state.attempts, seed);
      state.failed_ms = now;
      count_one(state.attempts);
    }
    return {.restart = state.attempts <= strategy.attempts_before_reset_backoff,
            .counted = counted,
            .delay_ms = counted ? state.backoff_ms : rest,
            .cause = {}};
  }
};

/// A strategy as Flink's toString() has it, slips included: people search for these.
struct FlinkText {
  const RestartState& state;

  std::string operator()(const NoRestart&) const { return "NoRestartBackoffTimeStrategy"; }

  std::string operator()(const FixedDelayRestart& strategy) const {
    return "FixedDelayRestartBackoffTimeStrategy(maxNumberRestartAttempts=" + std::to_string(strategy.attempts) +
           ", backoffTimeMS=" + std::to_string(strategy.delay_ms) + ")";
  }

  std::string operator()(const FailureRateRestart& strategy) const {
    return "FailureRateRestartBackoffTimeStrategy(FailureRateRestartBackoffTimeStrategy(failuresIntervalMS=" +
           std::to_string(strategy.failure_rate_interval_ms) + ",backoffTimeMS=" + std::to_string(strategy.delay_ms) +
           ",maxFailuresPerInterval=" + std::to_string(strategy.max_failures_per_interval) + ")";
  }

  std::string operator()(const ExponentialDelayRestart& strategy) const {
    return "ExponentialDelayRestartBackoffTimeStrategy(initialBackoffMS=" +
           std::to_string(strategy.initial_backoff_ms) + ", maxBackoffMS=" + std::to_string(strategy.max_backoff_ms) +
           ", backoffMultiplier=" + java_number(strategy.backoff_multiplier) +
           ", resetBackoffThresholdMS=" + std::to_string(strategy.reset_backoff_threshold_ms) +
           ", jitterFactor=" + java_number(strategy.jitter_factor) +
           ", attemptsBeforeResetBackoff=" + std::to_string(strategy.attempts_before_reset_backoff) +
           ", currentRestartAttempt=" + std::to_string(state.attempts) +
           ", nextRestartTimestamp=" + std::to_string(state.failed_ms + state.backoff_ms) + ")";
  }
};

}  // namespace

RestartDecision on_failure(const model::RestartStrategy& strategy, RestartState& state, WallMs now,
                           std::uint64_t seed) {
  RestartDecision decision = std::visit(FailureCounter{state, now, seed}, strategy);
  if (decision.restart) return decision;
  decision.delay_ms = 0;
  decision.cause = "Recovery is suppressed by " + std::visit(FlinkText{state}, strategy);
  return decision;
}

model::RestartStrategy strategy_for(const model::JobSpec& spec, const std::optional<model::RestartStrategy>& cluster,
                                    bool checkpoints) {
  if (spec.restart_strategy) return *spec.restart_strategy;
  if (cluster) return *cluster;
  if (spec.checkpointing || checkpoints) return ExponentialDelayRestart{};
  return NoRestart{};
}

}  // namespace stellwerk::jobs
