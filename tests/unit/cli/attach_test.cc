#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/cli/attach_transcript.h"

namespace stellwerk::cli::attach {
namespace {

using testing::HasSubstr;
using testing::Not;

JobDetails restarted_at(WallMs at, const std::string& state) {
  JobDetails job = Transcript::seen(state).job;
  job.restarting_ms = at;
  return job;
}

JobFailureLine exit_code_3(WallMs at) {
  return {"exit code 3", {}, "fall (1/2)", "host1", at};
}

TEST(Attach, AJobThatFinishes) {
  Transcript wait;
  wait.job("CREATED");
  wait.job("RUNNING");
  wait.job("RUNNING");
  wait.job("FINISHED");
  EXPECT_EQ(wait.take(),
            "> job\n"
            "> job in 100\n"
            "o Job execution switched to status RUNNING.\n"
            "> job in 100\n"
            "> job in 100\n"
            "o Program execution finished\n"
            "o Job with JobID 0123456789abcdef0123456789abcdef has finished.\n"
            "o Job Runtime: 1234 ms\n"
            "> exit 0\n");
}

TEST(Attach, AJobThatFailsSaysWhyAndWhatItsTaskWroteLast) {
  Transcript wait;
  wait.job("RUNNING");
  wait.job("FAILING");
  wait.job("FAILED");
  wait.cause({"exit code 3", {"no luck", "none at all"}, "fall (1/2)", "host1", 5});
  EXPECT_EQ(wait.take(),
            "> job\n"
            "o Job execution switched to status RUNNING.\n"
            "> job in 100\n"
            "o Job execution switched to status FAILING.\n"
            "> job in 100\n"
            "> cause\n"
            "e Job with JobID 0123456789abcdef0123456789abcdef has failed: fall (1/2) on host1: exit code 3.\n"
            "e   no luck\n"
            "e   none at all\n"
            "> exit 5\n");
}

TEST(Attach, AJobThatFailsEndsTheWaitEvenIfNobodyKnowsWhy) {
  Transcript wait;
  wait.job("FAILED");
  wait.refused();
  EXPECT_EQ(wait.take(),
            "> job\n"
            "> cause\n"
            "e Job with JobID 0123456789abcdef0123456789abcdef has failed.\n"
            "> exit 5\n");
}

TEST(Attach, AJobThatIsCancelled) {
  Transcript wait;
  wait.job("CANCELLING");
  wait.job("CANCELED");
  EXPECT_EQ(wait.take(),
            "> job\n"
            "o Job execution switched to status CANCELLING.\n"
            "> job in 100\n"
            "e Job with JobID 0123456789abcdef0123456789abcdef was cancelled.\n"
            "> exit 6\n");
}

TEST(Attach, WithJsonOnlyTheEndIsOnStdout) {
  Transcript finished(Show::json);
  finished.job("RUNNING");
  finished.job("FINISHED");
  EXPECT_EQ(finished.take(),
            "> job\n"
            "> job in 100\n"
            "o {\"jobid\":\"0123456789abcdef0123456789abcdef\",\"status\":\"FINISHED\",\"runtime-ms\":1234}\n"
            "> exit 0\n");
  Transcript failed(Show::json);
  failed.job("FAILED");
  failed.take();
  failed.cause({"said \"no\"", {}, "", "", 5});
  EXPECT_EQ(failed.take(),
            "o {\"jobid\":\"0123456789abcdef0123456789abcdef\",\"status\":\"FAILED\",\"runtime-ms\":1234,"
            "\"cause\":\"said \\\"no\\\"\"}\n"
            "e Job with JobID 0123456789abcdef0123456789abcdef has failed: said \"no\".\n"
            "> exit 5\n");
}

TEST(Attach, LooksAreFrequentAtFirstAndRareLater) {
  Transcript wait;
  const auto run = [&wait] { wait.job("RUNNING"); };
  wait.during(kBeginning - kLookAtFirst, run);
  EXPECT_EQ(in_words(wait.next()), "job in 100");
  wait.during(kLookSoon, run);
  EXPECT_EQ(in_words(wait.next()), "job in 500");
  wait.during(kSettled, run);
  EXPECT_EQ(in_words(wait.next()), "job in 1000");
  wait.told({.what = Transcript::seen("RUNNING"), .took = Milliseconds(900)});
  EXPECT_EQ(in_words(wait.next()), "job in 1800") << "who answers slowly is asked more seldom";
  wait.told({.what = Transcript::seen("RUNNING"), .took = std::chrono::seconds(10)});
  EXPECT_EQ(in_words(wait.next()), "job in 5000") << "but not for ever: others may answer faster";
}

TEST(Attach, SlotsThatLackAreNamedWhenItLasts) {
  Transcript wait;
  wait.during(kSayLackAfter + kLookSoon, [&wait] { wait.job(waiting_for(4, 1)); });
  EXPECT_EQ(wait.take(), "> job\ne The job is CREATED: it needs 4 slots, 1 of 8 is free.\n> job in 500\n");
  wait.during(kSayLackEvery / 2, [&wait] { wait.job(waiting_for(4, 2)); });
  EXPECT_EQ(wait.take(), "> job in 500\n");
  wait.during(kSayLackEvery, [&wait] { wait.job(waiting_for(4, 3)); });
  EXPECT_EQ(wait.take(), "e The job is CREATED: it needs 4 slots, 3 of 8 are free.\n> job in 500\n");
  wait.job("RUNNING");
  wait.take();
  wait.during(kSayLackEvery, [&wait] { wait.job(waiting_for(1, 0, "RUNNING")); });
  EXPECT_EQ(wait.take(), "e The job is RUNNING: it needs 1 slot, 0 of 8 are free.\n> job in 1000\n");
}

TEST(Attach, AJobThatSoonHasItsSlotsIsNoNews) {
  Transcript wait;
  wait.during(kSayLackAfter / 2, [&wait] { wait.job(waiting_for(4, 1)); });
  wait.job("RUNNING");
  EXPECT_THAT(wait.take(), Not(HasSubstr("slot")));
}

TEST(Attach, AMasterThatDoesNotCountSlotsLeavesTheHintWithoutNumbers) {
  Transcript wait;
  wait.during(kSayLackAfter + kLookSoon, [&wait] { wait.job("CREATED"); });
  EXPECT_EQ(wait.take(), "> job\ne The job is CREATED: it waits for free slots of workers.\n> job in 500\n");
}

TEST(Attach, ARestartSaysItsCause) {
  Transcript wait;
  wait.job("RUNNING");
  wait.take();
  wait.job(restarted_at(70, "RESTARTING"));
  wait.cause(exit_code_3(70));
  wait.job(restarted_at(70, "RESTARTING"));
  wait.job(restarted_at(70, "RUNNING"));
  EXPECT_EQ(wait.take(),
            "o Job execution switched to status RESTARTING.\n"
            "> cause\n"
            "e The job restarts: fall (1/2) on host1: exit code 3.\n"
            "> job in 100\n"
            "> job in 100\n"
            "o Job execution switched to status RUNNING.\n"
            "> job in 100\n");
}

TEST(Attach, ARestartBetweenTwoLooksIsSeenByItsTime) {
  Transcript wait;
  wait.job("RUNNING");
  wait.take();
  wait.job(restarted_at(70, "RUNNING"));
  wait.cause(exit_code_3(70));
  EXPECT_EQ(wait.take(), "> cause\ne The job restarts: fall (1/2) on host1: exit code 3.\n> job in 100\n");
}

TEST(Attach, ARestartWithoutAFaultHasNoOldFaultForItsCause) {
  Transcript wait;
  wait.job("RUNNING");
  wait.job(restarted_at(70, "RESTARTING"));
  wait.take();
  wait.cause(exit_code_3(69));
  EXPECT_EQ(wait.take(), "e The job restarts: a worker was lost or left.\n> job in 100\n");
  wait.job(restarted_at(80, "RESTARTING"));
  wait.take();
  wait.refused();
  EXPECT_EQ(wait.take(), "e The job restarts: its cause is not known.\n> job in 100\n");
}

TEST(Attach, TheSameCauseAgainAndAgainIsNotSaidEachTime) {
  Transcript wait;
  WallMs at = 0;
  int said = 0;
  const auto fall = [&] {
    ++at;
    wait.job(restarted_at(at, "RUNNING"));
    wait.cause(exit_code_3(at));
    const std::string trace = wait.take();
    if (trace.find("restarts") != std::string::npos) ++said;
  };
  const Milliseconds end = wait.now() + kSaySameCauseEvery - kLookSoon;
  while (wait.now() < end) fall();
  EXPECT_EQ(said, 1);
  fall();
  fall();
  EXPECT_EQ(said, 2);
}

}  // namespace
}  // namespace stellwerk::cli::attach
