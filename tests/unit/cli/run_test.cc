#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "base/json.h"
#include "model/job_spec_reader.h"
#include "unit/cli/fake_host.h"
#include "unit/cli/scratch_dir.h"

namespace stellwerk::cli {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr char kRunSpec[] =
    "name: two\nvertices:\n - {name: a, command: [sleep, '1']}\n - {name: b, command: [x], parallelism: 2}\n";

/// A cluster of one master that takes every job and lets it run through `states`.
class Cluster {
 public:
  explicit Cluster(FakeHost& host) {
    host.network = [this](const Question& question) { return answer(question); };
  }
  std::vector<std::string> states{"FINISHED"};
  std::string waiting;  ///< a member of the job's details, with its comma
  std::string vertices = "[]";
  std::string exceptions = R"*({"exceptionHistory":{"entries":[{"stacktrace":"exit code 3\nno\nluck\n","timestamp":1,)*"
                           R"*("taskName":"x (1/1)","location":"h1"}]}})*";
  http::HeaderList origin;          ///< headers of the job's details
  std::vector<std::string> bodies;  ///< of submissions

 private:
  Answer answer(const Question& question) {
    const std::string& target = question.request.target;
    if (question.request.method == http::Method::post) {
      bodies.push_back(question.request.body);
      const auto spec = model::read_job_spec(question.request.body, DocKind::json);
      EXPECT_TRUE(spec.has_value()) << question.request.body;
      return reply(202, R"({"jobid":")" + spec->job_id->text() + R"(","jobUrl":"/jobs/x"})");
    }
    if (question.request.method == http::Method::patch) {
      states = {"CANCELLING", "CANCELED"};
      return reply(202, "{}");
    }
    if (target.ends_with("/exceptions?maxExceptions=1")) return reply(200, exceptions);
    const std::string state = states.front();
    if (states.size() > 1) states.erase(states.begin());
    return reply(200,
                 R"({"jid":"x","name":"n","state":")" + state + R"(","start-time":1,"duration":1234,"vertices":)" +
                     vertices + waiting + "}",
                 origin);
  }
};

std::string job_id_of(const std::string& body) {
  const auto read = model::read_job_spec(body, DocKind::json);
  return read && read->job_id ? read->job_id->text() : "";
}

model::JobSpec submitted(std::vector<std::string> options) {
  FakeHost host;
  Cluster cluster(host);
  options.insert(options.begin(), {"run", "-d", "-m", "h:8081"});
  EXPECT_EQ(host.run(options), 0) << host.complained();
  if (cluster.bodies.size() != 1) return {};
  return model::read_job_spec(cluster.bodies.front(), DocKind::json)->spec;
}

TEST(Run, DetachedPrintsTheJobId) {
  const ScratchDir dir;
  FakeHost host;
  Cluster cluster(host);
  EXPECT_EQ(host.run({"run", "-d", "-m", "h:8081", dir.write("a.yaml", kRunSpec)}), 0);
  EXPECT_THAT(host.asked(), ElementsAre("POST http://h:8081/jobs"));
  EXPECT_EQ(host.printed(), "Job has been submitted with JobID " + job_id_of(cluster.bodies.front()) + "\n");
  // 48 bits of wall time, so that ids sort by age.
  EXPECT_EQ(JobId::parse(job_id_of(cluster.bodies.front()))->minted_ms(), kNow);
  EXPECT_EQ(host.complained(), "");
}

TEST(Run, ASubmissionIsRepeatedWithItsOwnId) {
  const ScratchDir dir;
  FakeHost host;
  Cluster cluster(host);
  const auto healthy = host.network;
  std::set<std::string> ids;
  int tries = 0;
  host.network = [&](const Question& question) -> Answer {
    if (question.request.method == http::Method::post) ids.insert(job_id_of(question.request.body));
    switch (++tries) {
      case 1: return refused_connection();
      case 2: return refusal(503, "no leader");
      case 3: return lost_connection();
      case 4: return refusal(504, "unknown");
      default: return healthy(question);
    }
  };
  EXPECT_EQ(host.run({"run", "-d", "-m", "h:8081", dir.write("a.yaml", kRunSpec)}), 0);
  EXPECT_EQ(tries, 5);
  EXPECT_EQ(ids.size(), 1U);
  EXPECT_EQ(host.complained(), "http://h:8081: Connection refused; trying again for 1 min at most.\n");
}

TEST(Run, WhatBecameOfASubmissionDecidesTheExitCode) {
  const ScratchDir dir;
  const std::string file = dir.write("a.yaml", kRunSpec);
  const std::vector<std::pair<std::function<Answer()>, int>> cases = {
      {[] { return refused_connection(); }, 2},
      {[]() -> Answer { return refusal(503, "no leader"); }, 2},
      {[] { return lost_connection(); }, 3},
      {[]() -> Answer { return refusal(504, "unknown"); }, 3},
      {[]() -> Answer { return refusal(400, "bad"); }, 4},
      {[]() -> Answer { return refusal(409, "other content"); }, 4},
      {[]() -> Answer { return refusal(507, "full"); }, 4},
      {[]() -> Answer { return reply(202, "{}"); }, 3},
      {[]() -> Answer { return reply(202, R"({"jobid":"00000000000000000000000000000000"})"); }, 3},
  };
  for (const auto& [answer, code] : cases) {
    FakeHost host;
    host.network = [&](const Question&) { return answer(); };
    EXPECT_EQ(host.run({"run", "-d", "-m", "h:8081", file}), code) << host.complained();
    EXPECT_EQ(host.printed(), "");
    EXPECT_NE(host.complained(), "");
  }
}

TEST(Run, TheCallersOwnIdIsKept) {
  const ScratchDir dir;
  FakeHost host;
  Cluster cluster(host);
  const std::string file = dir.write("a.yaml", std::string(kRunSpec) + "jobId: 000102030405060708090a0b0c0d0e0f\n");
  EXPECT_EQ(host.run({"run", "-d", "--json", "-m", "h:8081", file}), 0);
  EXPECT_EQ(host.printed(), "{\"jobid\":\"000102030405060708090a0b0c0d0e0f\"}\n");
}

TEST(Run, OptionsComeBeforeTheSpec) {
  const ScratchDir dir;
  const std::string file = dir.write("a.yaml", kRunSpec);
  const model::JobSpec spec = submitted({"-p", "3", "-n", "other", file});
  ASSERT_EQ(spec.vertices.size(), 2U);
  EXPECT_EQ(spec.name, "other");
  EXPECT_EQ(spec.vertices[0].parallelism, 3);
  EXPECT_EQ(spec.vertices[1].parallelism, 2) << "a vertex that says its own keeps it";
}

TEST(Run, ACommandNeedsNoSpec) {
  const model::JobSpec spec = submitted({"-p", "2", "--", "/bin/sh", "-c", "echo -d"});
  ASSERT_EQ(spec.vertices.size(), 1U);
  EXPECT_EQ(spec.name, "sh");
  EXPECT_EQ(spec.vertices[0].name, "sh");
  EXPECT_EQ(spec.vertices[0].parallelism, 2);
  EXPECT_THAT(spec.vertices[0].command, ElementsAre("/bin/sh", "-c", "echo -d"));
}

TEST(Run, ACommandIsNamedAfterItsProgramInLettersThatANameMayHave) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"/opt/my tool", "my tool"},
      {" tool ", "_tool_"},
      {"a\nb", "a_b"},
      {"/opt/tool/", "command"},
      {"\xe5\xb7\xa5.py", "\xe5\xb7\xa5.py"},
      {std::string(200, 'x'), std::string(128, 'x')},
  };
  for (const auto& [program, name] : cases) {
    const model::JobSpec spec = submitted({"--", program});
    ASSERT_EQ(spec.vertices.size(), 1U) << program;
    EXPECT_EQ(spec.name, name);
    EXPECT_EQ(spec.vertices[0].name, name);
  }
  const model::JobSpec named = submitted({"--name", "nightly run", "--", "/opt/tool"});
  EXPECT_EQ(named.name, "nightly run");
  EXPECT_EQ(named.vertices[0].name, "tool");
}

