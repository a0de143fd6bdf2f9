#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/json.h"
#include "unit/cli/fake_host.h"
#include "unit/cli/scratch_dir.h"

namespace stellwerk::cli {
namespace {

using testing::HasSubstr;

constexpr char kInfoSpec[] = R"(
name: word-count
vertices:
  - {name: source, command: [sh, ./source.sh]}
  - {name: count, command: [python3, ./count.py], parallelism: 4, inputs: [{from: source, exchange: blocking}]}
  - {name: sink, command: [cat], inputs: [{from: count}]}
)";

constexpr char kPlan[] = R"({
  "nodes" : [ {
    "id" : 1,
    "type" : "source",
    "pact" : "Data Source",
    "contents" : "sh ./source.sh",
    "parallelism" : 2
  }, {
    "id" : 2,
    "type" : "count",
    "pact" : "Operator",
    "contents" : "python3 ./count.py",
    "parallelism" : 4,
    "predecessors" : [ {
      "id" : 1,
      "ship_strategy" : "BLOCKING",
      "side" : "second"
    } ]
  }, {
    "id" : 3,
    "type" : "sink",
    "pact" : "Data Sink",
    "contents" : "cat",
    "parallelism" : 2,
    "predecessors" : [ {
      "id" : 2,
      "ship_strategy" : "PIPELINED",
      "side" : "second"
    } ]
  } ]
})";

TEST(Info, OfASpecIsItsPlanInFlinksFormAndAsksNobody) {
  const ScratchDir dir;
  FakeHost host;
  EXPECT_EQ(host.run({"info", "-p", "2", dir.write("a.yaml", kInfoSpec)}), 0);
  EXPECT_EQ(host.printed(), std::string("----------------------- Execution Plan -----------------------\n") + kPlan +
                                "\n--------------------------------------------------------------\n\n"
                                "No description provided.\n");
  EXPECT_TRUE(host.questions.empty());
  EXPECT_TRUE(parse_json(kPlan, "plan").has_value());
  FakeHost as_json;
  EXPECT_EQ(as_json.run({"info", "--json", "-p", "2", dir.write("a.yaml", kInfoSpec)}), 0);
  EXPECT_EQ(as_json.printed(), std::string(kPlan) + "\n");
}

TEST(Info, TakesTheParallelismThatRunWouldTake) {
  const ScratchDir dir;
  FakeHost host;
  EXPECT_EQ(host.run({"info", "--json", "-Dparallelism.default=2", dir.write("a.yaml", kInfoSpec)}), 0);
  EXPECT_EQ(host.printed(), std::string(kPlan) + "\n");
}

TEST(Info, OfWhatIsNotThere) {
  FakeHost host;
  EXPECT_EQ(host.run({"info", "/no/such"}), 1);
  EXPECT_THAT(host.complained(), HasSubstr("File does not exist: /no/such"));
  const ScratchDir dir;
  FakeHost jar;
  EXPECT_EQ(jar.run({"info", dir.write("a.jar", "PK")}), 1);
  EXPECT_THAT(jar.complained(), HasSubstr("A jar has no plan here"));
  FakeHost folder;
  dir.write("bundle/job.yaml", kInfoSpec);
  EXPECT_EQ(folder.run({"info", "--json", "-p", "2", dir.path() + "/bundle"}), 0) << folder.complained();
  EXPECT_EQ(folder.printed(), std::string(kPlan) + "\n");
  FakeHost nothing;
  EXPECT_EQ(nothing.run({"info"}), 1);
}

TEST(Info, OfAPartOfAnIdSaysWhereIdsAre) {
  FakeHost host;
  EXPECT_EQ(host.run({"info", "019fd5f3"}), 1);
  EXPECT_THAT(host.complained(),
              HasSubstr("\"019fd5f3\" is neither a file here nor the id of a job; stellwerk list -a shows ids."));
}

