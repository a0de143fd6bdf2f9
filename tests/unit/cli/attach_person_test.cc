#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/cli/attach_transcript.h"

namespace stellwerk::cli::attach {
namespace {

using testing::HasSubstr;

TEST(AttachPerson, OnAPipeASignalDetaches) {
  for (const bool asked_to_end : {false, true}) {
    Transcript wait;
    wait.job("RUNNING");
    wait.take();
    wait.told({.what = Interrupted{asked_to_end}});
    EXPECT_EQ(wait.take(),
              "e Detached; job 0123456789abcdef0123456789abcdef goes on. To end it: stellwerk cancel 0123\n"
              "> exit 130\n");
  }
  Transcript wait(Show::json);
  wait.told({.what = Interrupted{}});
  EXPECT_THAT(wait.take(), HasSubstr("o {\"jobid\":\"0123456789abcdef0123456789abcdef\"}\n"));
}

TEST(AttachPerson, ASignalAfterTheEndDoesNotHideIt) {
  Transcript wait;
  wait.job("FAILED");
  wait.take();
  wait.told({.what = Interrupted{}});
  EXPECT_EQ(wait.take(), "e Job with JobID 0123456789abcdef0123456789abcdef has failed.\n> exit 5\n");
}

TEST(AttachPerson, ATerminalShowsOneLineThatChanges) {
  Transcript wait(Show::terminal);
  JobDetails job = waiting_for(4, 1);
  job.vertices = {{"source", "CREATED", 2, 0, 0}, {"count", "CREATED", 4, 0, 0}};
  wait.job(job);
  job.waiting.reset();
  job.state = "RUNNING";
  job.vertices = {{"source", "FINISHED", 2, 0, 2}, {"count", "RUNNING", 4, 2, 1}};
  wait.told({.what = JobSeen{job}, .origin = {7, "http://h1:8081", true}});
  wait.away();
  job.state = "FINISHED";
  wait.job(job);
  EXPECT_EQ(wait.take(),
            "> job\n"
            "= CREATED  source 0/2  count 0/4  (needs 4 slots, 1 of 8 is free)\n"
            "> job in 100\n"
            "= RUNNING  source 2/2  count 3/4  (the leader does not answer)\n"
            "> job in 100\n"
            "= RUNNING  source 2/2  count 3/4  (no master answers)\n"
            "> job in 100\n"
            "o Program execution finished\n"
            "o Job with JobID 0123456789abcdef0123456789abcdef has finished.\n"
            "o Job Runtime: 1234 ms\n"
            "> exit 0\n");
}

TEST(AttachPerson, OnATerminalCtrlCAsks) {
  Transcript wait(Show::terminal);
  wait.job("RUNNING");
  wait.take();
  wait.told({.what = Interrupted{}});
  wait.person("what?");
  wait.person("");
  EXPECT_EQ(wait.take(), "> ask\n> ask\n= RUNNING\n> job\n");
  wait.told({.what = Interrupted{}});
  wait.person("Detach");
  EXPECT_THAT(wait.take(), HasSubstr("goes on. To end it: stellwerk cancel 0123\n> exit 130\n"));
}

TEST(AttachPerson, ASecondCtrlCDetaches) {
  Transcript wait(Show::terminal);
  wait.told({.what = Interrupted{}});
  wait.told({.what = Replied{"", true}});
  EXPECT_THAT(wait.take(), HasSubstr("> exit 130\n"));
}

TEST(AttachPerson, OnATerminalTooSigtermDetaches) {
  Transcript wait(Show::terminal);
  wait.told({.what = Interrupted{true}});
  EXPECT_THAT(wait.take(), HasSubstr("> exit 130\n"));
}

TEST(AttachPerson, CancellingIsFollowedToTheEnd) {
  Transcript wait(Show::terminal);
  wait.job("RUNNING");
  wait.told({.what = Interrupted{}});
  wait.take();
  wait.person("c");
  EXPECT_EQ(wait.take(), "> cancel\n");
  wait.told({.what = CancelSaid{"No master leads, so nothing happened"}});
  EXPECT_EQ(wait.take(),
            "e Could not cancel job 0123456789abcdef0123456789abcdef: No master leads, so nothing happened.\n"
            "= RUNNING\n> job\n");
  wait.told({.what = Interrupted{}});
  wait.person("c");
  wait.take();
  wait.told({.what = CancelSaid{}});
  wait.job("CANCELED");
  EXPECT_EQ(wait.take(),
            "e Cancelling job 0123456789abcdef0123456789abcdef.\n= RUNNING\n> job\n"
            "e Job with JobID 0123456789abcdef0123456789abcdef was cancelled.\n> exit 6\n");
}

}  // namespace
}  // namespace stellwerk::cli::attach