TEST(Run, AJarIsAJavaProgramOnEveryWorker) {
  const ScratchDir dir;
  const std::string jar = dir.write("word-count.jar", "PK");
  const model::JobSpec spec = submitted({"-p", "2", jar, "-d", "--input", "x", "--"});
  ASSERT_EQ(spec.vertices.size(), 1U);
  EXPECT_EQ(spec.name, "word-count");
  EXPECT_EQ(spec.vertices[0].name, "word-count");
  EXPECT_EQ(spec.vertices[0].parallelism, 2);
  EXPECT_THAT(spec.vertices[0].command, ElementsAre("java", "-jar", jar, "-d", "--input", "x", "--"));
  const model::JobSpec of_class = submitted({"-c", "org.Count", dir.path() + "/./word-count.jar", "y"});
  EXPECT_THAT(of_class.vertices.at(0).command, ElementsAre("java", "-cp", jar, "org.Count", "y"));

  FakeHost host;
  Cluster cluster(host);
  EXPECT_EQ(host.run({"run", "-d", "-m", "h:8081", jar}), 0);
  EXPECT_EQ(host.complained(),
            "There is no Flink runtime here: each worker's own java runs the jar as any program, and " + jar +
                " must be there on every worker.\n");
}

TEST(Run, WhatNamesNoParallelismTakesTheOneOfTheConfiguration) {
  const ScratchDir dir;
  const std::string file = dir.write("a.yaml", kRunSpec);
  const model::JobSpec spec = submitted({"-Dparallelism.default=5", file});
  ASSERT_EQ(spec.vertices.size(), 2U);
  EXPECT_EQ(spec.vertices[0].parallelism, 5);
  EXPECT_EQ(spec.vertices[1].parallelism, 2);
  EXPECT_EQ(submitted({"-Dparallelism.default=5", "--", "x"}).vertices.at(0).parallelism, 5);
  EXPECT_EQ(submitted({"-Dparallelism.default=5", "-p", "3", "--", "x"}).vertices.at(0).parallelism, 3);
  EXPECT_EQ(submitted({"--", "x"}).vertices.at(0).parallelism, 1);
}