TEST(Info, OfAJobIsWhatTheMasterSays) {
  constexpr char kJob[] =
      R"({"jid":"2d8a2427a02ff7d7ce4fb2031a90bef1","name":"n","state":"RUNNING","start-time":1795243457000,
          "end-time":-1,"duration":3723000,"vertices":[{"name":"source","status":"RUNNING","parallelism":2}]})";
  FakeHost host;
  host.network = [&](const Question&) -> Answer { return reply(200, kJob); };
  EXPECT_EQ(host.run({"info", "-m", "h:1", "2d8a2427a02ff7d7ce4fb2031a90bef1"}), 0);
  EXPECT_EQ(host.printed(),
            "Job 2d8a2427a02ff7d7ce4fb2031a90bef1 : n (RUNNING)\n"
            "Started 2026-11-21 06:44:17, duration 1 h 2 min 3 s\n\n"
            "VERTEX  PARALLELISM  STATUS\n"
            "source  2            RUNNING\n");
  host.network = [&](const Question&) -> Answer { return refusal(404, "Job not found"); };
  EXPECT_EQ(host.run({"info", "-m", "h:1", "2d8a2427a02ff7d7ce4fb2031a90bef1"}), 4);
}

TEST(Info, OfAJobThatWaitsSaysForWhat) {
  FakeHost host;
  host.network = [](const Question&) -> Answer {
    return reply(200, R"({"jid":"2d8a2427a02ff7d7ce4fb2031a90bef1","name":"n","state":"CREATED","start-time":0,)"
                      R"("vertices":[],"waiting":{"needed":4,"free":1,"total":2,"labels":["gpu"]}})");
  };
  EXPECT_EQ(host.run({"info", "-m", "h:1", "2d8a2427a02ff7d7ce4fb2031a90bef1"}), 0);
  EXPECT_THAT(host.printed(), HasSubstr("\n\nIt waits: needs 4 slots with gpu, 1 of 2 is free.\n\n"));
}

TEST(Info, OfAJobThatHasFailedSaysWhy) {
  constexpr char kWhy[] =
      R"x({"exceptionHistory":{"entries":[{"stacktrace":"exit code 2\nno such file","timestamp":5,
           "taskName":"count (1/1)","location":"host1"}],"truncated":false}})x";
  constexpr char kJob[] =
      R"({"jid":"2d8a2427a02ff7d7ce4fb2031a90bef1","name":"n","state":"FAILED","start-time":0,"vertices":[]})";
  FakeHost host;
  host.network = [&](const Question& question) -> Answer {
    return reply(200, question.request.target.find("/exceptions") == std::string::npos ? kJob : kWhy);
  };
  EXPECT_EQ(host.run({"info", "-m", "h:1", "2d8a2427a02ff7d7ce4fb2031a90bef1"}), 0);
  EXPECT_THAT(host.printed(),
              HasSubstr("\n\nIts last failure: count (1/1) on host1: exit code 2.\n  no such file\n\n"));
}

TEST(Info, OfAJobThatRunsWithoutItsLimitsSaysWhereAndWhy) {
  FakeHost host;
  host.network = [](const Question&) -> Answer {
    return reply(200,
                 R"({"jid":"2d8a2427a02ff7d7ce4fb2031a90bef1","name":"n","state":"RUNNING","start-time":0,)"
                 R"("vertices":[],"unlimited":[{"vertex":"count","taskmanager-id":"w-1","limits":["memory","cpus"],)"
                 R"("message":"taskmanager.cgroups is off"}]})");
  };
  EXPECT_EQ(host.run({"info", "-m", "h:1", "2d8a2427a02ff7d7ce4fb2031a90bef1"}), 0);
  EXPECT_THAT(host.printed(), HasSubstr("\n\nNot limited: vertex count runs on w-1 without its limits of memory, cpus: "
                                        "taskmanager.cgroups is off.\n\n"));
}

}  // namespace
}  // namespace stellwerk::cli
