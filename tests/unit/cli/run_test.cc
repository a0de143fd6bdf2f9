#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "unit/cli/fake_cluster.h"
#include "unit/cli/scratch_dir.h"

namespace stellwerk::cli {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr char kRunSpec[] =
    "name: two\nvertices:\n - {name: a, command: [sleep, '1']}\n - {name: b, command: [x], parallelism: 2}\n";

model::JobSpec submitted(std::vector<std::string> options) {
  FakeHost host;
  FakeCluster cluster(host);
  options.insert(options.begin(), {"run", "-d", "-m", "h:8081"});
  EXPECT_EQ(host.run(options), 0) << host.complained();
  if (cluster.bodies.size() != 1) return {};
  return model::read_job_spec(cluster.bodies.front(), DocKind::json)->spec;
}

TEST(Run, DetachedPrintsTheJobId) {
  const ScratchDir dir;
  FakeHost host;
  FakeCluster cluster(host);
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
  FakeCluster cluster(host);
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
      {[]() -> Answer { return refusal(507, "full"); }, 2},
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
  FakeCluster cluster(host);
  const std::string file = dir.write("a.yaml", std::string(kRunSpec) + "jobId: 000102030405060708090a0b0c0d0e0f\n");
  EXPECT_EQ(host.run({"run", "-d", "--json", "-m", "h:8081", file}), 0);
  EXPECT_EQ(host.printed(), "{\"jobid\":\"000102030405060708090a0b0c0d0e0f\"}\n");
}

TEST(Run, AnIdOnTheCommandLineComesBeforeTheSpecs) {
  const ScratchDir dir;
  const std::string file = dir.write("a.yaml", std::string(kRunSpec) + "jobId: 000102030405060708090a0b0c0d0e0f\n");
  const std::string zero(32, '0');
  for (const std::vector<std::string>& what : {std::vector<std::string>{file}, {"--", "sleep", "1"}}) {
    FakeHost host;
    FakeCluster cluster(host);
    std::vector<std::string> words{"run", "-d", "-m", "h:8081", "--job-id", zero};
    words.insert(words.end(), what.begin(), what.end());
    EXPECT_EQ(host.run(words), 0) << host.complained();
    EXPECT_EQ(host.printed(), "Job has been submitted with JobID " + zero + "\n");
  }
  FakeHost host;
  EXPECT_EQ(host.run({"run", "--job-id", "00zz", "--", "sleep"}), 1);
  EXPECT_THAT(host.complained(), HasSubstr("00zz"));
  EXPECT_TRUE(host.questions.empty());
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

TEST(Run, WhatCannotBeAJobAsksNobody) {
  const ScratchDir dir;
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"/no/such.yaml", "File does not exist: /no/such.yaml"},
      {"/no/such.jar", "JAR file does not exist: /no/such.jar"},
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

TEST(Run, CtrlCWhileSubmittingSaysWhetherItMayHaveHappened) {
  for (const bool sent : {false, true}) {
    FakeHost host;
    host.interrupt_at_pause = 1;
    host.network = [&](const Question&) { return sent ? lost_connection() : refused_connection(); };
    EXPECT_EQ(host.run({"run", "-d", "-m", "h:8081", "--", "x"}), sent ? 3 : 130);
    EXPECT_THAT(host.complained(), HasSubstr(sent ? "was submitted is unknown" : "the job was not submitted"));
  }
}

}  // namespace
}  // namespace stellwerk::cli
