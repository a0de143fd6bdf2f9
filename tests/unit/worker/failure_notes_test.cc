#include "worker/failure_notes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace stellwerk::worker {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

TEST(FailureNotesTest, SoManyOfEachJobAreNamedAMinuteAndTheOthersCounted) {
  FailureNotes notes;
  for (int i = 0; i < FailureNotes::kMax; ++i) EXPECT_TRUE(notes.name(Time{1s}, "a"));
  EXPECT_EQ(notes.wake_at(), Time::max()) << "nothing was left out";
  EXPECT_FALSE(notes.name(Time{2s}, "a"));
  EXPECT_FALSE(notes.name(Time{3s}, "a"));
  EXPECT_TRUE(notes.name(Time{30s}, "b"));
  EXPECT_EQ(notes.wake_at(), Time{61s});
  EXPECT_THAT(notes.take_due(Time{60s}), IsEmpty());
  EXPECT_THAT(notes.take_due(Time{61s}), ElementsAre("Of job a 2 more tasks failed in the last minute"));
  EXPECT_EQ(notes.wake_at(), Time::max());
  EXPECT_TRUE(notes.name(Time{62s}, "a"));
  EXPECT_THAT(notes.take_due(Time{200s}), IsEmpty());
}

TEST(FailureNotesTest, JobsBeyondThoseThatAreCountedAreNamed) {
  FailureNotes notes;
  for (std::size_t i = 0; i < FailureNotes::kJobsMax; ++i) notes.name(Time{1s}, std::to_string(i));
  for (int i = 0; i < 3 * FailureNotes::kMax; ++i) EXPECT_TRUE(notes.name(Time{2s}, "other"));
}

}  // namespace
}  // namespace stellwerk::worker
