#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/cli/attach_transcript.h"

namespace stellwerk::cli::attach {
namespace {

using testing::HasSubstr;

TEST(AttachSilence, EachChangeOfTheLeaderIsSaidOnce) {
  const AnswerOrigin first{7, "http://h1:8081", false};
  const AnswerOrigin second{8, "http://h2:8081", false};
  Transcript wait;
  wait.job("RUNNING", first);
  wait.job("RUNNING", first);
  wait.take();
  wait.job("RUNNING", {8, "", true});
  EXPECT_EQ(wait.take(), "> job in 100\n") << "nobody is known to lead yet";
  wait.job("RUNNING", second);
  wait.job("RUNNING", second);
  EXPECT_EQ(wait.take(),
            "e The leader changed: http://h2:8081 leads since epoch 8.\n> job in 100\n"
            "> job in 100\n");
  wait.job("RUNNING", first);
  wait.job("RUNNING", second);
  EXPECT_EQ(wait.take(), "> job in 100\n> job in 100\n") << "one that is behind is no news";
  wait.job("RUNNING", {9, "http://h2:8081", false});
  EXPECT_THAT(wait.take(), HasSubstr("http://h2:8081 leads since epoch 9"));
}

TEST(AttachSilence, AShortSilenceIsNoNews) {
  Transcript wait;
  wait.job("RUNNING");
  wait.take();
  wait.away();
  wait.away();
  wait.away();
  wait.job("RUNNING");
  EXPECT_EQ(wait.take(), "> job in 100\n> job in 200\n> job in 400\n> job in 100\n");
}

TEST(AttachSilence, ALongSilenceIsSaidOnceAndSurvived) {
  for (int outage = 0; outage < 2; ++outage) {
    Transcript wait;
    wait.job("RUNNING");
    wait.take();
    wait.during(kPatience / 2, [&wait] { wait.away(); });
    EXPECT_EQ(wait.take(), "e No master answers at http://h:1; trying again for 59 s at most.\n> job in 2000\n");
    wait.job("FINISHED");
    EXPECT_THAT(wait.take(), HasSubstr("> exit 0\n"));
  }
}

TEST(AttachSilence, AfterTooLongASilenceTheEndIsUnknown) {
  Transcript wait;
  wait.job("RUNNING");
  wait.take();
  const Milliseconds began = wait.now();
  while (!std::holds_alternative<End>(wait.next())) wait.away();
  EXPECT_THAT(wait.take(), HasSubstr("e Job 0123456789abcdef0123456789abcdef was submitted; its end is unknown: No "
                                     "master answers at http://h:1.\n> exit 3\n"));
  EXPECT_LE(wait.now() - began, kPatience + kLookAtFirst);
}

TEST(AttachSilence, AJobWhoseDetailsAreGoneStillHasAnEnd) {
  Transcript wait;
  wait.job("RUNNING");
  wait.take();
  wait.refused();
  EXPECT_EQ(wait.take(), "> status\n");
  wait.told({.what = StatusSeen{"FINISHED"}});
  EXPECT_EQ(wait.take(),
            "o Program execution finished\n"
            "o Job with JobID 0123456789abcdef0123456789abcdef has finished.\n"
            "> exit 0\n");
}

TEST(AttachSilence, AJobThatNobodyKnowsAnyMoreHasAnUnknownEnd) {
  Transcript wait;
  wait.job("RUNNING");
  wait.refused();
  wait.take();
  wait.refused();
  EXPECT_EQ(wait.take(),
            "e Job 0123456789abcdef0123456789abcdef was submitted; its end is unknown: Job not found.\n> exit 3\n");
}

TEST(AttachSilence, AStatusIsEnoughUntilDetailsAreThereAgain) {
  Transcript wait;
  wait.refused();
  wait.told({.what = StatusSeen{"RUNNING"}});
  EXPECT_EQ(wait.take(), "> job\n> status\no Job execution switched to status RUNNING.\n> job in 100\n");
}

}  // namespace
}  // namespace stellwerk::cli::attach
