#include "jobs/restart_policy.h"

#include <gmock/gmock.h>

namespace stellwerk::jobs {
namespace {

using model::ExponentialDelayRestart;
using model::FailureRateRestart;
using model::FixedDelayRestart;
using model::NoRestart;
using model::RestartState;
using model::RestartStrategy;
using testing::AllOf;
using testing::ElementsAre;
using testing::Ge;
using testing::Le;
using testing::SizeIs;

constexpr WallMs kStart = 1'700'000'000'000;

/// One job's failures under one strategy.
class Failures {
 public:
  explicit Failures(RestartStrategy strategy) : strategy_(strategy) {}

  RestartDecision at(WallMs after_start, std::uint64_t seed = 1) {
    return on_failure(strategy_, state, kStart + after_start, seed);
  }

  RestartState state;

 private:
  RestartStrategy strategy_;
};

RestartDecision again(std::int64_t delay_ms) {
  return {.restart = true, .delay_ms = delay_ms, .cause = {}};
}

RestartDecision shares(std::int64_t delay_ms) {
  return {.restart = true, .counted = false, .delay_ms = delay_ms, .cause = {}};
}

RestartDecision never(std::string cause) {
  return {.restart = false, .delay_ms = 0, .cause = std::move(cause)};
}

TEST(RestartPolicy, NoneNeverRestarts) {
  Failures job(NoRestart{});
  EXPECT_EQ(job.at(0), never("Recovery is suppressed by NoRestartBackoffTimeStrategy"));
  EXPECT_EQ(job.state, RestartState{});
}

TEST(RestartPolicy, FixedDelayCountsForTheLifeOfTheJob) {
  Failures job(FixedDelayRestart{.attempts = 2, .delay_ms = 500});
  EXPECT_EQ(job.at(0), again(500));
  EXPECT_EQ(job.at(0), again(500)) << "two at once are two";
  EXPECT_EQ(job.at(1'000'000'000), never("Recovery is suppressed by FixedDelayRestartBackoffTimeStrategy("
                                         "maxNumberRestartAttempts=2, backoffTimeMS=500)"));
}

TEST(RestartPolicy, FixedDelayWithoutAttemptsNeverRestarts) {
  EXPECT_FALSE(Failures(FixedDelayRestart{.attempts = 0}).at(0).restart);
}

TEST(RestartPolicy, CountsStopAtTheirEnd) {
  constexpr std::int32_t kMost = std::numeric_limits<std::int32_t>::max();
  Failures job(FixedDelayRestart{.attempts = kMost, .delay_ms = 0});
  job.state.attempts = kMost;
  EXPECT_EQ(job.at(0), again(0));
  EXPECT_EQ(job.state.attempts, kMost);
}

TEST(RestartPolicy, FailureRateSlides) {
  Failures job(FailureRateRestart{.max_failures_per_interval = 2, .failure_rate_interval_ms = 100, .delay_ms = 7});
  EXPECT_EQ(job.at(0), again(7));
  EXPECT_EQ(job.at(60), again(7));
  EXPECT_EQ(job.at(101), again(7)) << "the first is out of the interval";
  EXPECT_THAT(job.state.failures, ElementsAre(kStart + 60, kStart + 101));
  Failures same = job;
  EXPECT_EQ(same.at(161), again(7));
  // 60 and 160 are one interval: both ends belong to it. The text is Flink's, with its slip.
  EXPECT_EQ(job.at(160), never("Recovery is suppressed by FailureRateRestartBackoffTimeStrategy("
                               "FailureRateRestartBackoffTimeStrategy(failuresIntervalMS=100,backoffTimeMS=7,"
                               "maxFailuresPerInterval=2)"));
}

TEST(RestartPolicy, FailureTimesAreBounded) {
  Failures job(FailureRateRestart{.max_failures_per_interval = 1'000'000, .failure_rate_interval_ms = 1'000'000});
  for (std::size_t i = 0; i < model::kFailureTimesMax + 5; ++i) ASSERT_TRUE(job.at(5).restart);
  EXPECT_THAT(job.state.failures, SizeIs(model::kFailureTimesMax));
  Failures few(FailureRateRestart{.max_failures_per_interval = 3, .failure_rate_interval_ms = 1'000'000});
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(few.at(i).restart);
  EXPECT_FALSE(few.at(3).restart);
  EXPECT_FALSE(few.at(4).restart);
  EXPECT_THAT(few.state.failures, SizeIs(4));
}

TEST(RestartPolicy, AClockThatIsBehindItsPredecessorsMakesNothingOld) {
  Failures job(FailureRateRestart{.max_failures_per_interval = 1, .failure_rate_interval_ms = 100, .delay_ms = 7});
  EXPECT_TRUE(job.at(100).restart);
  Failures later = job;
  EXPECT_FALSE(job.at(0).restart) << "counts as having just happened";
  EXPECT_FALSE(later.at(0).restart);
  EXPECT_TRUE(later.at(101).restart) << "and then grows old by the new clock";
}

TEST(RestartPolicy, AClockThatWasSetBackFailsNoJob) {
  Failures job(FailureRateRestart{.max_failures_per_interval = 1, .failure_rate_interval_ms = 100, .delay_ms = 7});
  EXPECT_TRUE(job.at(18'000'000).restart);
  EXPECT_TRUE(job.at(0).restart) << "nobody knows how long ago the other one was";
  EXPECT_THAT(job.state.failures, ElementsAre(kStart));
  EXPECT_FALSE(job.at(100).restart) << "by the new clock it counts on";
}

constexpr ExponentialDelayRestart kPlain{.initial_backoff_ms = 1'000,
                                         .max_backoff_ms = 3'000,
                                         .backoff_multiplier = 1.5,
                                         .reset_backoff_threshold_ms = 10'000,
                                         .jitter_factor = 0};

TEST(RestartPolicy, ExponentialDelayGrowsToItsMost) {
  Failures job(kPlain);
  EXPECT_EQ(job.at(0), again(1'000));
  EXPECT_EQ(job.at(1'001), again(1'500));
  EXPECT_EQ(job.at(5'000), again(2'250));
  EXPECT_EQ(job.at(10'000), again(3'000));
  EXPECT_EQ(job.at(20'000), again(3'000));
  EXPECT_EQ(job.state, (RestartState{.attempts = 5, .backoff_ms = 3'000, .failed_ms = kStart + 20'000}));
}

TEST(RestartPolicy, FailuresWithinAPauseShareIt) {
  Failures job(kPlain);
  EXPECT_EQ(job.at(0), again(1'000));
  EXPECT_EQ(job.at(400), shares(600));
  EXPECT_EQ(job.at(1'000), shares(0));
  EXPECT_EQ(job.state.attempts, 1);
  EXPECT_EQ(job.at(1'001), again(1'500));
}

TEST(RestartPolicy, ExponentialDelayBeginsAnewWhenTheClockWasSetBack) {
  Failures job(kPlain);
  EXPECT_EQ(job.at(18'000'000), again(1'000));
  EXPECT_EQ(job.at(18'001'001), again(1'500));
  EXPECT_EQ(job.at(0), again(1'000));
  EXPECT_EQ(job.at(400), shares(600));
}

TEST(RestartPolicy, ExponentialDelayBeginsAnewAfterAQuietTime) {
  Failures job(kPlain);
  EXPECT_EQ(job.at(0), again(1'000));
  EXPECT_EQ(job.at(1'001), again(1'500));
  Failures busy = job;
  // The quiet time begins when the pause is over, at 2501.
  EXPECT_EQ(busy.at(12'500), again(2'250));
  EXPECT_EQ(job.at(12'501), again(1'000));
  EXPECT_EQ(job.state.attempts, 1);
}

TEST(RestartPolicy, ExponentialDelayMayHaveItsAttemptsCounted) {
  auto strategy = kPlain;
  strategy.attempts_before_reset_backoff = 2;
  Failures job(strategy);
  EXPECT_TRUE(job.at(0).restart);
  EXPECT_TRUE(job.at(2'000).restart);
  EXPECT_EQ(job.at(3'000), shares(500));
  Failures later = job;
  EXPECT_EQ(job.at(4'000),
            never("Recovery is suppressed by ExponentialDelayRestartBackoffTimeStrategy(initialBackoffMS=1000, "
                  "maxBackoffMS=3000, backoffMultiplier=1.5, resetBackoffThresholdMS=10000, jitterFactor=0.0, "
                  "attemptsBeforeResetBackoff=2, currentRestartAttempt=3, nextRestartTimestamp=1700000006250)"));
  EXPECT_EQ(later.at(50'000), again(1'000)) << "a quiet time gives all attempts back";
}

TEST(RestartPolicy, JitterIsTheSeedsAndStaysWithinItsPart) {
  auto strategy = kPlain;
  strategy.initial_backoff_ms = 100;
  strategy.jitter_factor = 0.25;
  std::int64_t least = 1'000;
  std::int64_t most = 0;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    Failures job(strategy);
    const auto first = job.at(0, seed);
    EXPECT_THAT(first.delay_ms, AllOf(Ge(100), Le(125))) << "never below the initial one";
    const auto second = job.at(1'000, seed);
    EXPECT_THAT(second.delay_ms, AllOf(Ge(150 - 37), Le(150 + 37)));
    least = std::min(least, second.delay_ms);
    most = std::max(most, second.delay_ms);
    Failures same(strategy);
    EXPECT_EQ(same.at(0, seed), first);
  }
  EXPECT_LT(least, 120);
  EXPECT_GT(most, 180);
}

TEST(RestartPolicy, ALongRowOfFailuresStaysAtTheMost) {
  auto strategy = kPlain;
  strategy.backoff_multiplier = 1'000;
  strategy.jitter_factor = 0.5;
  Failures job(strategy);
  for (WallMs i = 0; i < 10'000; ++i) {
    const auto decision = job.at(i * 4'000, static_cast<std::uint64_t>(i));
    ASSERT_TRUE(decision.counted);
    ASSERT_THAT(decision.delay_ms, AllOf(Ge(1'000), Le(3'000)));
    if (i > 0) {
      ASSERT_EQ(decision.delay_ms, 3'000);
    }
  }
}

TEST(RestartPolicy, AClockThatJumpsBackNeverMakesAPauseLonger) {
  Failures job(kPlain);
  EXPECT_EQ(job.at(9'000), again(1'000));
  EXPECT_EQ(job.at(0), shares(1'000));
  EXPECT_EQ(job.at(600), shares(400));
  EXPECT_EQ(job.at(1'001), again(1'500));
}

TEST(RestartPolicy, TheJobsOwnStrategyComesFirstThenTheClusters) {
  model::JobSpec spec;
  const RestartStrategy cluster = FixedDelayRestart{.attempts = 3};
  EXPECT_EQ(strategy_for(spec, cluster), cluster);
  EXPECT_EQ(strategy_for(spec, std::nullopt), RestartStrategy(NoRestart{}));
  spec.checkpointing = model::Checkpointing{.interval_ms = 10'000};
  EXPECT_EQ(strategy_for(spec, cluster), cluster);
  EXPECT_EQ(strategy_for(spec, std::nullopt), RestartStrategy(ExponentialDelayRestart{}));
  spec.restart_strategy = NoRestart{};
  EXPECT_EQ(strategy_for(spec, cluster), RestartStrategy(NoRestart{}));
}

}  // namespace
}  // namespace stellwerk::jobs
