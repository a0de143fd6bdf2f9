#include <gmock/gmock.h>

#include "model/job_spec.h"
#include "unit/api/api_test.h"

namespace stellwerk::api {
namespace {

using jobs::Reply;
using testing::HasSubstr;
using testing::Not;

class WritesTest : public ApiTest {
 protected:
  /// Submits, and runs until the spec was read.
  Asking submit(const std::string& spec = std::string(kSpec), const std::string& headers = "") {
    Asking asking = ask("POST /jobs", headers, spec);
    backend.run();
    return asking;
  }
  Asking cancel(const std::string& id = job_id('a')) { return ask("PATCH /jobs/" + id + "?mode=cancel"); }
  void answer_all(Reply::Kind kind, const std::string& text = "") {
    for (auto& asked : std::exchange(backend.asked, {})) asked.done({kind, asked.job, text, {}});
    backend.run();
  }
};

// ---- submitting ----

TEST_F(WritesTest, ALeaderAcceptsAJob) {
  backend.lead();
  const Asking asking = submit();
  EXPECT_FALSE(asking.answered());
  ASSERT_EQ(backend.submitted.size(), 1U);
  const jobs::SubmitJob& job = backend.submitted[0];
  EXPECT_EQ(job.spec, kSpec);
  EXPECT_EQ(job.name, "count");
  EXPECT_EQ(job.tasks, 5);
  EXPECT_EQ(job.hash.size(), 64U);
  answer_all(Reply::Kind::accepted);
  EXPECT_EQ(asking.status(), 202);
  EXPECT_EQ(asking.body(), R"({"jobid":")" + job.id.text() + R"(","jobUrl":"/jobs/)" + job.id.text() + R"("})");
}

TEST_F(WritesTest, YamlAndJsonAreTheSameJob) {
  backend.lead();
  submit("name: count\nvertices:\n  - {name: a, command: [./a]}\n", "Content-Type: application/yaml\r\n");
  submit(R"({"vertices":[{"command":["./a"],"name":"a"}],"name":"count"})",
         "Content-Type: application/x-www-form-urlencoded\r\n");
  ASSERT_EQ(backend.submitted.size(), 2U);
  EXPECT_EQ(backend.submitted[0].hash, backend.submitted[1].hash);
  EXPECT_NE(backend.submitted[0].id, backend.submitted[1].id);
}

TEST_F(WritesTest, ACallersOwnIdIsTaken) {
  backend.lead();
  submit(R"({"jobId":")" + job_id('d') + R"(",)" + std::string(kSpec.substr(1)));
  submit(std::string(kSpec), "Stellwerk-Job-Id: " + job_id('e') + "\r\n");
  ASSERT_EQ(backend.submitted.size(), 2U);
  EXPECT_EQ(backend.submitted[0].id.text(), job_id('d'));
  EXPECT_EQ(backend.submitted[0].spec, kSpec);
  EXPECT_EQ(backend.submitted[1].id.text(), job_id('e'));
  EXPECT_EQ(submit(std::string(kSpec), "Stellwerk-Job-Id: 12\r\n").status(), 400);
  EXPECT_EQ(submit(R"({"jobId":")" + job_id('d') + R"(",)" + std::string(kSpec.substr(1)),
                   "Stellwerk-Job-Id: " + job_id('e') + "\r\n")
                .status(),
            400);
}

TEST_F(WritesTest, ABadSpecIsRefusedWithAllItsFaults) {
  backend.lead();
  const Asking asking = submit(R"({"nam":"x","vertices":[{"name":"a","command":[],"parallelism":0}]})");
  EXPECT_EQ(asking.status(), 400);
  EXPECT_EQ(json_paths(asking.body()), (std::set<std::string>{"errors[]"})) << asking.body();
  EXPECT_EQ(json_at(asking.body(), "errors[1]"), "nothing");
  for (const std::string place : {"nam", "command", "parallelism"}) EXPECT_THAT(asking.body(), HasSubstr(place));
  EXPECT_EQ(submit("").status(), 400);
  EXPECT_EQ(submit("x", "Content-Type: multipart/form-data; boundary=x\r\n").status(), 415);
  EXPECT_EQ(submit(std::string(model::kJobSpecBytesMax + 1, ' ')).status(), 413);
  EXPECT_TRUE(backend.submitted.empty());
}

TEST_F(WritesTest, SpecsThatAreBeingReadAreBounded) {
  backend.lead();
  std::vector<Asking> waiting;
  for (int i = 0; i < 64; ++i) waiting.push_back(ask("POST /jobs", "", std::string(kSpec)));
  const Asking surplus = ask("POST /jobs", "", std::string(kSpec));
  EXPECT_EQ(surplus.status(), 503);
  EXPECT_THAT(surplus.headers(), HasSubstr("Retry-After"));
  backend.run();
  EXPECT_EQ(backend.submitted.size(), 64U);
  submit();
  EXPECT_EQ(backend.submitted.size(), 65U);
}

TEST_F(WritesTest, RepliesHaveTheirStatus) {
  backend.lead();
  const std::vector<std::pair<Reply::Kind, int>> statuses{{Reply::Kind::accepted, 202},   {Reply::Kind::not_found, 404},
                                                          {Reply::Kind::conflict, 409},   {Reply::Kind::refused, 409},
                                                          {Reply::Kind::overloaded, 503}, {Reply::Kind::no_space, 507}};
  for (const auto& [kind, status] : statuses) {
    const Asking asking = cancel();
    answer_all(kind, "because");
    EXPECT_EQ(asking.status(), status);
    EXPECT_EQ(asking.body(), status == 202 ? "{}" : R"({"errors":["because"]})");
    EXPECT_EQ(asking.headers().find("Retry-After") != std::string::npos, status == 503);
  }
}

// ---- trying again ----

TEST_F(WritesTest, WhatCertainlyDidNotHappenIsTriedAgain) {
  backend.lead();
  const Asking asking = submit();
  const JobId id = backend.submitted[0].id;
  answer_all(Reply::Kind::unavailable, "Nothing happened: lost the lock");
  EXPECT_FALSE(asking.answered());
  backend.advance(std::chrono::milliseconds(50));
  ASSERT_EQ(backend.submitted.size(), 2U);
  EXPECT_EQ(backend.submitted[1].id, id);
  answer_all(Reply::Kind::accepted);
  EXPECT_EQ(asking.status(), 202);
}

TEST_F(WritesTest, WhatMayHaveHappenedIsFoundOutUnderTheSameId) {
  backend.lead();
  const Asking asking = submit();
  answer_all(Reply::Kind::unknown, "the store did not answer");
  backend.advance(std::chrono::milliseconds(50));
  ASSERT_EQ(backend.submitted.size(), 2U);
  EXPECT_EQ(backend.submitted[0].id, backend.submitted[1].id);
  answer_all(Reply::Kind::accepted);
  EXPECT_EQ(asking.status(), 202);
}

TEST_F(WritesTest, AnUnknownOutcomeSaysSo) {
  backend.lead();
  const Asking asking = submit();
  answer_all(Reply::Kind::unknown, "the store did not answer");
  backend.advance(std::chrono::milliseconds(50));
  answer_all(Reply::Kind::overloaded);
  EXPECT_FALSE(asking.answered());
  backend.advance(std::chrono::seconds(30));
  answer_all(Reply::Kind::unavailable);
  backend.advance(std::chrono::seconds(1));
  EXPECT_EQ(asking.status(), 504);
  EXPECT_EQ(json_at(asking.body(), "outcome"), "\"unknown\"");
  EXPECT_EQ(json_at(asking.body(), "jobid"), "\"" + backend.submitted[0].id.text() + "\"");
}

TEST_F(WritesTest, WithoutALeaderAWriteWaits) {
  const Asking asking = submit();
  EXPECT_FALSE(asking.answered());
  backend.advance(std::chrono::seconds(20));
  EXPECT_FALSE(asking.answered());
  backend.lead();
  backend.run();
  answer_all(Reply::Kind::accepted);
  EXPECT_EQ(asking.status(), 202);
}

TEST_F(WritesTest, WithoutALeaderForTooLongNothingHappened) {
  const Asking asking = cancel();
  backend.advance(std::chrono::milliseconds(29'999));
  EXPECT_FALSE(asking.answered());
  backend.advance(std::chrono::milliseconds(1));
  EXPECT_EQ(asking.status(), 503);
  EXPECT_EQ(asking.body(), R"({"errors":["Nothing happened: no leader is known"]})");
  EXPECT_THAT(asking.headers(), HasSubstr("Retry-After: 1\r\n"));
}

TEST_F(WritesTest, APassedOnRequestIsNeverPassedOnAgain) {
  backend.follow("http://other:8081");
  const Asking asking = ask("PATCH /jobs/" + job_id('a'), "Stellwerk-Forwarded: http://x:1\r\n");
  EXPECT_EQ(asking.status(), 503);
  EXPECT_THAT(asking.body(), HasSubstr("does not lead"));
}

TEST_F(WritesTest, APassedOnRequestIsNotRepeatedHere) {
  backend.lead();
  const std::string headers = "Stellwerk-Forwarded: http://x:1\r\nStellwerk-Deadline-Ms: 1500\r\n";
  const Asking lost = ask("PATCH /jobs/" + job_id('a'), headers);
  ASSERT_EQ(backend.asked.size(), 1U);
  EXPECT_EQ(backend.asked[0].deadline - backend.now(), std::chrono::milliseconds(1500));
  answer_all(Reply::Kind::unavailable);
  EXPECT_EQ(lost.status(), 503);
  const Asking unclear = ask("PATCH /jobs/" + job_id('a'), headers);
  answer_all(Reply::Kind::unknown);
  EXPECT_EQ(unclear.status(), 504);
}

TEST_F(WritesTest, AClientThatWaitsLessIsAnsweredInItsTime) {
  const Asking asking = ask("PATCH /jobs/" + job_id('a'), "Stellwerk-Deadline-Ms: 1500\r\n");
  const Asking patient = ask("PATCH /jobs/" + job_id('b'), "Stellwerk-Deadline-Ms: 99999999999\r\n");
  backend.advance(std::chrono::milliseconds(1499));
  EXPECT_FALSE(asking.answered());
  backend.advance(std::chrono::milliseconds(1));
  EXPECT_EQ(asking.status(), 503);
  EXPECT_THAT(asking.body(), HasSubstr("Nothing happened"));
  EXPECT_FALSE(patient.answered());
  backend.advance(facts_.await_leader);
  EXPECT_EQ(patient.status(), 503);
}

TEST_F(WritesTest, APatienceThatIsNoNumberIsRefused) {
  backend.lead();
  for (const char* given : {"soon", "-1", "1.5", "1 s", "9223372036854775808"}) {
    const Asking asking = ask("PATCH /jobs/" + job_id('a'), "Stellwerk-Deadline-Ms: " + std::string(given) + "\r\n");
    EXPECT_EQ(asking.status(), 400) << given;
    EXPECT_THAT(asking.body(), HasSubstr("Stellwerk-Deadline-Ms")) << given;
  }
  EXPECT_THAT(backend.asked, testing::IsEmpty());
}

// ---- cancelling ----

TEST_F(WritesTest, CancelTakesItsModeOnly) {
  backend.lead();
  EXPECT_EQ(ask("PATCH /jobs/" + job_id('a') + "?mode=stop").status(), 400);
  EXPECT_EQ(ask("PATCH /jobs/xyz?mode=cancel").status(), 400);
  EXPECT_TRUE(backend.asked.empty());
  ask("PATCH /jobs/" + job_id('A'));
  ASSERT_EQ(backend.asked.size(), 1U);
  EXPECT_EQ(backend.asked[0].what, "cancel");
  EXPECT_EQ(backend.asked[0].job.text(), job_id('a'));
}

TEST_F(WritesTest, YarnCancelIsACancelByGetAlone) {
  backend.lead();
  const std::string path = "/jobs/" + job_id('a') + "/yarn-cancel";
  EXPECT_EQ(ask("HEAD " + path).status(), 405);
  EXPECT_EQ(ask("GET " + path, "Sec-Fetch-Site: cross-site\r\n").status(), 403);
  EXPECT_TRUE(backend.asked.empty());
  const Asking asking = ask("GET " + path);
  answer_all(Reply::Kind::accepted);
  EXPECT_EQ(asking.status(), 202);
  EXPECT_EQ(asking.body(), "{}");
}

// ---- what operators do ----

TEST_F(WritesTest, OperatorsMustBeOnThisHost) {
  backend.lead();
  for (const std::string line : {"POST /leader/transfer", "DELETE /cluster"}) {
    const Asking asking = ask(line, "", "", false);
    EXPECT_EQ(asking.status(), 403) << line;
    EXPECT_THAT(asking.body(), HasSubstr("http://me:8081"));
  }
  EXPECT_TRUE(backend.asked.empty());
}

TEST_F(WritesTest, OperatorsComeThroughNoProxy) {
  backend.lead();
  for (const std::string header : {"Forwarded: for=192.0.2.7", "X-Forwarded-For: 192.0.2.7", "Via: 1.1 proxy"})
    for (const std::string line : {"POST /leader/transfer", "DELETE /cluster"})
      EXPECT_EQ(ask(line, header + "\r\n").status(), 403) << line << ", " << header;
  EXPECT_TRUE(backend.asked.empty());
}

TEST_F(WritesTest, OperatorsCallTheHostByItsName) {
  backend.lead();
  for (const std::string name :
       {"evil.example", "evil.example:8081", "localhost.evil.example", "192.0.2.7", "[2001:db8::1]"}) {
    host = name;
    EXPECT_EQ(ask("DELETE /cluster").status(), 403) << name;
  }
  EXPECT_TRUE(backend.asked.empty());
  for (const std::string name : {"localhost", "LOCALHOST:8081", "127.0.0.1:8081", "127.8.0.1", "[::1]:8081", "me:1"}) {
    host = name;
    EXPECT_FALSE(ask("DELETE /cluster").answered()) << name;
  }
  EXPECT_EQ(backend.asked.size(), 6U);
}

TEST_F(WritesTest, WhatAMasterOnThisHostPassesOnIsTaken) {
  backend.lead();
  EXPECT_FALSE(ask("DELETE /cluster", "Stellwerk-Forwarded: http://other:8081\r\n").answered());
  EXPECT_EQ(backend.asked.size(), 1U);
}

TEST_F(WritesTest, TransferNamesWhoIsNext) {
  backend.lead();
  const Asking done = ask("POST /leader/transfer");
  answer_all(Reply::Kind::accepted, "http://next:8081");
  EXPECT_EQ(done.status(), 202);
  EXPECT_EQ(done.body(), R"({"next":"http://next:8081"})");
  const Asking refused = ask("POST /leader/transfer");
  answer_all(Reply::Kind::conflict, "no other master is in line");
  EXPECT_EQ(refused.status(), 409);
}

TEST_F(WritesTest, TransferAndEndAreNotRepeated) {
  backend.lead();
  const Asking unclear = ask("POST /leader/transfer");
  answer_all(Reply::Kind::unknown, "it was lost");
  EXPECT_EQ(unclear.status(), 504);
  EXPECT_THAT(unclear.body(), Not(HasSubstr("jobid")));
  const Asking not_done = ask("POST /leader/transfer");
  answer_all(Reply::Kind::unavailable, "leadership was lost meanwhile");
  EXPECT_EQ(not_done.status(), 503);
  const Asking ended = ask("DELETE /cluster");
  answer_all(Reply::Kind::accepted);
  EXPECT_EQ(ended.status(), 200);
  EXPECT_TRUE(backend.asked.empty());
}

}  // namespace
}  // namespace stellwerk::api
