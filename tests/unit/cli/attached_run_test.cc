#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/cli/fake_cluster.h"
#include "unit/cli/scratch_dir.h"

namespace stellwerk::cli {
namespace {

using testing::HasSubstr;

constexpr char kAttachedSpec[] = "name: one\nvertices: [{name: a, command: [sleep, '1']}]\n";

TEST(AttachedRun, WaitsForTheEnd) {
  const ScratchDir dir;
  FakeHost host;
  FakeCluster cluster(host);
  cluster.states = {"CREATED", "RUNNING", "FINISHED"};
  EXPECT_EQ(host.run({"run", "-m", "h:8081", dir.write("a.yaml", kAttachedSpec)}), 0);
  const std::string id = job_id_of(cluster.bodies.front());
  EXPECT_EQ(host.printed(),
            "Job has been submitted with JobID " + id +
                "\nJob execution switched to status RUNNING.\nProgram execution finished\nJob with JobID " + id +
                " has finished.\nJob Runtime: 1234 ms\n");
  EXPECT_TRUE(host.catches);
  EXPECT_EQ(host.pauses.size(), 2U);
}

TEST(AttachedRun, AsJson) {
  FakeHost host;
  FakeCluster cluster(host);
  EXPECT_EQ(host.run({"run", "--json", "-m", "h:8081", "--", "x"}), 0);
  EXPECT_EQ(host.printed(),
            "{\"jobid\":\"" + job_id_of(cluster.bodies.front()) + "\",\"status\":\"FINISHED\",\"runtime-ms\":1234}\n");
}

TEST(AttachedRun, AJobThatEndsBadlyIsNoSuccess) {
  FakeHost failed;
  FakeCluster cluster(failed);
  cluster.states = {"FAILED"};
  EXPECT_EQ(failed.run({"run", "-m", "h:8081", "--", "x"}), 5);
  EXPECT_EQ(failed.complained(), "Job with JobID " + job_id_of(cluster.bodies.front()) +
                                     " has failed: x (1/1) on h1: exit code 3.\n  no\n  luck\n");

  FakeHost canceled;
  FakeCluster other(canceled);
  other.states = {"CANCELLING", "CANCELED"};
  EXPECT_EQ(canceled.run({"run", "-m", "h:8081", "--", "x"}), 6);
  EXPECT_THAT(canceled.complained(), HasSubstr("was cancelled"));
}

TEST(AttachedRun, WhatATaskWroteIsShownAsItIsButNothingThatMovesTheCursor) {
  FakeHost host;
  FakeCluster cluster(host);
  cluster.states = {"FAILED"};
  std::string text = "cannot start \\\"x\\\"";
  for (int i = 0; i < 25; ++i) text += "\\n{\\\"line\\\": " + std::to_string(i) + "}";
  text += "\\n\\u001b[2J\\tC:\\\\x\\n";
  cluster.exceptions = R"({"exceptionHistory":{"entries":[{"stacktrace":")" + text + R"(","timestamp":1}]}})";
  EXPECT_EQ(host.run({"run", "-m", "h:8081", "--", "x"}), 5);
  EXPECT_THAT(host.complained(), HasSubstr(" has failed: cannot start \"x\".\n  {\"line\": 6}\n"));
  EXPECT_THAT(host.complained(), HasSubstr("  {\"line\": 24}\n  \\u001b[2J\tC:\\x\n"));
}

TEST(AttachedRun, AJobWithoutSlotsSaysHowManyItNeeds) {
  FakeHost host;
  FakeCluster cluster(host);
  cluster.states = std::vector<std::string>(50, "CREATED");
  cluster.states.push_back("FINISHED");
  cluster.waiting = R"(,"waiting":{"needed":4,"free":1,"total":8})";
  EXPECT_EQ(host.run({"run", "-m", "h:8081", "--", "x"}), 0);
  EXPECT_EQ(host.complained(), "The job is CREATED: it needs 4 slots, 1 of 8 is free.\n");
}

TEST(AttachedRun, ATerminalShowsProgressOnItsLastLine) {
  FakeHost host;
  host.columns = 30;
  FakeCluster cluster(host);
  cluster.states = {"RUNNING", "RUNNING", "FINISHED"};
  cluster.vertices = R"([{"name":"source","status":"RUNNING","parallelism":4,"tasks":{"RUNNING":2,"FINISHED":1}},)"
                     R"({"name":"a-long-name","status":"RUNNING","parallelism":4}])";
  EXPECT_EQ(host.run({"run", "-m", "h:8081", "--", "x"}), 0);
  EXPECT_EQ(host.complained(), "RUNNING  source 3/4  a-lon...\r\x1b[K") << "nothing is written while nothing changes";
  EXPECT_THAT(host.printed(), testing::Not(HasSubstr("RUNNING")));
}

TEST(AttachedRun, CtrlCLeavesTheJobRunning) {
  for (const bool by_term : {false, true}) {
    FakeHost host;
    FakeCluster cluster(host);
    cluster.states = {"RUNNING"};
    host.columns = by_term ? 80 : 0;
    host.interrupted_by_term = by_term;
    host.interrupt_at_pause = 3;
    EXPECT_EQ(host.run({"run", "-m", "h:8081", "--", "x"}), 130);
    const std::string id = job_id_of(cluster.bodies.front());
    EXPECT_THAT(host.complained(),
                HasSubstr("Detached; job " + id + " goes on. To end it: stellwerk cancel -m h:8081 " + id + "\n"));
  }
}

TEST(AttachedRun, OnATerminalCtrlCAsksWhatToDo) {
  FakeHost host;
  host.columns = 80;
  host.interrupt_at_pause = 2;
  host.typed = {"c"};
  FakeCluster cluster(host);
  cluster.states = {"RUNNING"};
  EXPECT_EQ(host.run({"run", "-m", "h:8081", "--", "x"}), 6);
  EXPECT_THAT(host.complained(),
              HasSubstr("RUNNING\r\x1b[K\nCancel the job, detach, or go on? [c/d/g] Cancelling job "));

  FakeHost again;
  again.columns = 80;
  again.interrupt_at_pause = 2;
  FakeCluster other(again);
  other.states = {"RUNNING"};
  EXPECT_EQ(again.run({"run", "-m", "h:8081", "--", "x"}), 130) << "Ctrl-C at the question";
  EXPECT_THAT(again.complained(), HasSubstr("[c/d/g] \nDetached; job "));
}

TEST(AttachedRun, ATakeoverIsSaidOnce) {
  FakeHost host;
  FakeCluster cluster(host);
  cluster.states = {"RUNNING", "RUNNING", "RUNNING", "FINISHED"};
  const auto healthy = host.network;
  int looks = 0;
  host.network = [&](const Question& question) -> Answer {
    if (question.request.method == http::Method::get) ++looks;
    // The first master dies after the second look; the other one leads from then on.
    if (looks > 2 && question.to.host == "h1") return refused_connection();
    const bool second = looks > 2;
    cluster.origin = {{"Stellwerk-Epoch", second ? "8" : "7"},
                      {"Stellwerk-Leader", second ? "http://h2:8081" : "http://h1:8081"}};
    return healthy(question);
  };
  const ScratchDir dir;
  dir.write("config.yaml", "rest.port: 8081\n");
  dir.write("masters", "h1\nh2\n");
  EXPECT_EQ(host.run({"run", "--configDir", dir.path(), "--", "x"}), 0);
  EXPECT_EQ(host.complained(), "The leader changed: http://h2:8081 leads since epoch 8.\n");
}

TEST(AttachedRun, WaitingOutlivesMastersThatAreAwayForAWhile) {
  FakeHost host;
  FakeCluster cluster(host);
  cluster.states = {"RUNNING", "FINISHED"};
  const auto healthy = host.network;
  int tries = 0;
  host.network = [&](const Question& question) -> Answer {
    ++tries;
    return tries > 2 && tries < 10 ? refused_connection() : healthy(question);
  };
  EXPECT_EQ(host.run({"run", "-m", "h:8081", "--", "x"}), 0);

  FakeHost away;
  FakeCluster gone(away);
  const auto first = away.network;
  away.network = [&](const Question& question) -> Answer {
    return question.request.method == http::Method::post ? first(question) : refused_connection();
  };
  EXPECT_EQ(away.run({"run", "-m", "h:8081", "--", "x"}), 3);
  EXPECT_THAT(away.complained(), HasSubstr("its end is unknown"));
}

}  // namespace
}  // namespace stellwerk::cli
