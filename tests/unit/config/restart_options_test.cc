#include "config/restart_options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/master_options.h"
#include "model/job_spec_reader.h"

namespace stellwerk::config {
namespace {

using model::ExponentialDelayRestart;
using model::FailureRateRestart;
using model::FixedDelayRestart;
using model::NoRestart;
using model::RestartStrategy;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

MasterStart started(std::vector<std::string> dynamic) {
  Inputs inputs;
  for (std::string& setting : dynamic) inputs.dynamic.push_back("restart-strategy" + setting);
  inputs.host = "localhost";
  return load_master(inputs, {"node7", 2});
}

std::optional<RestartStrategy> strategy(std::vector<std::string> dynamic) {
  const MasterStart start = started(std::move(dynamic));
  EXPECT_THAT(to_lines(start.findings), IsEmpty());
  return start.options.value().restart;
}

TEST(RestartOptions, WithoutATypeEachJobHasItsOwnDefault) {
  EXPECT_EQ(strategy({}), std::nullopt);
}

TEST(RestartOptions, TypesInFlinksSpellings) {
  for (const char* none : {"none", "off", "Disable"})
    EXPECT_EQ(strategy({std::string(".type=") + none}), RestartStrategy(NoRestart{})) << none;
  for (const char* fixed : {"fixed-delay", "fixeddelay"})
    EXPECT_EQ(strategy({std::string(".type=") + fixed}), RestartStrategy(FixedDelayRestart{})) << fixed;
  for (const char* rate : {"failure-rate", "failurerate"})
    EXPECT_EQ(strategy({std::string(".type=") + rate}), RestartStrategy(FailureRateRestart{})) << rate;
  for (const char* exponential : {"exponential-delay", "ExponentialDelay"})
    EXPECT_EQ(strategy({std::string(".type=") + exponential}), RestartStrategy(ExponentialDelayRestart{}));
}

TEST(RestartOptions, TheOldNameOfTheType) {
  const MasterStart start = started({"=failure-rate"});
  EXPECT_EQ(start.options.value().restart, RestartStrategy(FailureRateRestart{}));
}

TEST(RestartOptions, Parameters) {
  EXPECT_EQ(strategy({".type=fixed-delay", ".fixed-delay.attempts=2147483647", ".fixed-delay.delay=0"}),
            RestartStrategy(FixedDelayRestart{.attempts = 2147483647, .delay_ms = 0}));
  EXPECT_EQ(strategy({".type=failure-rate", ".failure-rate.max-failures-per-interval=3",
                      ".failure-rate.failure-rate-interval=5 min", ".failure-rate.delay=10 s"}),
            RestartStrategy(FailureRateRestart{
                .max_failures_per_interval = 3, .failure_rate_interval_ms = 300'000, .delay_ms = 10'000}));
  EXPECT_EQ(strategy({".type=exponential-delay", ".exponential-delay.initial-backoff=1500 us",
                      ".exponential-delay.max-backoff=1 h", ".exponential-delay.backoff-multiplier=2",
                      ".exponential-delay.reset-backoff-threshold=3650 d", ".exponential-delay.jitter-factor=0",
                      ".exponential-delay.attempts-before-reset-backoff=8"}),
            RestartStrategy(ExponentialDelayRestart{.initial_backoff_ms = 2,
                                                    .max_backoff_ms = 3'600'000,
                                                    .backoff_multiplier = 2,
                                                    .reset_backoff_threshold_ms = model::kSpecDurationMsMax,
                                                    .jitter_factor = 0,
                                                    .attempts_before_reset_backoff = 8}));
}

TEST(RestartOptions, TheLongestPauseIsNoneBelowTheFirst) {
  const auto long_first = strategy({".type=exponential-delay", ".exponential-delay.initial-backoff=5 min"});
  EXPECT_EQ(std::get<ExponentialDelayRestart>(long_first.value()).max_backoff_ms, 300'000);
  const MasterStart start = started(
      {".type=exponential-delay", ".exponential-delay.initial-backoff=5 min", ".exponential-delay.max-backoff=10 s"});
  EXPECT_FALSE(start.options);
  EXPECT_THAT(to_lines(start.findings),
              ElementsAre("-D: restart-strategy.exponential-delay.max-backoff: \"10 s\" is below "
                          "restart-strategy.exponential-delay.initial-backoff, which is 5 min; accepted is the same or "
                          "more"));
}

TEST(RestartOptions, ParametersOfAnotherStrategyAreNamed) {
  const MasterStart none = started({".fixed-delay.attempts=3"});
  EXPECT_EQ(none.options.value().restart, std::nullopt);
  EXPECT_THAT(to_lines(none.findings),
              ElementsAre("-D: restart-strategy.fixed-delay.attempts: \"3\" has no effect, because "
                          "restart-strategy.type is not set"));
  const MasterStart other = started({".type=failurerate", ".failure-rate.delay=0", ".fixed-delay.delay=1 s"});
  EXPECT_THAT(to_lines(other.findings),
              ElementsAre("-D: restart-strategy.fixed-delay.delay: \"1 s\" has no effect, because "
                          "restart-strategy.type is failure-rate"));
}

TEST(RestartOptions, OneRuleForJobsAndForTheCluster) {
  const auto spec = model::read_job_spec(
      R"({"name":"j","vertices":[{"command":["c"],"name":"v"}],"restart-strategy":"exponential-delay"})",
      DocKind::json);
  ASSERT_TRUE(spec.has_value());
  EXPECT_EQ(strategy({".type=exponential-delay"}), spec->spec.restart_strategy);
}

}  // namespace
}  // namespace stellwerk::config
