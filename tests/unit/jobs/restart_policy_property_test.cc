/// Restart policies beside a second telling of them, over failures at random times from a fixed seed.
#include <gtest/gtest.h>

#include <cmath>
#include <deque>
#include <optional>
#include <random>

#include "jobs/restart_policy.h"

namespace stellwerk::jobs {
namespace {

using model::ExponentialDelayRestart;
using model::FailureRateRestart;
using model::FixedDelayRestart;
using model::RestartState;

constexpr std::uint64_t kPolicySeed = 20'261'124;
constexpr std::uint64_t kPolicyRuns = 300;
constexpr WallMs kPolicyStart = 1'700'000'000'000;

class Draws {
 public:
  explicit Draws(std::uint64_t seed) : random_(seed) {}
  std::int64_t between(std::int64_t least, std::int64_t most) {
    return least + static_cast<std::int64_t>(random_() % static_cast<std::uint64_t>(most - least + 1));
  }
  /// Mostly short pauses, some of nothing, some long.
  WallMs pause() {
    switch (between(0, 5)) {
      case 0: return 0;
      case 1: return between(0, 2'000);
      case 2: return between(0, 20'000);
      default: return between(0, 200);
    }
  }
  std::uint64_t seed() { return random_(); }

 private:
  std::mt19937_64 random_;
};

TEST(RestartPolicyProperty, FixedDelayIsACount) {
  for (std::uint64_t i = 0; i < kPolicyRuns; ++i) {
    SCOPED_TRACE("seed " + std::to_string(kPolicySeed + i));
    Draws draw(kPolicySeed + i);
    const FixedDelayRestart strategy{.attempts = static_cast<std::int32_t>(draw.between(0, 20)),
                                     .delay_ms = draw.between(0, 100)};
    RestartState state;
    WallMs now = kPolicyStart;
    for (int failure = 1; failure <= 25; ++failure, now += draw.pause()) {
      const auto decision = on_failure(strategy, state, now, draw.seed());
      ASSERT_EQ(decision.restart, failure <= strategy.attempts);
      ASSERT_EQ(decision.delay_ms, decision.restart ? strategy.delay_ms : 0);
      ASSERT_EQ(decision.cause.empty(), decision.restart);
    }
  }
}

/// With a queue of the latest times, one more than the most that may be: full and not too old is too much.
TEST(RestartPolicyProperty, FailureRateIsAQueueOfTimes) {
  int given_up = 0;
  for (std::uint64_t i = 0; i < kPolicyRuns; ++i) {
    SCOPED_TRACE("seed " + std::to_string(kPolicySeed + i));
    Draws draw(kPolicySeed + i);
    const FailureRateRestart strategy{.max_failures_per_interval = static_cast<std::int32_t>(draw.between(1, 6)),
                                      .failure_rate_interval_ms = draw.between(1, 3'000),
                                      .delay_ms = draw.between(0, 100)};
    RestartState state;
    std::deque<WallMs> queue;
    WallMs now = kPolicyStart;
    for (int failure = 0; failure < 60; ++failure, now += draw.pause()) {
      queue.push_back(now);
      if (queue.size() > static_cast<std::size_t>(strategy.max_failures_per_interval) + 1) queue.pop_front();
      const bool full = queue.size() > static_cast<std::size_t>(strategy.max_failures_per_interval);
      const bool may = !full || now - queue.front() > strategy.failure_rate_interval_ms;
      ASSERT_EQ(on_failure(strategy, state, now, draw.seed()).restart, may);
      given_up += may ? 0 : 1;
    }
  }
  EXPECT_GT(given_up, 100);
}

ExponentialDelayRestart some_exponential(Draws& draw) {
  ExponentialDelayRestart out;
  out.initial_backoff_ms = draw.between(1, 500);
  out.max_backoff_ms = out.initial_backoff_ms + draw.between(0, 3'000);
  out.backoff_multiplier = 1 + static_cast<double>(draw.between(0, 30)) / 10;
  out.reset_backoff_threshold_ms = draw.between(1, 5'000);
  out.jitter_factor = static_cast<double>(draw.between(0, 4)) / 4;
  if (draw.between(0, 1) == 0) out.attempts_before_reset_backoff = static_cast<std::int32_t>(draw.between(1, 6));
  return out;
}

/// With the time of the next restart, as Flink keeps it. The pause is only bounded here: its jitter is ours.
struct NextRestart {
  std::optional<WallMs> at;
  std::int32_t attempts = 0;

  bool fails(const ExponentialDelayRestart& strategy, WallMs now) {
    if (at && now <= *at) return false;
    if (!at || now - *at >= strategy.reset_backoff_threshold_ms) attempts = 0;
    return true;
  }
};

void expect_pause(const ExponentialDelayRestart& strategy, std::int32_t attempts, std::int64_t pause) {
  const double plain =
      static_cast<double>(strategy.initial_backoff_ms) * std::pow(strategy.backoff_multiplier, attempts);
  const double part = plain * strategy.jitter_factor;
  const auto within = [&](double value) {
    return std::max<double>(static_cast<double>(strategy.initial_backoff_ms),
                            std::min<double>(value, static_cast<double>(strategy.max_backoff_ms)));
  };
  EXPECT_GE(static_cast<double>(pause), std::floor(within(plain - part - 1)));
  EXPECT_LE(static_cast<double>(pause), std::ceil(within(plain + part)));
}

TEST(RestartPolicyProperty, ExponentialDelayIsATimeOfTheNextRestart) {
  int shared = 0;
  int given_up = 0;
  for (std::uint64_t i = 0; i < kPolicyRuns; ++i) {
    SCOPED_TRACE("seed " + std::to_string(kPolicySeed + i));
    Draws draw(kPolicySeed + i);
    const ExponentialDelayRestart strategy = some_exponential(draw);
    RestartState state;
    NextRestart next;
    WallMs now = kPolicyStart;
    for (int failure = 0; failure < 60; ++failure, now += draw.pause()) {
      const bool counts = next.fails(strategy, now);
      const auto decision = on_failure(strategy, state, now, draw.seed());
      ASSERT_EQ(decision.counted, counts);
      if (counts) {
        expect_pause(strategy, next.attempts, state.backoff_ms);
        next.at = now + state.backoff_ms;
        ++next.attempts;
      }
      ASSERT_EQ(decision.restart, next.attempts <= strategy.attempts_before_reset_backoff);
      ASSERT_EQ(decision.delay_ms, decision.restart ? *next.at - now : 0);
      if (HasFailure()) return;
      shared += counts ? 0 : 1;
      given_up += decision.restart ? 0 : 1;
    }
  }
  EXPECT_GT(shared, 100);
  EXPECT_GT(given_up, 100);
}

TEST(RestartPolicyProperty, ClocksThatJumpBreakNoLimit) {
  for (std::uint64_t i = 0; i < kPolicyRuns; ++i) {
    SCOPED_TRACE("seed " + std::to_string(kPolicySeed + i));
    Draws draw(kPolicySeed + i);
    const ExponentialDelayRestart backoff = some_exponential(draw);
    const FailureRateRestart rate{.max_failures_per_interval = 2, .failure_rate_interval_ms = 1'000, .delay_ms = 5};
    RestartState state;
    WallMs now = kPolicyStart;
    for (int failure = 0; failure < 60; ++failure) {
      now += draw.between(0, 9) == 0 ? draw.between(-100'000'000, 100'000'000) : draw.pause();
      const auto decision = on_failure(backoff, state, now, draw.seed());
      ASSERT_GE(decision.delay_ms, 0);
      ASSERT_LE(decision.delay_ms, backoff.max_backoff_ms);
      ASSERT_LE(state.failed_ms, now);
      (void)on_failure(rate, state, now, draw.seed());
      ASSERT_TRUE(std::is_sorted(state.failures.begin(), state.failures.end()));
      ASSERT_LE(state.failures.back(), now);
      ASSERT_LE(state.failures.size(), 3U);
    }
    // Once the clock stands still for an interval, the failures of before are forgotten.
    EXPECT_TRUE(on_failure(rate, state, now + 1'001, draw.seed()).restart);
  }
}

}  // namespace
}  // namespace stellwerk::jobs
