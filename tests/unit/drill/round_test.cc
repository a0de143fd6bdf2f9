#include "drill/round.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/drill/twin_cluster.h"

namespace stellwerk::drill {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;
using testing::UnorderedElementsAre;

TEST(RoundTest, AKilledLeaderIsFollowedAndStartedAgain) {
  TwinCluster cluster(3, 2);
  const RoundResult round = cluster.round(Fault::kill_leader);
  EXPECT_EQ(round.trouble, "");
  EXPECT_EQ(round.victim, "master-1");
  EXPECT_EQ(round.epoch, 4);
  EXPECT_THAT(cluster.signals, ElementsAre(Pair(100, SIGKILL)));
  EXPECT_THAT(cluster.started, ElementsAre("master-1"));
  EXPECT_THAT(round.workers_hit, IsEmpty());
}

TEST(RoundTest, TimesCountFromTheHit) {
  TwinCluster cluster(3, 2);
  cluster.takes = cli::Milliseconds(20);
  const Times times = cluster.round(Fault::kill_leader).times;
  EXPECT_EQ(times.leads, 20);
  EXPECT_EQ(times.complete, 20) << "of the record: the time of day at its completion";
  EXPECT_EQ(times.noticed, 17);
  EXPECT_EQ(times.lock, 18);
  EXPECT_EQ(times.claimed, 19);
  EXPECT_EQ(times.first_write, 21);
  EXPECT_EQ(times.client, 21);
  EXPECT_EQ(times.worker_back, 20);
}

TEST(RoundTest, AFrozenLeaderWakesBesideItsSuccessor) {
  TwinCluster cluster(3, 0);
  const RoundResult round = cluster.round(Fault::freeze_leader);
  EXPECT_EQ(round.trouble, "");
  EXPECT_THAT(cluster.signals, ElementsAre(Pair(100, SIGSTOP), Pair(100, SIGCONT)));
  EXPECT_THAT(cluster.started, IsEmpty());
  EXPECT_FALSE(round.times.worker_back);
}

TEST(RoundTest, OfAKilledPairTheGuardStandsStillFirst) {
  TwinCluster cluster(2, 0);
  EXPECT_EQ(cluster.round(Fault::kill_both).trouble, "");
  EXPECT_THAT(cluster.signals, ElementsAre(Pair(101, SIGSTOP), Pair(100, SIGKILL), Pair(101, SIGKILL)));
}

TEST(RoundTest, AllMastersAreKilledAndStartedAgain) {
  TwinCluster cluster(2, 1);
  const RoundResult round = cluster.round(Fault::kill_all);
  EXPECT_EQ(round.trouble, "");
  EXPECT_THAT(cluster.started, UnorderedElementsAre("master-1", "master-2"));
  EXPECT_THAT(round.workers_hit, IsEmpty()) << "workers live on";
}

TEST(RoundTest, AKilledWorkerIsNamedAndStartedAgain) {
  TwinCluster cluster(2, 2);
  const RoundResult round = cluster.round(Fault::kill_worker);
  EXPECT_EQ(round.trouble, "");
  EXPECT_EQ(round.epoch, 3);
  ASSERT_EQ(round.workers_hit.size(), 1u);
  EXPECT_EQ("worker-" + round.workers_hit[0].substr(1), round.victim);
  EXPECT_THAT(cluster.started, ElementsAre(round.victim));
  EXPECT_TRUE(round.times.worker_back);
}

TEST(RoundTest, AKilledGuardIsReplaced) {
  TwinCluster cluster(2, 0);
  const RoundResult round = cluster.round(Fault::kill_guard);
  EXPECT_EQ(round.trouble, "");
  EXPECT_EQ(round.epoch, 3);
  EXPECT_THAT(cluster.signals, ElementsAre(Pair(101, SIGKILL)));
}

TEST(RoundTest, ATransferIsAskedForUntilSomebodyIsReady) {
  TwinCluster cluster(2, 0);
  cluster.not_ready = 3;
  const RoundResult round = cluster.round(Fault::transfer);
  EXPECT_EQ(round.trouble, "");
  EXPECT_EQ(round.epoch, 4);
  EXPECT_THAT(cluster.signals, IsEmpty());
}

TEST(RoundTest, AServerStandsStillAsLongAsTheSeedSays) {
  TwinCluster cluster(2, 0);
  cluster.members.push_back({.daemon = {.kind = Kind::zookeeper, .name = "zookeeper", .pid = 50, .runs = true}});
  EXPECT_EQ(cluster.round(Fault::freeze_zookeeper).trouble, "");
  EXPECT_THAT(cluster.signals, ElementsAre(Pair(50, SIGSTOP), Pair(50, SIGCONT)));
  const auto once = cluster.host.pauses;
  TwinCluster again(2, 0);
  again.members.push_back({.daemon = {.kind = Kind::zookeeper, .name = "zookeeper", .pid = 50, .runs = true}});
  again.round(Fault::freeze_zookeeper);
  EXPECT_EQ(again.host.pauses, once);
}

TEST(RoundTest, OfAContainerItsFirstProcessIsKilled) {
  TwinCluster cluster(2, 0);
  EXPECT_EQ(cluster.round(Fault::kill_container).trouble, "");
  EXPECT_THAT(cluster.signals, ElementsAre(Pair(1100, SIGKILL)));
  EXPECT_THAT(cluster.started, ElementsAre("master-1"));
}

TEST(RoundTest, AQuorumIsLostWhileTwoOfThreeServersAreGone) {
  TwinCluster cluster(2, 1);
  for (int i = 1; i <= 3; ++i)
    cluster.members.push_back(
        {.daemon = {.kind = Kind::zookeeper, .name = "zookeeper-" + std::to_string(i), .pid = 50 + i, .runs = true}});
  const RoundResult round = cluster.round(Fault::lose_quorum);
  EXPECT_EQ(round.trouble, "");
  EXPECT_EQ(cluster.signals.size(), 2u);
  EXPECT_EQ(cluster.started.size(), 2u);
  ASSERT_TRUE(round.silence);
  EXPECT_GE(round.silence->to - round.silence->from, 500'000);
}

TEST(RoundTest, AServerThatDoesNotServeAgainIsNamed) {
  TwinCluster cluster(2, 0);
  cluster.not_serving = "zookeeper-2";
  EXPECT_THAT(cluster.round(Fault::transfer).trouble, HasSubstr("within 60 s: zookeeper-2 does not serve"));
}

TEST(RoundTest, OneServerIsNoQuorumToLose) {
  TwinCluster cluster(2, 0);
  cluster.members.push_back({.daemon = {.kind = Kind::zookeeper, .name = "zookeeper", .pid = 50, .runs = true}});
  EXPECT_EQ(cluster.round(Fault::lose_quorum).trouble, "there are no three ZooKeeper servers");
  EXPECT_THAT(cluster.signals, IsEmpty());
}

TEST(RoundTest, AStorageThatIsAwayTakesNothing) {
  TwinCluster cluster(2, 1);
  const RoundResult round = cluster.round(Fault::lose_storage);
  EXPECT_EQ(round.trouble, "");
  EXPECT_THAT(cluster.harms, ElementsAre("away", "read-only", "healed"));
  EXPECT_TRUE(round.silence);
}

TEST(RoundTest, AStorageThatSomebodyHasOpenMayTakeSomething) {
  TwinCluster cluster(2, 1);
  cluster.can_be_read_only = false;
  const RoundResult round = cluster.round(Fault::lose_storage);
  EXPECT_EQ(round.trouble, "");
  EXPECT_FALSE(round.silence);
}

TEST(RoundTest, AFullDiskMayTakeWhatFindsRoom) {
  TwinCluster cluster(2, 1);
  const RoundResult round = cluster.round(Fault::full_disk);
  EXPECT_EQ(round.trouble, "");
  EXPECT_THAT(cluster.harms, ElementsAre("full", "healed"));
  EXPECT_FALSE(round.silence);
}

TEST(RoundTest, AWorkerThatIsCutOffIsCountedAsHit) {
  TwinCluster cluster(2, 1);  // without ZooKeeper only a worker can be cut off
  const RoundResult round = cluster.round(Fault::partition);
  EXPECT_EQ(round.trouble, "");
  EXPECT_THAT(round.workers_hit, ElementsAre("w1"));
  EXPECT_THAT(round.victim, HasSubstr("worker-1"));
  EXPECT_EQ(cluster.harms.back(), "healed");
  EXPECT_EQ(round.epoch, 3);
}

TEST(RoundTest, ALeaderThatIsCutOffFromZooKeeperIsFollowed) {
  TwinCluster cluster(2, 0);
  cluster.members.push_back({.daemon = {.kind = Kind::zookeeper, .name = "zookeeper", .pid = 50, .runs = true}});
  const RoundResult round = cluster.round(Fault::partition);
  EXPECT_EQ(round.trouble, "");
  EXPECT_EQ(round.epoch, 4);
  EXPECT_TRUE(round.times.leads);
  EXPECT_THAT(cluster.harms, Contains("healed"));
  EXPECT_THAT(round.workers_hit, IsEmpty());
}

TEST(RoundTest, EverythingIsHealedAfterCtrlC) {
  TwinCluster cluster(2, 0);
  cluster.members.push_back({.daemon = {.kind = Kind::zookeeper, .name = "zookeeper", .pid = 50, .runs = true}});
  cluster.nobody_takes_over = true;
  cluster.host.interrupt_at_pause = 5;
  EXPECT_EQ(cluster.round(Fault::partition).trouble, "Ctrl-C");
  EXPECT_EQ(cluster.harms.back(), "healed");
}

TEST(RoundTest, NobodyTakesOver) {
  TwinCluster cluster(2, 0);
  cluster.nobody_takes_over = true;
  EXPECT_THAT(cluster.round(Fault::kill_leader).trouble, HasSubstr("not seen within 60 s: another leader"));
}

TEST(RoundTest, AClusterThatIsNotWellIsNotHit) {
  TwinCluster cluster(2, 1);
  cluster.at("worker-1").daemon.runs = false;
  EXPECT_THAT(cluster.round(Fault::kill_leader).trouble, HasSubstr("worker-1 does not run"));
  EXPECT_THAT(cluster.signals, IsEmpty());
}

TEST(RoundTest, WhereOthersStartWhatWasKilledItIsWaitedForLonger) {
  TwinCluster cluster(2, 0);
  cluster.nobody_takes_over = true;
  cluster.patient = kStartAgainMax;
  EXPECT_THAT(cluster.round(Fault::kill_leader).trouble, HasSubstr("not seen within 300 s: another leader"));
  EXPECT_THAT(cluster.round(Fault::freeze_leader).trouble, HasSubstr("within 300 s: nobody leads")) << "before it";
}

TEST(RoundTest, NoGuardStaysStoppedWhereAMasterCannotBeKilled) {
  TwinCluster cluster(2, 0);
  cluster.refuses_signals = true;
  EXPECT_EQ(cluster.round(Fault::kill_all).trouble, "not permitted");
  for (const std::int64_t guard : {101, 103})
    EXPECT_THAT(cluster.signals, Contains(Pair(guard, SIGKILL))) << "or continued";
}

TEST(RoundTest, CtrlCEndsItAndNothingStaysFrozen) {
  TwinCluster cluster(2, 0);
  cluster.nobody_takes_over = true;
  cluster.host.interrupt_at_pause = 5;
  EXPECT_EQ(cluster.round(Fault::freeze_leader).trouble, "Ctrl-C");
  EXPECT_THAT(cluster.signals, Contains(Pair(100, SIGCONT)));
}

}  // namespace
}  // namespace stellwerk::drill
