#include "app/descriptor_plan.h"

#include <gtest/gtest.h>

namespace stellwerk::app {
namespace {

constexpr unsigned kHttpThreads = 4;
constexpr unsigned kIoThreads = 4;
/// What a master with so many threads takes for itself.
constexpr std::size_t kOwn = 60;
constexpr std::size_t kManyWorkers = 10'000;

std::size_t all_of(const DescriptorPlan& plan) {
  return plan.connections + plan.refused + plan.files + plan.greetings + plan.downloads + plan.links + plan.calls;
}

TEST(DescriptorPlanTest, ThePlanOfAWholeMasterFitsIntoWhatItAsksFor) {
  const auto plan = plan_descriptors(65'536, kHttpThreads, kIoThreads);
  ASSERT_TRUE(plan.has_value());
  EXPECT_EQ(*plan, full_plan());
  EXPECT_EQ(describe_shortage(*plan, 65'536), "");
}

TEST(DescriptorPlanTest, WhateverTheLimitItIsNeverSharedOutTwice) {
  for (std::size_t limit = kOwn + 32; limit < 70'000; limit += 7) {
    const auto plan = plan_descriptors(limit, kHttpThreads, kIoThreads);
    ASSERT_TRUE(plan.has_value()) << limit;
    ASSERT_LE(all_of(*plan), limit - kOwn) << limit;
    for (const std::size_t each :
         {plan->connections, plan->refused, plan->files, plan->greetings, plan->downloads, plan->links, plan->calls})
      ASSERT_GE(each, 1U) << limit;
  }
}

TEST(DescriptorPlanTest, WhoNeedsNotToHearOfAShortageHasRoomForManyWorkers) {
  for (std::size_t limit = kOwn + 32; limit < 70'000; limit += 7) {
    const auto plan = plan_descriptors(limit, kHttpThreads, kIoThreads);
    ASSERT_TRUE(plan.has_value()) << limit;
    if (describe_shortage(*plan, limit).empty()) {
      EXPECT_GE(plan->links, kManyWorkers) << limit;
    }
  }
}

TEST(DescriptorPlanTest, AShortageIsSaidInNumbers) {
  const auto plan = plan_descriptors(1024, kHttpThreads, kIoThreads);
  ASSERT_TRUE(plan.has_value());
  EXPECT_EQ(describe_shortage(*plan, 1024),
            "This process may have 1024 file descriptors (ulimit -n): that is enough for 422 HTTP connections, 62 "
            "connections of workers and 120 requests to others at a time");
}

TEST(DescriptorPlanTest, TooFewAreRefusedWithTheNumberThatItTakes) {
  const auto plan = plan_descriptors(64, kHttpThreads, kIoThreads);
  ASSERT_TRUE(plan.has_error());
  EXPECT_EQ(
      plan.error().text,
      "This process may have 64 file descriptors (ulimit -n), and a master takes 92 at least, better 65536 or more");
}

TEST(DescriptorPlanTest, ThreadsCostDescriptors) {
  EXPECT_TRUE(plan_descriptors(256, 4, 4).has_value());
  EXPECT_TRUE(plan_descriptors(256, 256, 4).has_error());
}

}  // namespace
}  // namespace stellwerk::app
