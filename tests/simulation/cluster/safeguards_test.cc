/// Each safeguard, switched off, must make a checker notice: a safeguard that nobody misses is either
/// useless or untested.

#include "simulation/cluster/safeguards.h"

#include <gtest/gtest.h>

namespace stellwerk::test {
namespace {

/// Every one below is noticed well before this many schedules.
constexpr std::uint64_t kSeedsMax = 600;

class WithoutSafeguard : public testing::TestWithParam<SafeguardSwitch> {};

TEST_P(WithoutSafeguard, ACheckerNotices) {
  ChaosOptions options;
  GetParam().off(options);
  for (std::uint64_t seed = 1; seed <= kSeedsMax; ++seed)
    if (!run_chaos(seed, options).violations.empty()) {
      SUCCEED() << "seed " << seed;
      return;
    }
  FAIL() << "nobody misses " << GetParam().name << " in " << kSeedsMax << " schedules";
}

INSTANTIATE_TEST_SUITE_P(Each, WithoutSafeguard, testing::ValuesIn(safeguard_switches()),
                         [](const auto& each) { return each.param.name; });

TEST(Schedules, AreRepeatable) {
  for (std::uint64_t seed = 1; seed <= 3; ++seed) EXPECT_EQ(run_chaos(seed).fingerprint, run_chaos(seed).fingerprint);
}

}  // namespace
}  // namespace stellwerk::test
