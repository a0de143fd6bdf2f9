#include "leadership/deadline.h"

#include <gtest/gtest.h>

namespace stellwerk::leadership {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const Time kStart{seconds(1000)};

/// A loop that beats every 100 ms.
class DeadlineTest : public testing::Test {
 protected:
  void beat_until(Time end) {
    for (; now < end; now += milliseconds(100)) deadline.beat(now);
    now = end;
    deadline.beat(now);
  }

  Deadline deadline;
  Time now = kStart;
};

TEST_F(DeadlineTest, NobodyActsBeforeTheFirstContact) {
  EXPECT_FALSE(deadline.acting(now));
  deadline.beat(now);
  EXPECT_FALSE(deadline.acting(now));
  deadline.contact(now, seconds(40));
  EXPECT_TRUE(deadline.acting(now));
}

TEST_F(DeadlineTest, CountsFromTheSendingMinusATenthButAtMostASecond) {
  deadline.beat(now);
  deadline.contact(now, seconds(4));
  beat_until(kStart + milliseconds(3599));
  EXPECT_TRUE(deadline.acting(now));
  beat_until(kStart + milliseconds(3600));
  EXPECT_FALSE(deadline.acting(now));
  EXPECT_EQ(Deadline::margin(seconds(40)), seconds(1));
}

TEST_F(DeadlineTest, ALateReplyDoesNotProlong) {
  deadline.beat(now);
  deadline.contact(now, seconds(4));
  beat_until(kStart + seconds(3));
  deadline.contact(kStart + seconds(1), seconds(4));
  deadline.contact(kStart - seconds(1), seconds(4));
  beat_until(kStart + milliseconds(4599));
  EXPECT_TRUE(deadline.acting(now));
  beat_until(kStart + milliseconds(4600));
  EXPECT_FALSE(deadline.acting(now));
}

TEST_F(DeadlineTest, ALoopThatHangsDoesNotAct) {
  deadline.beat(now);
  deadline.contact(now, seconds(40));
  EXPECT_EQ(deadline.act_until(), kStart + Deadline::kLateMax);
  EXPECT_TRUE(deadline.acting(kStart + milliseconds(499)));
  EXPECT_FALSE(deadline.acting(kStart + milliseconds(500)));
}

TEST_F(DeadlineTest, AfterASuspensionOnlyARoundTripSentAfterWakingCounts) {
  deadline.beat(now);
  deadline.contact(now, seconds(40));
  const Time woke = kStart + seconds(2);
  deadline.contact(kStart + milliseconds(100), seconds(40));
  deadline.beat(woke);
  EXPECT_FALSE(deadline.acting(woke)) << "though 38 s are left by the clock";
  deadline.contact(woke - milliseconds(1), seconds(40));
  EXPECT_FALSE(deadline.acting(woke)) << "its reply waited in a buffer";
  deadline.contact(woke, seconds(40));
  EXPECT_TRUE(deadline.acting(woke));
}

TEST_F(DeadlineTest, ABufferedReplyReadBeforeTheBeatDoesNotCountEither) {
  deadline.beat(now);
  deadline.contact(now, seconds(40));
  const Time woke = kStart + seconds(2);
  deadline.contact(kStart + milliseconds(300), seconds(40));
  EXPECT_FALSE(deadline.acting(woke));
  deadline.beat(woke);
  EXPECT_FALSE(deadline.acting(woke));
}

TEST_F(DeadlineTest, ALostLockEndsItUntilTheNextContact) {
  deadline.beat(now);
  deadline.contact(now, seconds(40));
  deadline.reset(now + milliseconds(1));
  EXPECT_FALSE(deadline.acting(now));
  deadline.contact(now, seconds(40));
  EXPECT_FALSE(deadline.acting(now)) << "of the former lock";
  deadline.contact(now + milliseconds(1), seconds(40));
  EXPECT_TRUE(deadline.acting(now + milliseconds(1)));
}

TEST_F(DeadlineTest, APromiseForEverIsTakenAsADay) {
  deadline.beat(now);
  deadline.contact(now, Duration::max());
  EXPECT_TRUE(deadline.acting(now));
}

TEST_F(DeadlineTest, ABeatThatGoesBackIsIgnored) {
  deadline.beat(now + milliseconds(100));
  deadline.beat(now);
  deadline.contact(now + milliseconds(100), seconds(40));
  EXPECT_EQ(deadline.act_until(), now + milliseconds(600));
}

}  // namespace
}  // namespace stellwerk::leadership
