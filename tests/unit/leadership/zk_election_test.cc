#include "leadership/zk_election.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "leadership/candidate_json.h"

namespace stellwerk::leadership {
namespace {

using namespace election;
using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::ElementsAre;

constexpr std::int64_t kSession = 0x10;
constexpr std::int64_t kOther = 0x20;
const std::string kMine = "me-latch-0000000005";
const std::string kBefore = "you-latch-0000000003";

/// The machine, answered by hand: what it asks for is kept until an answer is given.
class ZkElectionTest : public testing::Test {
 protected:
  explicit ZkElectionTest(Safeguards safeguards = {}) : machine("/q", "me", safeguards) {}

  void step(const Event& event) {
    for (Effect& effect : machine.step(now, event)) effects.push_back(std::move(effect));
  }

  /// Takes the oldest effect of this kind out; fails if there is none.
  template <class Kind>
  Kind take() {
    for (auto it = effects.begin(); it != effects.end(); ++it) {
      if (const auto* found = std::get_if<Kind>(&*it)) {
        Kind out = *found;
        effects.erase(it);
        return out;
      }
    }
    ADD_FAILURE() << "not asked for";
    return Kind{};
  }

  template <class Kind>
  bool has() const {
    return std::any_of(effects.begin(), effects.end(), [](const Effect& e) { return std::holds_alternative<Kind>(e); });
  }

  void answer(OpId op, ZkReply reply) { step(Replied{op, std::move(reply)}); }
  static ZkReply reply(ZkCode code) {
    ZkReply out;
    out.code = code;
    return out;
  }
  static ZkReply node(std::int64_t owner) {
    ZkReply out = reply(ZkCode::ok);
    out.stat.ephemeral_owner = owner;
    return out;
  }

  void session_up(std::int64_t id = kSession) { step(SessionUp{id, seconds(12)}); }
  void join() {
    Candidate candidate;
    candidate.id = "me";
    step(Join{candidate});
  }

  /// Answers the sync and the list that are asked for.
  List list(const std::vector<std::string>& names) {
    answer(take<Sync>().op, reply(ZkCode::ok));
    const List asked = take<List>();
    ZkReply children = reply(ZkCode::ok);
    children.children = names;
    answer(asked.op, children);
    effects.erase(
        std::remove_if(effects.begin(), effects.end(), [](const Effect& e) { return std::holds_alternative<Get>(e); }),
        effects.end());
    return asked;
  }
  void created(const std::string& name) {
    ZkReply made = reply(ZkCode::ok);
    made.path = "/q/" + name;
    answer(take<Create>().op, made);
  }
  /// Answers the sync and the look at our own candidate.
  Exists verified(ZkReply with) {
    answer(take<Sync>().op, reply(ZkCode::ok));
    const Exists asked = take<Exists>();
    EXPECT_EQ(asked.path, "/q/" + machine_own);
    answer(asked.op, std::move(with));
    return asked;
  }

  /// Up to the moment when our candidate is made, verified and listed with `others`.
  void stand(std::vector<std::string> others = {}) {
    session_up();
    join();
    list_watch = list(others).op;
    created(kMine);
    machine_own = kMine;
    own_watch = verified(node(kSession)).op;
    others.push_back(kMine);
    list(others);
  }
  void lead() {
    stand();
    ASSERT_TRUE(has<MayClaim>());
    effects.clear();
  }

