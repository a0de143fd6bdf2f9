#include "cli/conversation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "cli/exit_codes.h"
#include "unit/cli/fake_host.h"

namespace stellwerk::cli {
namespace {

using testing::ElementsAre;
using Kind = Outcome::Kind;

ClientConfig two_masters() {
  return {.masters = {{"a", 8081}, {"b", 8081}}, .timeout = std::chrono::seconds(60)};
}
ClientConfig one_master() {
  return {.masters = {{"a", 8081}}, .timeout = std::chrono::seconds(60)};
}
http::ClientRequest cancel_request() {
  return {.method = http::Method::patch, .target = "/jobs/x?mode=cancel"};
}

TEST(Conversation, AsksTheNextMasterWhenOneIsNotThere) {
  FakeHost host;
  host.network = [](const Question& question) -> Answer {
    if (question.to.host == "a") return refused_connection();
    return reply(200, "{}");
  };
  Conversation conversation(host, two_masters());
  EXPECT_TRUE(conversation.read("/x").ok());
  EXPECT_TRUE(conversation.read("/y").ok());
  // Who answered last is asked first.
  EXPECT_THAT(host.asked(), ElementsAre("GET http://a:8081/x", "GET http://b:8081/x", "GET http://b:8081/y"));
}

TEST(Conversation, AReadGivesUpAtOnceWhenNobodyIsThere) {
  FakeHost host;
  Conversation conversation(host, two_masters());
  const Outcome outcome = conversation.read("/x");
  EXPECT_EQ(outcome.kind, Kind::no_leader);
  EXPECT_EQ(outcome.exit_code(), kExitNoLeader);
  EXPECT_EQ(outcome.text, "No master answers at http://a:8081, http://b:8081 (http://b:8081: Connection refused)");
  EXPECT_TRUE(host.pauses.empty());
}

TEST(Conversation, AWriteWaitsForAMasterAndSaysSoOnce) {
  FakeHost host;
  int tries = 0;
  host.network = [&](const Question&) -> Answer {
    if (++tries < 4) return refused_connection();
    return reply(202, "{}");
  };
  Conversation conversation(host, one_master());
  EXPECT_TRUE(conversation.write(cancel_request()).ok());
  EXPECT_THAT(host.pauses, ElementsAre(Milliseconds(100), Milliseconds(200), Milliseconds(400)));
  EXPECT_EQ(host.complained(), "http://a:8081: Connection refused; trying again for 1 min at most.\n");
}

TEST(Conversation, AWriteThatNobodyTookDidNotHappen) {
  FakeHost host;
  host.network = [](const Question&) -> Answer { return refusal(503, "no leader", {{"Retry-After", "1"}}); };
  Conversation conversation(host, one_master());
  const Milliseconds began = host.now();
  const Outcome outcome = conversation.write(cancel_request());
  EXPECT_EQ(outcome.exit_code(), kExitNoLeader);
  EXPECT_FALSE(outcome.maybe_done);
  EXPECT_EQ(outcome.text, "No master leads, so nothing happened (http://a:8081: no leader)");
  EXPECT_EQ(host.now() - began, Milliseconds(60'000));
  // As long as was asked for, then by our own measure.
  EXPECT_EQ(host.pauses.front(), Milliseconds(1000));
}

/// A master that waits for a leader until it is told to answer, and whose answer takes 200 ms to get here.
Answer waiting_master(FakeHost& host, const Question& question) {
  const auto told = std::find_if(question.request.headers.begin(), question.request.headers.end(),
                                 [](const auto& header) { return header.first == "Stellwerk-Deadline-Ms"; });
  const Milliseconds waits(told == question.request.headers.end() ? 30'000 : std::stol(told->second));
  const Milliseconds needs = std::min(waits, Milliseconds(30'000)) + Milliseconds(200);
  host.time += std::min(needs, question.deadline);
  if (needs > question.deadline) return make_error(Errc::unknown, "No answer in time");
  return refusal(503, "Nothing happened: no leader is known");
}

TEST(Conversation, MastersThatWaitForALeaderSayThatNothingHappenedBeforeWeHangUp) {
  for (const ClientConfig& config : {one_master(), two_masters()}) {
    FakeHost host;
    host.network = [&](const Question& question) { return waiting_master(host, question); };
    const Milliseconds began = host.now();
    const Outcome outcome = Conversation(host, config).write(cancel_request());
    EXPECT_EQ(outcome.kind, Kind::no_leader) << outcome.text;
    EXPECT_FALSE(outcome.maybe_done);
    EXPECT_EQ(host.now() - began, config.timeout);
  }
}

TEST(Conversation, OnceAWriteMayHaveHappenedOnlyAClearAnswerSettlesIt) {
  for (const bool settled : {false, true}) {
    FakeHost host;
    int tries = 0;
    host.network = [&](const Question&) -> Answer {
      if (++tries == 1) return lost_connection();
      if (settled && tries == 3) return reply(202, "{}");
      return refused_connection();
    };
    Conversation conversation(host, one_master());
    const Outcome outcome = conversation.write(cancel_request());
    EXPECT_EQ(outcome.exit_code(), settled ? kExitDone : kExitUnknown);
    EXPECT_EQ(outcome.maybe_done, !settled);
  }
}

TEST(Conversation, AnAnswerThatSaysUnknownIsRepeated) {
  FakeHost host;
  int tries = 0;
  host.network = [&](const Question&) -> Answer { return ++tries == 1 ? refusal(504, "unknown") : reply(202, "{}"); };
  Conversation conversation(host, one_master());
  EXPECT_TRUE(conversation.write(cancel_request()).ok());
  EXPECT_EQ(tries, 2);
}

TEST(Conversation, ARefusalIsFinal) {
  for (const int status : {400, 404, 409, 413}) {
    FakeHost host;
    host.network = [&](const Question&) -> Answer { return refusal(status, "no: because"); };
    Conversation conversation(host, two_masters());
    const Outcome outcome = conversation.write(cancel_request());
    EXPECT_EQ(outcome.exit_code(), kExitRefused);
    EXPECT_EQ(outcome.text, "no: because");
    EXPECT_EQ(host.questions.size(), 1U);
  }
}

TEST(Conversation, AFullStorageIsSaidAtOnceAndMayHaveRoomLater) {
  FakeHost host;
  host.network = [](const Question&) -> Answer { return refusal(507, "Nothing happened: the storage is full"); };
  Conversation conversation(host, two_masters());
  const Outcome outcome = conversation.write(cancel_request());
  EXPECT_EQ(outcome.exit_code(), kExitNoLeader);
  EXPECT_EQ(outcome.text, "Nothing happened: the storage is full");
  EXPECT_FALSE(outcome.maybe_done);
  EXPECT_EQ(host.questions.size(), 1U);
}

TEST(Conversation, AFullStorageDoesNotTellWhatAnEarlierTryDid) {
  FakeHost host;
  int tries = 0;
  host.network = [&](const Question&) -> Answer {
    return ++tries == 1 ? lost_connection() : refusal(507, "Nothing happened: the storage is full");
  };
  Conversation conversation(host, one_master());
  EXPECT_EQ(conversation.write(cancel_request()).exit_code(), kExitUnknown);
}

TEST(Conversation, AHungMasterDoesNotEatTheTimeOfTheOthers) {
  FakeHost host;
  host.network = [](const Question&) -> Answer { return reply(200, "{}"); };
  Conversation two(host, two_masters());
  EXPECT_TRUE(two.read("/x").ok());
  EXPECT_EQ(host.questions.back().deadline, Conversation::kTryDeadline);
  Conversation one(host, one_master());
  EXPECT_TRUE(one.read("/x").ok());
  EXPECT_EQ(host.questions.back().deadline, Milliseconds(60'000));
}

TEST(Conversation, GoesOnWithTheLeaderWhenTheMasterAskedIsGone) {
  FakeHost host;
  host.network = [&](const Question& question) -> Answer {
    if (question.to.host == "a" && host.questions.empty())
      return reply(200, "{}", {{"Stellwerk-Leader", "http://c:8083"}});
    if (question.to.host == "c") return reply(200, "{}");
    return refused_connection();
  };
  Conversation conversation(host, one_master());
  EXPECT_TRUE(conversation.read("/x").ok());
  EXPECT_TRUE(conversation.read("/y").ok());
  EXPECT_THAT(host.asked(), ElementsAre("GET http://a:8081/x", "GET http://a:8081/y", "GET http://c:8083/y"));
}

TEST(Conversation, AReadAfterAWriteIsNotOlderThanIt) {
  FakeHost host;
  host.network = [](const Question&) -> Answer { return reply(202, "{}", {{"Stellwerk-Position", "7-42"}}); };
  Conversation conversation(host, one_master());
  EXPECT_TRUE(conversation.write(cancel_request()).ok());
  EXPECT_TRUE(conversation.read("/x").ok());
  EXPECT_THAT(host.questions.back().request.headers,
              ElementsAre(std::pair<std::string, std::string>("Stellwerk-At-Least", "7-42")));
}

TEST(Conversation, AReadIsNotOlderThanAnyBeforeIt) {
  FakeHost host;
  std::string position = "7-42";
  host.network = [&position](const Question&) -> Answer {
    return reply(200, "{}", {{"Stellwerk-Position", position}});
  };
  Conversation conversation(host, one_master());
  EXPECT_TRUE(conversation.read("/jobs/1").ok());
  position = "7-41";
  EXPECT_TRUE(conversation.read_once("/x").ok());
  EXPECT_TRUE(conversation.read_once("/jobs/1/exceptions").ok());
  EXPECT_THAT(host.questions.back().request.headers,
              ElementsAre(std::pair<std::string, std::string>("Stellwerk-At-Least", "7-42")));
}

TEST(Conversation, AnInterruptEndsTheWait) {
  FakeHost host;
  host.interrupt_at_pause = 2;
  Conversation conversation(host, one_master());
  const Outcome outcome = conversation.write(cancel_request());
  EXPECT_EQ(outcome.kind, Kind::interrupted);
  EXPECT_FALSE(outcome.maybe_done);
  EXPECT_EQ(host.pauses.size(), 2U);
}

}  // namespace
}  // namespace stellwerk::cli
