#include "master/aging_clock.h"

#include <gtest/gtest.h>

namespace stellwerk::master {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;

constexpr WallMs kStart = 1'795'000'000'000;
constexpr milliseconds kHours = hours(5);
constexpr milliseconds kRight{0};

/// A host whose wall clock somebody sets.
class AgingClockTest : public testing::Test {
 protected:
  /// How far ahead of what it should be the time is that is believed then.
  std::optional<milliseconds> after(milliseconds passed) {
    now_ += passed;
    const WallMs right = kStart + std::chrono::duration_cast<milliseconds>(now_.time_since_epoch()).count();
    const auto believed = clock_.look({now_, right + ahead_.count()});
    if (!believed) return std::nullopt;
    return milliseconds(*believed - right);
  }

  AgingClock clock_{minutes(10)};
  Time now_{hours(7)};
  milliseconds ahead_{0};
};

TEST_F(AgingClockTest, NoClockIsBelievedBeforeItHasStood) {
  EXPECT_EQ(after(minutes(0)), std::nullopt);
  EXPECT_EQ(after(minutes(9)), std::nullopt);
  EXPECT_EQ(after(minutes(1)), kRight);
  EXPECT_EQ(after(hours(3)), kRight);
}

TEST_F(AgingClockTest, AJumpAheadThatIsTakenBackIsNone) {
  after(minutes(0));
  EXPECT_EQ(after(minutes(10)), kRight);
  ahead_ = kHours;
  EXPECT_EQ(after(minutes(1)), kRight) << "time goes on as before";
  EXPECT_EQ(after(minutes(9)), kRight);
  ahead_ = milliseconds(0);
  EXPECT_EQ(after(minutes(1)), kRight);
  EXPECT_EQ(after(minutes(30)), kRight);
}

TEST_F(AgingClockTest, AJumpAheadThatStandsIsBelieved) {
  after(minutes(0));
  after(minutes(10));
  ahead_ = kHours;
  EXPECT_EQ(after(minutes(1)), kRight);
  ahead_ = 2 * kHours;
  EXPECT_EQ(after(minutes(9)), kRight) << "another jump: from here on";
  EXPECT_EQ(after(minutes(9)), kRight);
  EXPECT_EQ(after(minutes(1)), 2 * kHours);
}

TEST_F(AgingClockTest, AClockThatIsSetBackIsFollowedAtOnce) {
  after(minutes(0));
  after(minutes(10));
  ahead_ = -kHours;
  EXPECT_EQ(after(minutes(1)), -kHours);
  EXPECT_EQ(after(minutes(20)), -kHours);
  ahead_ = milliseconds(0);
  EXPECT_EQ(after(minutes(1)), -kHours) << "that was a jump ahead";
  EXPECT_EQ(after(minutes(10)), kRight);
}

TEST_F(AgingClockTest, AClockThatRunsFastIsFollowed) {
  after(minutes(0));
  for (int i = 0; i < 100; ++i) {
    ahead_ += milliseconds(500);
    const auto shown = after(minutes(1));
    EXPECT_EQ(shown, i < 9 ? std::nullopt : std::optional(ahead_));
  }
}

TEST_F(AgingClockTest, ATermThatBeginsWithAWrongClockBelievesNone) {
  ahead_ = kHours;
  EXPECT_EQ(after(minutes(0)), std::nullopt);
  EXPECT_EQ(after(minutes(9)), std::nullopt);
  ahead_ = milliseconds(0);
  EXPECT_EQ(after(minutes(5)), std::nullopt);
  EXPECT_EQ(after(minutes(10)), kRight);
}

}  // namespace
}  // namespace stellwerk::master