  ZkElection machine;
  std::string machine_own = kMine;
  OpId own_watch = 0;
  OpId list_watch = 0;
  Time now{seconds(1000)};
  Effects effects;
};

TEST_F(ZkElectionTest, TheFirstMayClaimOnceItsCandidateIsVerified) {
  session_up();
  join();
  list({});
  EXPECT_EQ(take<Create>().path, "/q/me-latch-");
}

TEST_F(ZkElectionTest, ThePathIsKnownBeforeTheClaim) {
  stand();
  EXPECT_EQ(take<Candidacy>().path, "/q/" + kMine);
  take<MayClaim>();
}

TEST_F(ZkElectionTest, IsToldOncePerCandidate) {
  lead();
  step(WatchFired{list_watch, ZkChange::children});
  list({kMine});
  EXPECT_FALSE(has<MayClaim>());
}

TEST_F(ZkElectionTest, ListsOnlyAfterASync) {
  session_up();
  ASSERT_GE(effects.size(), 2u);
  EXPECT_TRUE(std::holds_alternative<Sync>(effects[0]));
  EXPECT_TRUE(std::holds_alternative<List>(effects[1]));
}

TEST_F(ZkElectionTest, AListWhoseSyncFailedProvesNothing) {
  session_up();
  join();
  answer(take<Sync>().op, reply(ZkCode::unknown));
  answer(take<List>().op, reply(ZkCode::ok));
  EXPECT_FALSE(has<Create>());
  now = *machine.wake_at();
  step(Tick{});
  list({});
  EXPECT_TRUE(has<Create>());
}

TEST_F(ZkElectionTest, WaitsBehindTheNearestAndListsAgainWhenItGoes) {
  stand({kBefore, "she-latch-0000000001"});
  const Exists before = take<Exists>();
  EXPECT_EQ(before.path, "/q/" + kBefore);
  EXPECT_TRUE(before.watch);
  answer(before.op, node(kOther));
  EXPECT_FALSE(has<MayClaim>());
  step(WatchFired{before.op, ZkChange::data});
  list({"she-latch-0000000001", kMine});
  EXPECT_EQ(take<Exists>().path, "/q/she-latch-0000000001") << "the one before that one";
}

TEST_F(ZkElectionTest, TellsWhenItNoticedThatTheOneBeforeWasGone) {
  stand({kBefore});
  const Exists before = take<Exists>();
  answer(before.op, node(kOther));
  const Time noticed = now += std::chrono::seconds(5);
  step(WatchFired{before.op, ZkChange::data});
  now += std::chrono::milliseconds(3);
  list({kMine});
  EXPECT_EQ(take<MayClaim>().noticed, noticed);
}

TEST_F(ZkElectionTest, MayClaimAtOnceWhenTheOnlyOneBeforeIsDeleted) {
  stand({kBefore, "late-latch-0000000009"});
  const Exists before = take<Exists>();
  answer(before.op, node(kOther));
  step(WatchFired{before.op, ZkChange::deleted});
  EXPECT_TRUE(has<MayClaim>()) << "without asking for the list first";
  list({kMine, "late-latch-0000000009"});
  take<MayClaim>();
  EXPECT_FALSE(has<MayClaim>()) << "told once";
}

TEST_F(ZkElectionTest, LooksAtTheNextNearestAtOnceWhenTheOneBeforeIsDeleted) {
  stand({"she-latch-0000000001", kBefore});
  const Exists before = take<Exists>();
  answer(before.op, node(kOther));
  step(WatchFired{before.op, ZkChange::deleted});
  EXPECT_FALSE(has<MayClaim>());
  EXPECT_EQ(take<Exists>().path, "/q/she-latch-0000000001");
}

TEST_F(ZkElectionTest, WhereNumbersNoLongerDifferTheListDecides) {
  const std::string mine = "me-latch-2147483647";
  session_up();
  join();
  list_watch = list({"he-latch-2147483647"}).op;
  created(mine);
  machine_own = mine;
  verified(node(kSession));
  list({"he-latch-2147483647", mine});
  const Exists before = take<Exists>();
  answer(before.op, node(kOther));
  step(WatchFired{before.op, ZkChange::deleted});
  EXPECT_FALSE(has<MayClaim>());
  list({"again-latch-2147483647", mine});
  EXPECT_EQ(take<Exists>().path, "/q/again-latch-2147483647");
}

TEST_F(ZkElectionTest, APredecessorThatIsGoneAlreadyIsNoPredecessor) {
  stand({kBefore});
  answer(take<Exists>().op, reply(ZkCode::no_node));
  list({kMine});
  take<MayClaim>();
}

TEST_F(ZkElectionTest, APersistentNodeDoesNotHoldUpTheQueue) {
  stand({kBefore});
  answer(take<Exists>().op, node(0));
  take<MayClaim>();
}

TEST_F(ZkElectionTest, AfterAnUnknownCreateItAdoptsItsNewestNodeOfThisSession) {
  session_up();
  join();
  list({});
  take<Create>();
  step(Suspended{});
  session_up();
  list({kBefore, "me-latch-0000000004", kMine});
  const Exists newest = take<Exists>();
  EXPECT_EQ(newest.path, "/q/" + kMine);
  answer(newest.op, node(kSession));
  EXPECT_EQ(take<Candidacy>().path, "/q/" + kMine);
  EXPECT_EQ(take<Delete>().path, "/q/me-latch-0000000004") << "its older one";
  EXPECT_FALSE(has<Create>());
}

TEST_F(ZkElectionTest, ANodeOfAFormerSessionIsDeletedNotAdopted) {
  session_up();
  join();
  list({kMine});
  answer(take<Exists>().op, node(kOther));
  const Delete stale = take<Delete>();
  EXPECT_EQ(stale.path, "/q/" + kMine);
  EXPECT_FALSE(has<Create>()) << "not before it is gone";
  answer(stale.op, reply(ZkCode::ok));
  take<Create>();
}

TEST_F(ZkElectionTest, AfterAnUnknownCreateThatNeverHappenedItCreatesAgain) {
  session_up();
  join();
  list({});
  answer(take<Create>().op, reply(ZkCode::unknown));
  step(Suspended{});
  session_up();
  EXPECT_FALSE(has<Create>());
  list({kBefore});
  take<Create>();
}

TEST_F(ZkElectionTest, NeverWatchesANodeOfItsOwn) {
  stand({kBefore});
  answer(take<Exists>().op, node(kOther));
  step(WatchFired{list_watch, ZkChange::children});
  list({"me-latch-0000000004", kMine});
  EXPECT_FALSE(has<Exists>());
  EXPECT_EQ(take<Delete>().path, "/q/me-latch-0000000004");
  take<MayClaim>();
}

class WithoutSkippingOwn : public ZkElectionTest {
 protected:
  WithoutSkippingOwn() : ZkElectionTest(safeguards()) {}
  static Safeguards safeguards() {
    Safeguards out;
    out.skip_own = false;
    out.adopt_own = false;
    return out;
  }
};

TEST_F(WithoutSkippingOwn, ItWouldWaitForItself) {
  stand({"me-latch-0000000004"});
  const Exists own = take<Exists>();
  EXPECT_EQ(own.path, "/q/me-latch-0000000004");
  EXPECT_TRUE(own.watch);
  answer(own.op, node(kSession));
  EXPECT_FALSE(has<MayClaim>()) << "for as long as its own session lives";
}

class WithoutAdoptingOwn : public ZkElectionTest {
 protected:
  WithoutAdoptingOwn() : ZkElectionTest(safeguards()) {}
  static Safeguards safeguards() {
    Safeguards out;
    out.adopt_own = false;
    return out;
  }
};

TEST_F(WithoutAdoptingOwn, ItStillDoesNotWaitForItself) {
  stand({"me-latch-0000000004"});
  take<MayClaim>();
}

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

}  // namespace
}  // namespace stellwerk::leadership
