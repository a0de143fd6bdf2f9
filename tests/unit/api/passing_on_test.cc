/// What followers pass on: writes, and reads of what they do not know.
#include <gmock/gmock.h>

#include "api/health.h"
#include "api/writes.h"
#include "integration/http_raw_server.h"
#include "unit/api/passing_on_nodes.h"

namespace stellwerk::api {
namespace {

using http::ClientResponse;
using http::Method;
using jobs::Reply;
using testing::HasSubstr;

TEST_F(PassingOnTest, ASubmissionHasTheIdThatTheFollowerMinted) {
  const ClientResponse got = answer(submit());
  EXPECT_EQ(got.status, 202);
  ASSERT_EQ(leader.backend.submitted.size(), 1U);
  EXPECT_EQ(leader.backend.submitted[0].spec, kSpec);
  EXPECT_EQ(leader.backend.submitted[0].id.text(), "abc00000000000000000000000000001");
  EXPECT_EQ(json_at(got.body, "jobid"), "\"abc00000000000000000000000000001\"");
  EXPECT_TRUE(follower.backend.submitted.empty());
  EXPECT_EQ(got.header("Stellwerk-Role"), "follower");
}

TEST_F(PassingOnTest, AnAnswerComesWhenTheFollowerShowsIt) {
  leader.backend.commit({});
  leader.backend.commit({});
  Future future = cancel();
  const model::Position shown{7, 3};
  while (future.wait_for(std::chrono::milliseconds(1)) != std::future_status::ready)
    if (follower.backend.waiters() > 0 && follower.backend.view()->applied < shown) follower.backend.commit({});
  const auto got = future.get();
  ASSERT_TRUE(got.has_value()) << got.error().text;
  EXPECT_EQ(got->status, 202);
  EXPECT_EQ(follower.backend.view()->applied, shown);
  EXPECT_EQ(got->header("Stellwerk-Position"), "7-3");
}

TEST_F(PassingOnTest, AFollowerThatCannotApplyAnswersWithThePosition) {
  leader.backend.commit({});
  const ClientResponse got = answer(cancel(), std::chrono::seconds(1));
  EXPECT_EQ(got.status, 202);
  EXPECT_EQ(got.header("Stellwerk-Position"), "7-2");
  EXPECT_EQ(follower.backend.view()->applied, (model::Position{7, 1}));
}

TEST_F(PassingOnTest, ALeaderThatIsGoneIsNotTheEnd) {
  const http::Endpoint closed = [] {
    http::RawServer gone;
    return gone.endpoint();
  }();
  misled_by(closed);
  Future future = submit();
  for (int i = 0; i < 20; ++i) follower.backend.advance(std::chrono::milliseconds(50));
  follower.backend.follow(leader.url(), 8);
  EXPECT_EQ(answer(std::move(future)).status, 202);
  EXPECT_EQ(leader.backend.submitted.size(), 1U);
}

TEST_F(PassingOnTest, ALeaderThatNeverComesMeansThatNothingHappened) {
  misled_by([] {
    http::RawServer gone;
    return gone.endpoint();
  }());
  const ClientResponse got = answer(submit(), std::chrono::seconds(1));
  EXPECT_EQ(got.status, 503);
  EXPECT_EQ(got.header("Retry-After"), "1");
  EXPECT_THAT(got.body, HasSubstr("Nothing happened: Cannot reach"));
}

TEST_F(PassingOnTest, ALeaderIsNotAskedAgainWhenItsAnswerMightComeTooLate) {
  leader.backend.reply = [this](const FakeBackend::Asked& asked) {
    follower.backend.advance(Facts{}.await_leader - kPassOnAgainMin);
    return Reply{Reply::Kind::unavailable, asked.job, "Nothing happened: it may not act", {}};
  };
  const ClientResponse got = answer(submit());
  EXPECT_EQ(got.status, 503);
  EXPECT_THAT(got.body, HasSubstr("Nothing happened: the leader answered: it may not act"));
  EXPECT_EQ(leader.backend.submitted.size(), 1U);
}

TEST_F(PassingOnTest, ABrokenConnectionIsFoundOutUnderTheSameId) {
  http::RawServer breaking;
  misled_by(breaking.endpoint());
  Future future = submit();
  http::RawServer::Connection connection = breaking.accept();
  const std::string head = connection.read_until("\r\n\r\n");
  EXPECT_THAT(head, HasSubstr("Stellwerk-Job-Id: abc00000000000000000000000000001\r\n"));
  EXPECT_THAT(head, HasSubstr("Stellwerk-Forwarded: " + follower.url() + "\r\n"));
  connection.close();
  follower.backend.follow(leader.url(), 8);
  EXPECT_EQ(answer(std::move(future)).status, 202);
  ASSERT_EQ(leader.backend.submitted.size(), 1U);
  EXPECT_EQ(leader.backend.submitted[0].id.text(), "abc00000000000000000000000000001");
}

TEST_F(PassingOnTest, ALeaderThatStandsStillIsNotWaitedForWhenAnotherOneLeads) {
  http::RawServer stopped;
  misled_by(stopped.endpoint());
  Future future = submit();
  http::RawServer::Connection connection = stopped.accept();
  EXPECT_THAT(connection.read_until("\r\n\r\n"), HasSubstr("POST /jobs"));
  follower.backend.follow(leader.url(), 8);
  EXPECT_EQ(answer(std::move(future)).status, 202);
  ASSERT_EQ(leader.backend.submitted.size(), 1U);
  EXPECT_EQ(leader.backend.submitted[0].id.text(), "abc00000000000000000000000000001");
}

TEST_F(PassingOnTest, WhoHasItsAnswerTakesNoPlaceAmongThoseWhoWait) {
  leader.backend.reply = [](const FakeBackend::Asked& asked) {
    return Reply{Reply::Kind::conflict, asked.job, "exists already", {}};
  };
  auto future = cancel();
  ASSERT_TRUE(future.get().has_value());
  for (int i = 0; i < 20; ++i) follower.backend.advance(std::chrono::milliseconds(20));
  EXPECT_EQ(follower.backend.waiters(), 0U);
}

TEST_F(PassingOnTest, WhatMayNotBeRepeatedWaitsForItsAnswer) {
  http::RawServer slow;
  misled_by(slow.endpoint());
  Future future = send(follower, {Method::post, "/leader/transfer", {}, {}});
  http::RawServer::Connection connection = slow.accept();
  EXPECT_THAT(connection.read_until("\r\n\r\n"), HasSubstr("POST /leader/transfer"));
  follower.backend.follow(leader.url(), 8);
  connection.send("HTTP/1.1 202 Accepted\r\nContent-Length: 2\r\n\r\n{}");
  EXPECT_EQ(answer(std::move(future)).status, 202);
}

TEST_F(PassingOnTest, WhatStaysUnclearIsCalledUnknown) {
  leader.backend.reply = [](const FakeBackend::Asked& asked) {
    return Reply{Reply::Kind::unknown, asked.job, "the store did not answer", {}};
  };
  const ClientResponse got = answer(submit(), std::chrono::seconds(1));
  EXPECT_EQ(got.status, 504);
  EXPECT_EQ(json_at(got.body, "outcome"), "\"unknown\"");
  EXPECT_EQ(json_at(got.body, "jobid"), "\"abc00000000000000000000000000001\"");
}

TEST_F(PassingOnTest, AMasterThatDoesNotLeadYetIsAskedAgain) {
  leader.backend.change([](master::MasterView& view) { view.role = master::Role::claiming; });
  Future future = submit();
  for (int i = 0; i < 20; ++i) follower.backend.advance(std::chrono::milliseconds(50));
  leader.backend.lead(8);
  EXPECT_EQ(answer(std::move(future)).status, 202);
}

TEST_F(PassingOnTest, AnOverloadedLeaderIsLeftAlone) {
  leader.backend.reply = [](const FakeBackend::Asked& asked) {
    return Reply{Reply::Kind::overloaded, asked.job, "too much", {}};
  };
  auto future = cancel();
  const auto got = future.get();
  ASSERT_TRUE(got.has_value());
  EXPECT_EQ(got->status, 503);
  EXPECT_EQ(got->header("Retry-After"), "1");
}

TEST_F(PassingOnTest, TheLeadersRefusalIsTheAnswer) {
  leader.backend.reply = [](const FakeBackend::Asked& asked) {
    return Reply{Reply::Kind::conflict, asked.job, "exists already", {}};
  };
  const ClientResponse got = answer(cancel());
  EXPECT_EQ(got.status, 409);
  EXPECT_EQ(got.body, R"({"errors":["exists already"]})");
}

TEST_F(PassingOnTest, AJobThatTheFollowerDoesNotKnowYet) {
  leader.backend.submit(job_id('a'), "new");
  const ClientResponse got = get(follower, "/jobs/" + job_id('a') + "/status");
  EXPECT_EQ(got.status, 200);
  EXPECT_EQ(got.body, R"({"status":"CREATED"})");
  EXPECT_EQ(got.header("Stellwerk-Position"), "7-2");
  EXPECT_EQ(got.header("Stellwerk-Role"), "follower");
  EXPECT_EQ(get(follower, "/jobs/" + job_id('b')).status, 404);
  leader.stop();
  const ClientResponse alone = get(follower, "/jobs/" + job_id('a'));
  EXPECT_EQ(alone.status, 404);
  EXPECT_EQ(alone.header("Stellwerk-Lag-Ms"), "0");
}

TEST_F(PassingOnTest, BeforeItsJournalIsReadAFollowerAsksTheLeader) {
  leader.backend.submit(job_id('a'), "new");
  follower.backend.change([](master::MasterView& view) { view.state = nullptr; });
  EXPECT_EQ(get(follower, "/jobs").body, get(leader, "/jobs").body);
  EXPECT_EQ(get(follower, "/overview").status, 200);
}

TEST_F(PassingOnTest, OperatorsMayAskAFollowerOnTheLeadersHost) {
  const ClientResponse got = answer(send(follower, {Method::post, "/leader/transfer", {}, {}}));
  EXPECT_EQ(got.status, 202);
  EXPECT_EQ(got.body, R"({"next":"http://next:1"})");
  EXPECT_EQ(answer(send(follower, {Method::del, "/cluster", {}, {}})).status, 200);
}

TEST_F(PassingOnTest, ATransferThatMayHaveHappenedIsNotRepeated) {
  http::RawServer breaking;
  misled_by(breaking.endpoint());
  Future future = send(follower, {Method::post, "/leader/transfer", {}, {}});
  {
    http::RawServer::Connection connection = breaking.accept();
    connection.read_until("\r\n\r\n");
    connection.close();
  }
  EXPECT_EQ(answer(std::move(future)).status, 504);
  EXPECT_TRUE(leader.backend.asked.empty());
}

TEST_F(PassingOnTest, AFollowerIsReadyWhileItReachesTheLeader) {
  EXPECT_EQ(get(follower, "/readyz").status, 200);
  leader.stop();
  EXPECT_EQ(get(follower, "/readyz").status, 200);  // the last word still counts
  follower.backend.advance(kProbeDeadline);
  const ClientResponse got = get(follower, "/readyz");
  EXPECT_EQ(got.status, 503);
  EXPECT_THAT(got.body, HasSubstr("It cannot reach the leader"));
}

TEST_F(PassingOnTest, ALeaderThatHangsIsNotReached) {
  leader.backend.alive.beat_us = 0;
  const ClientResponse got = get(follower, "/readyz");
  EXPECT_EQ(got.status, 503);
  EXPECT_THAT(got.body, HasSubstr("The leader answers 503"));
}

TEST_F(PassingOnTest, AQuestionAboutTheNewLeaderDoesNotWaitForTheOld) {
  http::RawServer silent;
  misled_by(silent.endpoint());
  Future old = send(follower, {.target = "/readyz"});
  http::RawServer::Connection connection = silent.accept();
  EXPECT_THAT(connection.read_until("\r\n\r\n"), HasSubstr("GET /livez"));
  follower.backend.follow(leader.url(), 8);
  EXPECT_EQ(get(follower, "/readyz").status, 200);
  connection.close();
  EXPECT_EQ(answer(std::move(old)).status, 503);
}

}  // namespace
}  // namespace stellwerk::api
