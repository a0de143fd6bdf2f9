/// Keeping a place and giving it up: sessions, contact, leaving, members, refusals.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "leadership/candidate_json.h"
#include "unit/leadership/zk_election_fixture.h"

namespace stellwerk::leadership::election {
namespace {

using std::chrono::seconds;
using testing::ElementsAre;

TEST_F(ZkElectionTest, AResumedSessionKeepsThePlaceAndVerifiesIt) {
  lead();
  step(Suspended{});
  EXPECT_TRUE(effects.empty());
  now += seconds(1);
  session_up();
  verified(node(kSession));
  EXPECT_FALSE(has<LockLost>());
  EXPECT_FALSE(has<MayClaim>()) << "told once";
  EXPECT_TRUE(has<Contact>());
}

TEST_F(ZkElectionTest, ASilentlyNewSessionIsALostOne) {
  lead();
  step(Suspended{});
  session_up(kOther);
  EXPECT_EQ(take<Candidacy>().path, "");
  EXPECT_TRUE(take<LockLost>().session_lost);
  EXPECT_FALSE(machine.in_queue());
}

TEST_F(ZkElectionTest, ACandidateThatBelongsToAnotherSessionIsLost) {
  session_up();
  join();
  list({});
  created(kMine);
  verified(node(kOther));
  EXPECT_TRUE(has<LockLost>());
}

TEST_F(ZkElectionTest, ACandidateDeletedByHandIsALostLock) {
  lead();
  step(WatchFired{own_watch, ZkChange::deleted});
  verified(reply(ZkCode::no_node));
  const LockLost lost = take<LockLost>();
  EXPECT_FALSE(lost.session_lost);
  EXPECT_FALSE(machine.in_queue());
  list({});
  EXPECT_FALSE(has<Create>()) << "whether to stand again is the owner's choice";
}

TEST_F(ZkElectionTest, AGuardedWriteThatFindsNoCandidateIsALostLock) {
  lead();
  step(CandidateGone{});
  EXPECT_FALSE(take<LockLost>().session_lost);
}

TEST_F(ZkElectionTest, MissingParentsAreMadeAgain) {
  session_up();
  join();
  answer(take<Sync>().op, reply(ZkCode::ok));
  answer(take<List>().op, reply(ZkCode::no_node));
  answer(take<Prepare>().op, reply(ZkCode::ok));
  list({});
  answer(take<Create>().op, reply(ZkCode::no_node));
  answer(take<Prepare>().op, reply(ZkCode::ok));
  list({});
  take<Create>();
}

TEST_F(ZkElectionTest, WhoDoesNotStandMakesNothing) {
  session_up();
  answer(take<Sync>().op, reply(ZkCode::ok));
  answer(take<List>().op, reply(ZkCode::no_node));
  EXPECT_FALSE(has<Prepare>());
}

TEST_F(ZkElectionTest, ProbesEverySixthOfTheTimeoutWhenIdle) {
  lead();
  const Time first = *machine.wake_at();
  EXPECT_LE(first, now + seconds(2));
  now = first;
  step(Tick{});
  verified(node(kSession));
  const Contact contact = take<Contact>();
  EXPECT_EQ(contact.sent, first) << "from the sending";
  EXPECT_EQ(contact.valid_for, seconds(12));
  EXPECT_EQ(*machine.wake_at(), first + seconds(2));
}

TEST_F(ZkElectionTest, AGuardedWriteIsAProofToo) {
  lead();
  now += seconds(1);
  step(Proved{now});
  EXPECT_EQ(take<Contact>().sent, now);
  EXPECT_EQ(*machine.wake_at(), now + seconds(2));
}

TEST_F(ZkElectionTest, AProbeThatTookLongCountsFromItsSending) {
  lead();
  now = *machine.wake_at();
  step(Tick{});
  const Time sent = now;
  now += seconds(3);
  verified(node(kSession));
  EXPECT_EQ(take<Contact>().sent, sent);
}

TEST_F(ZkElectionTest, AnAnswerWithoutASyncIsNoContact) {
  lead();
  now = *machine.wake_at();
  step(Tick{});
  answer(take<Sync>().op, reply(ZkCode::unknown));
  answer(take<Exists>().op, node(kSession));
  EXPECT_FALSE(has<Contact>()) << "a replica may not know yet that the session is over";
}

TEST_F(ZkElectionTest, AWatchThatWasNotAskedForIsNotTakenForSet) {
  lead();
  now = *machine.wake_at();
  step(Tick{});
  const OpId sync = take<Sync>().op;
  const Exists probe = take<Exists>();
  ASSERT_FALSE(probe.watch);
  step(WatchFired{own_watch, ZkChange::deleted});
  answer(sync, reply(ZkCode::ok));
  answer(probe.op, node(kSession));
  // The next look must set the watch that has fired in between.
  now = *machine.wake_at();
  step(Tick{});
  EXPECT_TRUE(take<Exists>().watch);
}

TEST_F(ZkElectionTest, LeavingDeletesTheCandidateAndLosesNothing) {
  lead();
  step(Leave{});
  const Delete own = take<Delete>();
  EXPECT_EQ(own.path, "/q/" + kMine);
  EXPECT_FALSE(has<Left>());
  answer(own.op, reply(ZkCode::ok));
  take<Left>();
  EXPECT_FALSE(has<LockLost>());
}

TEST_F(ZkElectionTest, LeavingWithAnUnknownOutcomeIsSettledAfterReconnecting) {
  lead();
  step(Leave{});
  answer(take<Delete>().op, reply(ZkCode::unknown));
  step(Suspended{});
  EXPECT_FALSE(has<Left>());
  session_up();
  answer(take<Delete>().op, reply(ZkCode::no_node));
  take<Left>();
}

TEST_F(ZkElectionTest, LeavingThatCannotBeToldGivesUpTheSession) {
  lead();
  step(Suspended{});
  step(Leave{});
  EXPECT_FALSE(has<Left>());
  now = *machine.wake_at();
  EXPECT_LE(now, Time(seconds(1000)) + seconds(12));
  step(Tick{});
  take<GiveUpSession>();
  take<Left>();
}

TEST_F(ZkElectionTest, LeavingWhileACreateIsUnknownLeavesNothingBehind) {
  session_up();
  join();
  list({});
  take<Create>();
  step(Leave{});
  step(Suspended{});
  session_up();
  list({kMine});
  EXPECT_FALSE(has<Left>());
  const Delete found = take<Delete>();
  EXPECT_EQ(found.path, "/q/" + kMine);
  answer(found.op, reply(ZkCode::ok));
  take<Left>();
}

TEST_F(ZkElectionTest, JoiningWhileLeavingStandsAgainAtTheEnd) {
  lead();
  step(Leave{});
  join();
  answer(take<Delete>().op, reply(ZkCode::ok));
  take<Left>();
  take<Create>();
}

TEST_F(ZkElectionTest, LeavingWithoutASessionIsDoneAtOnce) {
  join();
  step(Leave{});
  take<Left>();
  session_up();
  list({});
  EXPECT_FALSE(has<Create>());
}

TEST_F(ZkElectionTest, AnExpiredSessionIsALostLockAndJoiningAgainIsUpToTheOwner) {
  lead();
  step(Expired{});
  EXPECT_TRUE(take<LockLost>().session_lost);
  session_up(kOther);
  list({});
  EXPECT_FALSE(has<Create>());
  join();
  take<Create>();
}

TEST_F(ZkElectionTest, WhoWasNeverInTheQueueKeepsTryingAfterAnExpiry) {
  session_up();
  join();
  step(Expired{});
  EXPECT_FALSE(has<LockLost>());
  effects.clear();
  session_up(kOther);
  list({});
  take<Create>();
}

TEST_F(ZkElectionTest, LateRepliesOfAFormerSessionAreDropped) {
  session_up();
  join();
  list({});
  const OpId old = take<Create>().op;
  step(Expired{});
  effects.clear();
  ZkReply made = reply(ZkCode::ok);
  made.path = "/q/" + kMine;
  answer(old, made);
  EXPECT_TRUE(effects.empty());
  EXPECT_FALSE(machine.in_queue());
}

TEST_F(ZkElectionTest, MembersAreShownInTheOrderOfTheQueueUnreadableOnesToo) {
  session_up();
  answer(take<Sync>().op, reply(ZkCode::ok));
  ZkReply children = reply(ZkCode::ok);
  children.children = {"b-latch-0000000002", "noise", "a-latch-0000000001"};
  answer(take<List>().op, children);
  const Get first = take<Get>();
  EXPECT_EQ(first.path, "/q/a-latch-0000000001");
  ZkReply garbage = node(kOther);
  garbage.data = "garbage";
  answer(first.op, garbage);
  Candidate b;
  b.id = "b";
  ZkReply good = node(kOther);
  good.data = encode_candidate(b);
  answer(take<Get>().op, good);
  EXPECT_THAT(take<Members>().members, ElementsAre(unreadable_candidate("a"), b));
}

TEST_F(ZkElectionTest, OnlySoManyMembersAreRead) {
  session_up();
  answer(take<Sync>().op, reply(ZkCode::ok));
  ZkReply children = reply(ZkCode::ok);
  for (int i = 0; i < 1000; ++i) {
    const std::string digits = std::to_string(i);
    children.children.push_back("x" + digits + "-latch-" + std::string(10 - digits.size(), '0') + digits);
  }
  answer(take<List>().op, children);
  std::size_t reads = 0;
  for (; has<Get>(); ++reads) {
    EXPECT_LE(
        std::count_if(effects.begin(), effects.end(), [](const Effect& e) { return std::holds_alternative<Get>(e); }),
        static_cast<long>(kMemberReadsMax));
    answer(take<Get>().op, node(kOther));
  }
  EXPECT_EQ(reads, kMembersMax);
  EXPECT_EQ(take<Members>().members.size(), kMembersMax);
}

TEST_F(ZkElectionTest, NoPermissionIsRefusedAndNothingIsTriedAgain) {
  session_up();
  join();
  list({});
  answer(take<Create>().op, reply(ZkCode::no_auth));
  EXPECT_EQ(take<Refused>().error.code, Errc::refused);
  effects.clear();
  now += seconds(60);
  step(Tick{});
  EXPECT_TRUE(effects.empty());
  EXPECT_FALSE(machine.wake_at());
}

TEST_F(ZkElectionTest, ANameThatIsNoneIsRefused) {
  session_up();
  join();
  answer(take<Sync>().op, reply(ZkCode::ok));
  answer(take<List>().op, reply(ZkCode::bad_argument));
  EXPECT_TRUE(has<Refused>());
}

/// Seen when the connection broke in the moment of the question: stellwerk drill mixed, seed 3002.
TEST_F(ZkElectionTest, ANameThatWasGoodStaysGood) {
  stand();
  effects.clear();
  step(WatchFired{list_watch, ZkChange::children});
  now += kElectionRetry;
  step(Tick{});
  answer(take<Sync>().op, reply(ZkCode::ok));
  answer(take<List>().op, reply(ZkCode::bad_argument));
  EXPECT_FALSE(has<Refused>());
  now += kElectionRetry;
  step(Tick{});
  list({kMine});
  EXPECT_FALSE(has<Refused>());
}

}  // namespace
}  // namespace stellwerk::leadership::election
