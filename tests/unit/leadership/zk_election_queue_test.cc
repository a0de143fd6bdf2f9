/// Taking a place in the queue: who is first, who is waited for, which nodes are our own.
#include <gtest/gtest.h>

#include "unit/leadership/zk_election_fixture.h"

namespace stellwerk::leadership::election {
namespace {

using std::chrono::seconds;

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

}  // namespace
}  // namespace stellwerk::leadership::election
