#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/master_survey.h"
#include "unit/cli/fake_host.h"

namespace stellwerk::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::string leader(const std::string& masters = "[]") {
  return R"({"role":"leader","id":"A","rest":"http://a:8081","acting":true,"eligible":true,"epoch":7,"version":"0.1.0",
    "leader":{"rest":"http://a:8081","epoch":7,"since":1795243457000},
    "journal":{"epoch":7,"seq":42,"applied":"7-42","lag-ms":0},"masters":)" +
         masters + "}";
}
constexpr char kFollower[] = R"({"role":"follower","id":"B","rest":"http://b:8081","acting":false,"eligible":false,
    "eligible-reason":"the storage probe failed","epoch":7,"version":"0.1.0",
    "leader":{"rest":"http://a:8081","epoch":7,"since":1795243457000},
    "journal":{"epoch":7,"seq":42,"applied":"7-41","lag-ms":1500},"masters":[]})";
constexpr char kBoth[] = R"([{"rest":"http://a:8081"},{"rest":"http://b:8081"},{"rest":"http://c:8081"}])";

Answer three_masters(const Question& question) {
  if (question.to.host == "a" || question.to.host == "localhost") return reply(200, leader(kBoth));
  if (question.to.host == "b") return reply(200, kFollower);
  return refused_connection();
}

TEST(Status, OfAllMastersThatAnybodyNames) {
  FakeHost host;
  host.network = three_masters;
  EXPECT_EQ(host.run({"status", "-m", "localhost:8081"}), 0);
  EXPECT_EQ(
      host.printed(),
      "URL            ROLE         LEADS SINCE          EPOCH  POSITION  LAG   ELIGIBLE                      VERSION\n"
      "http://a:8081  leader       2026-11-21 06:44:17  7      7-42      0 ms  yes                           0.1.0\n"
      "http://b:8081  follower     -                    7      7-41      1 s   no: the storage probe failed  0.1.0\n"
      "http://c:8081  unreachable  -                    -      -         -     Connection refused            -\n");
  EXPECT_EQ(host.complained(), "");
}

TEST(Status, MastersThatHangTakeThreeSecondsInAll) {
  FakeHost host;
  // Each that answers names the next one that does, and one that hangs.
  host.network = [&](const Question& question) -> Answer {
    const std::string name = question.to.host;
    if (name.starts_with("hang")) {
      host.time += question.deadline;
      return make_error(Errc::unknown, "No answer in time");
    }
    const std::string next(1, static_cast<char>(name[0] + 1));
    return reply(200, R"({"role":"follower","id":")" + name + R"(","rest":"http://)" + name +
                          R"(:8081","masters":[{"rest":"http://)" + next + R"(:8081"},{"rest":"http://hang)" + name +
                          R"(:8081"}]})");
  };
  const Milliseconds began = host.now();
  const auto rows = survey(host, {{"hang", 8081}, {"a", 8081}});
  EXPECT_EQ(host.now() - began, kStatusDeadline);
  EXPECT_THAT(host.asked(),
              ElementsAre("GET http://hang:8081/status", "GET http://a:8081/status", "GET http://b:8081/status",
                          "GET http://hanga:8081/status", "GET http://c:8081/status", "GET http://hangb:8081/status"));
  EXPECT_EQ(rows.size(), 6U);
}

TEST(Status, InColoursOnATerminal) {
  FakeHost host;
  host.network = three_masters;
  host.colours = true;
  EXPECT_EQ(host.run({"status", "-m", "a:8081"}), 0);
  EXPECT_THAT(host.printed(), HasSubstr("\x1b[1mURL\x1b[0m            \x1b[1mROLE\x1b[0m"));
  EXPECT_THAT(host.printed(), HasSubstr("\x1b[32mleader\x1b[0m       2026"));
  EXPECT_THAT(host.printed(), HasSubstr("\x1b[31munreachable\x1b[0m"));
}

TEST(Status, AsJsonIsAllThatTheyAnswered) {
  FakeHost host;
  host.network = [](const Question& question) -> Answer {
    if (question.to.host == "a")
      return reply(
          200,
          R"({"role":"leader","id":"A","rest":"http://a:8081","acting":true,"masters":[{"rest":"http://b:1"}],"x":1})");
    return refused_connection();
  };
  EXPECT_EQ(host.run({"status", "--json", "-m", "a:8081"}), 0);
  EXPECT_EQ(host.printed(),
            R"([{"url":"http://a:8081","status":{"role":"leader","id":"A","rest":"http://a:8081","acting":true,)"
            R"("masters":[{"rest":"http://b:1"}],"x":1}},)"
            "\n"
            R"( {"url":"http://b:1","error":"Connection refused"}])"
            "\n");
}

TEST(Status, NobodyLeads) {
  FakeHost host;
  host.network = [](const Question&) -> Answer { return reply(200, kFollower); };
  EXPECT_EQ(host.run({"status", "-m", "b:8081"}), 2);
  EXPECT_EQ(host.complained(), "Nobody leads.\n");

  FakeHost suspended;
  suspended.network = [](const Question&) -> Answer {
    return reply(200, R"({"role":"leader","id":"A","rest":"http://a:8081","acting":false})");
  };
  EXPECT_EQ(suspended.run({"status", "-m", "a:8081"}), 2);
  EXPECT_THAT(suspended.printed(), HasSubstr("leader (suspended)"));

  FakeHost nobody;
  EXPECT_EQ(nobody.run({"status", "-m", "a:8081"}), 2);
  EXPECT_EQ(nobody.complained(), "No master answers.\n");
}

TEST(Status, OfTwoThatBelieveTheyLeadTheHigherEpochDoes) {
  MasterRow old_leader{.url = "old", .answer = MasterAnswer{}};
  old_leader.answer->role = "leader";
  old_leader.answer->acting = true;
  old_leader.answer->epoch = 6;
  MasterRow new_leader = old_leader;
  new_leader.url = "new";
  new_leader.answer->epoch = 7;
  const std::vector<MasterRow> rows{new_leader, old_leader};
  ASSERT_NE(find_leader(rows), nullptr);
  EXPECT_EQ(find_leader(rows)->url, "new");
}

TEST(Status, OfServersThatAreNoMasters) {
  FakeHost host;
  host.network = [](const Question& question) -> Answer {
    if (question.to.host == "a") return refusal(404, "Not found: /status");
    return reply(200, "[]");
  };
  const auto rows = survey(host, {{"a", 1}, {"b", 1}});
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0].fault, "Not found: /status");
  EXPECT_THAT(rows[1].fault, HasSubstr("does not answer as a master"));
}

TEST(Status, MastersThatNameMoreAndMoreOthersAreAskedForALimitedTime) {
  FakeHost host;
  int next = 0;
  host.network = [&](const Question&) -> Answer {
    const std::string name = "http://m" + std::to_string(++next) + ":1";
    return reply(200, R"({"role":"follower","id":")" + name + R"(","rest":")" + name + R"(","masters":[{"rest":")" +
                          "http://m" + std::to_string(next + 1000) + R"(:1"}]})");
  };
  survey(host, {{"m", 1}});
  EXPECT_LT(host.questions.size(), 20U);
  for (const Question& question : host.questions) EXPECT_LE(question.deadline, kStatusDeadline);
}

}  // namespace
}  // namespace stellwerk::cli
