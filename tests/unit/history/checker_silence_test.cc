/// While nothing can become durable, nothing is acknowledged.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "history/checker.h"
#include "unit/history/told.h"

namespace stellwerk::history {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr Micros kSecond = 1'000'000;

class SilenceTest : public testing::Test {
 protected:
  SilenceTest() { told_.history.silences = {{.from = kSecond, .to = 2 * kSecond}}; }
  Told told_;
};

TEST_F(SilenceTest, WhatWasAskedForAndAcknowledgedWithinIt) {
  told_.later(kSecond);
  told_.submit("a", 202, {1, 2});
  told_.cancel("a", 202, {1, 3});
  EXPECT_THAT(told_.broken(), ElementsAre(rules::kSilence, rules::kSilence));
}

TEST_F(SilenceTest, RefusalsAreHonest) {
  told_.later(kSecond);
  told_.submit("a", 503);
  told_.submit("b", 507);
  told_.submit("c", 504);
  told_.later(kSecond);
  told_.submit("a", 202, {1, 2});
  EXPECT_THAT(told_.broken(), IsEmpty());
}

TEST_F(SilenceTest, WhatWasSentBeforeOrAnsweredAfterIt) {
  Call& before = told_.submit("a", 202, {1, 2});
  before.answered = kSecond + 1;
  told_.later(kSecond);
  Call& after = told_.submit("b", 202, {1, 3});
  after.answered = 2 * kSecond + 1;
  EXPECT_THAT(told_.broken(), IsEmpty());
}

TEST_F(SilenceTest, ARepeatOfWhatWasDurableBefore) {
  told_.submit("a", 504);
  told_.later(kSecond);
  told_.submit("a", 202, {1, 2});
  EXPECT_THAT(told_.broken(), IsEmpty());
}

}  // namespace
}  // namespace stellwerk::history