TEST(Run, ADirectoryIsItsJobYaml) {
  const ScratchDir dir;
  dir.write("bundle/job.yaml", kRunSpec);
  EXPECT_EQ(submitted({dir.path() + "/bundle"}).name, "two");
  FakeHost host;
  EXPECT_EQ(host.run({"run", dir.path()}), 1);
  EXPECT_THAT(host.complained(), HasSubstr("has no job.yaml"));
}

TEST(Run, WhatCannotBeAJobAsksNobody) {
  const ScratchDir dir;
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"/no/such.yaml", "File does not exist: /no/such.yaml"},
      {dir.write("a.zip", "PK"), "planned, not in this version"},
      {"/no/such.jar", "JAR file does not exist: /no/such.jar"},
      {dir.write("archive", "PK\x03\x04 zip"), "planned, not in this version"},
      {dir.write("bad.yaml", "name: ''\nvertices: 1\nbogus: 2\n"), "has 3 faults"},
      {dir.write("bad.json", "{"), "bad.json: job spec"},
      {dir.write("large.json", std::string(model::kJobSpecBytesMax + 1, ' ')), "large.json: job spec"},
      {dir.write("empty.yaml", ""), "the document is empty"},
  };
  for (const auto& [file, text] : cases) {
    FakeHost host;
    EXPECT_EQ(host.run({"run", "-d", "-m", "h:8081", file}), 1) << file;
    EXPECT_THAT(host.complained(), AllOf(HasSubstr(text), HasSubstr("\n\nUse the help option")));
    EXPECT_TRUE(host.questions.empty());
  }
  FakeHost host;
  EXPECT_EQ(host.run({"run", "-n", std::string(1000, 'x'), "--", "sh"}), 1);
  EXPECT_THAT(host.complained(), HasSubstr("name"));
}

TEST(Run, AttachedWaitsForTheEnd) {
  const ScratchDir dir;
  FakeHost host;
  Cluster cluster(host);
  cluster.states = {"CREATED", "RUNNING", "FINISHED"};
  EXPECT_EQ(host.run({"run", "-m", "h:8081", dir.write("a.yaml", kRunSpec)}), 0);
  const std::string id = job_id_of(cluster.bodies.front());
  EXPECT_EQ(host.printed(),
            "Job has been submitted with JobID " + id +
                "\nJob execution switched to status RUNNING.\nProgram execution finished\nJob with JobID " + id +
                " has finished.\nJob Runtime: 1234 ms\n");
  EXPECT_TRUE(host.catches);
  EXPECT_EQ(host.pauses.size(), 2U);
}

TEST(Run, AttachedAsJson) {
  FakeHost host;
  Cluster cluster(host);
  EXPECT_EQ(host.run({"run", "--json", "-m", "h:8081", "--", "x"}), 0);
  EXPECT_EQ(host.printed(),
            "{\"jobid\":\"" + job_id_of(cluster.bodies.front()) + "\",\"status\":\"FINISHED\",\"runtime-ms\":1234}\n");
}

TEST(Run, AJobThatEndsBadlyIsNoSuccess) {
  FakeHost failed;
  Cluster cluster(failed);
  cluster.states = {"FAILED"};
  EXPECT_EQ(failed.run({"run", "-m", "h:8081", "--", "x"}), 5);
  EXPECT_EQ(failed.complained(), "Job with JobID " + job_id_of(cluster.bodies.front()) +
                                     " has failed: x (1/1) on h1: exit code 3.\n  no\n  luck\n");

  FakeHost canceled;
  Cluster other(canceled);
  other.states = {"CANCELLING", "CANCELED"};
  EXPECT_EQ(canceled.run({"run", "-m", "h:8081", "--", "x"}), 6);
  EXPECT_THAT(canceled.complained(), HasSubstr("was cancelled"));
}

TEST(Run, WhatATaskWroteIsShownAsItIsButNothingThatMovesTheCursor) {
  FakeHost host;
  Cluster cluster(host);
  cluster.states = {"FAILED"};
  std::string text = "cannot start \\\"x\\\"";
  for (int i = 0; i < 25; ++i) text += "\\n{\\\"line\\\": " + std::to_string(i) + "}";
  text += "\\n\\u001b[2J\\tC:\\\\x\\n";
  cluster.exceptions = R"({"exceptionHistory":{"entries":[{"stacktrace":")" + text + R"(","timestamp":1}]}})";
  EXPECT_EQ(host.run({"run", "-m", "h:8081", "--", "x"}), 5);
  EXPECT_THAT(host.complained(), HasSubstr(" has failed: cannot start \"x\".\n  {\"line\": 6}\n"));
  EXPECT_THAT(host.complained(), HasSubstr("  {\"line\": 24}\n  \\u001b[2J\tC:\\x\n"));
}

TEST(Run, AJobWithoutSlotsSaysHowManyItNeeds) {
  FakeHost host;
  Cluster cluster(host);
  cluster.states = std::vector<std::string>(50, "CREATED");
  cluster.states.push_back("FINISHED");
  cluster.waiting = R"(,"waiting":{"needed":4,"free":1,"total":8})";
  EXPECT_EQ(host.run({"run", "-m", "h:8081", "--", "x"}), 0);
  EXPECT_EQ(host.complained(), "The job is CREATED: it needs 4 slots, 1 of 8 is free.\n");
}

TEST(Run, ATerminalShowsProgressOnItsLastLine) {
  FakeHost host;
  host.columns = 30;
  Cluster cluster(host);
  cluster.states = {"RUNNING", "RUNNING", "FINISHED"};
  cluster.vertices = R"([{"name":"source","status":"RUNNING","parallelism":4,"tasks":{"RUNNING":2,"FINISHED":1}},)"
                     R"({"name":"a-long-name","status":"RUNNING","parallelism":4}])";
  EXPECT_EQ(host.run({"run", "-m", "h:8081", "--", "x"}), 0);
  EXPECT_EQ(host.complained(), "RUNNING  source 3/4  a-lon...\r\x1b[K") << "nothing is written while nothing changes";
  EXPECT_THAT(host.printed(), testing::Not(HasSubstr("RUNNING")));
}

TEST(Run, CtrlCLeavesTheJobRunning) {
  for (const bool by_term : {false, true}) {
    FakeHost host;
    Cluster cluster(host);
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

TEST(Run, OnATerminalCtrlCAsksWhatToDo) {
  FakeHost host;
  host.columns = 80;
  host.interrupt_at_pause = 2;
  host.typed = {"c"};
  Cluster cluster(host);
  cluster.states = {"RUNNING"};
  EXPECT_EQ(host.run({"run", "-m", "h:8081", "--", "x"}), 6);
  EXPECT_THAT(host.complained(),
              HasSubstr("RUNNING\r\x1b[K\nCancel the job, detach, or go on? [c/d/g] Cancelling job "));

  FakeHost again;
  again.columns = 80;
  again.interrupt_at_pause = 2;
  Cluster other(again);
  other.states = {"RUNNING"};
  EXPECT_EQ(again.run({"run", "-m", "h:8081", "--", "x"}), 130) << "Ctrl-C at the question";
  EXPECT_THAT(again.complained(), HasSubstr("[c/d/g] \nDetached; job "));
}

TEST(Run, ATakeoverIsSaidOnce) {
  FakeHost host;
  Cluster cluster(host);
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

TEST(Run, CtrlCWhileSubmittingSaysWhetherItMayHaveHappened) {
  for (const bool sent : {false, true}) {
    FakeHost host;
    host.interrupt_at_pause = 1;
    host.network = [&](const Question&) { return sent ? lost_connection() : refused_connection(); };
    EXPECT_EQ(host.run({"run", "-d", "-m", "h:8081", "--", "x"}), sent ? 3 : 130);
    EXPECT_THAT(host.complained(), HasSubstr(sent ? "was submitted is unknown" : "the job was not submitted"));
  }
}

TEST(Run, WaitingOutlivesMastersThatAreAwayForAWhile) {
  FakeHost host;
  Cluster cluster(host);
  cluster.states = {"RUNNING", "FINISHED"};
  const auto healthy = host.network;
  int tries = 0;
  host.network = [&](const Question& question) -> Answer {
    ++tries;
    return tries > 2 && tries < 10 ? refused_connection() : healthy(question);
  };
  EXPECT_EQ(host.run({"run", "-m", "h:8081", "--", "x"}), 0);

  FakeHost away;
  Cluster gone(away);
  const auto first = away.network;
  away.network = [&](const Question& question) -> Answer {
    return question.request.method == http::Method::post ? first(question) : refused_connection();
  };
  EXPECT_EQ(away.run({"run", "-m", "h:8081", "--", "x"}), 3);
  EXPECT_THAT(away.complained(), HasSubstr("its end is unknown"));
}

}  // namespace
}  // namespace stellwerk::cli
