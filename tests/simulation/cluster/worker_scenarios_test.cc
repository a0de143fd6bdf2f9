/// Workers and masters together, one fault at a time.
#include <gtest/gtest.h>

#include "simulation/cluster/sim_cluster.h"

namespace stellwerk::test {
namespace {

using namespace std::chrono_literals;

SimClusterOptions with_workers(int count) {
  SimClusterOptions options;
  options.workers = count;
  return options;
}

class WorkerScenarios : public testing::Test {
 protected:
  WorkerScenarios() : cluster(7, with_workers(4)) {
    cluster.start_all();
    EXPECT_TRUE(cluster.run_until([this] { return registered(); }, 60s));
  }
  ~WorkerScenarios() override { EXPECT_TRUE(cluster.ledger.violations().empty()) << cluster.ledger.violations()[0]; }

  /// All that run are with the leader, in its epoch.
  bool registered() {
    const SimMaster* const leader = cluster.leader();
    if (leader == nullptr) return false;
    for (const auto& worker : cluster.workers)
      if (worker->up() && (!worker->registered() || worker->epoch() != leader->view()->epoch)) return false;
    return true;
  }
  std::string shown(const std::string& worker) {
    const auto table = cluster.leader()->view()->workers;
    const auto entry = table ? table->find(worker) : nullptr;
    return !entry ? "none" : entry->away ? "away" : "here";
  }

  SimCluster cluster;
};

TEST_F(WorkerScenarios, AKilledLeaderCostsMilliseconds) {
  for (int i = 0; i < 10; ++i) {
    SimMaster* const old = cluster.leader();
    ASSERT_NE(old, nullptr);
    old->kill();
    ASSERT_TRUE(cluster.run_until([&] { return cluster.leader() != nullptr; }, 10s));
    const Time led = cluster.time.now();
    ASSERT_TRUE(cluster.run_until([this] { return registered(); }, 10s));
    EXPECT_LT(cluster.time.now() - led, 100ms) << "in virtual time, as design and issue have it";
    old->start();
    cluster.run_for(5s);
  }
}

TEST_F(WorkerScenarios, AStoppedLeaderIsLeftAndTakesNobodyBackWhenItWakes) {
  SimMaster* const old = cluster.leader();
  old->pause();
  ASSERT_TRUE(cluster.run_until([&] { return cluster.leader() != nullptr && registered(); }, 30s));
  EXPECT_NE(cluster.leader(), old);
  old->resume();
  cluster.run_for(10s);
  EXPECT_TRUE(registered());
}

TEST_F(WorkerScenarios, AnOrderlyEndOfTheLeaderIsFollowedToo) {
  const SimMaster* const old = cluster.leader();
  cluster.leader()->stop();
  ASSERT_TRUE(cluster.run_until([&] { return cluster.leader() != nullptr && cluster.leader() != old; }, 10s));
  EXPECT_TRUE(cluster.run_until([this] { return registered(); }, 10s));
}

TEST_F(WorkerScenarios, AKilledWorkerIsAwayThenLostAndComesBackWithAHigherIncarnation) {
  SimWorker& worker = *cluster.workers[0];
  worker.kill();
  ASSERT_TRUE(cluster.run_until([&] { return shown("w0") == "away"; }, 1s));
  ASSERT_TRUE(cluster.run_until([&] { return shown("w0") == "none"; }, 3s));
  worker.start();
  ASSERT_TRUE(cluster.run_until([&] { return registered(); }, 1s));
  EXPECT_EQ(cluster.leader()->view()->workers->find("w0")->about.incarnation, 2);
}

TEST_F(WorkerScenarios, AWorkerThatIsToldToStopIsGoneAtOnce) {
  SimWorker& worker = *cluster.workers[0];
  worker.stop();
  ASSERT_TRUE(cluster.run_until([&] { return shown("w0") == "none"; }, 100ms)) << "it is never away";
  EXPECT_EQ(worker.exited(), 0);
  EXPECT_FALSE(worker.up());
  worker.start();
  EXPECT_TRUE(cluster.run_until([&] { return registered(); }, 1s));
}

TEST_F(WorkerScenarios, AFullDiskKeepsNobodyFromTheNextLeader) {
  SimWorker& worker = *cluster.workers[0];
  const std::int64_t before = worker.epoch();
  worker.fill_disk(true);
  SimMaster* const old = cluster.leader();
  old->kill();
  ASSERT_TRUE(cluster.run_until([&] { return cluster.leader() != nullptr && worker.registered(); }, 10s));
  cluster.run_for(20s);
  EXPECT_EQ(worker.epoch(), before);
  EXPECT_EQ(shown("w0"), "here");
  worker.fill_disk(false);
  EXPECT_TRUE(cluster.run_until([this] { return registered(); }, 20s)) << "remembered as soon as there is room";
}

TEST_F(WorkerScenarios, AWorkerThatStandsStillLosesItsPlaceAndFindsItAgain) {
  cluster.workers[0]->pause();
  ASSERT_TRUE(cluster.run_until([&] { return shown("w0") == "away"; }, 6s));
  cluster.workers[0]->resume();
  ASSERT_TRUE(cluster.run_until([&] { return registered() && shown("w0") == "here"; }, 10s));
}

TEST_F(WorkerScenarios, CutOffFromTheLeaderItIsNotTakenByAnybodyElse) {
  const std::string leader = cluster.leader()->rpc();
  cluster.links.partition("w0", leader, true);
  ASSERT_TRUE(cluster.run_until([&] { return shown("w0") == "away"; }, 10s));
  cluster.run_for(20s);
  EXPECT_FALSE(cluster.workers[0]->registered());
  EXPECT_EQ(shown("w0"), "none");
  cluster.links.partition("w0", leader, false);
  EXPECT_TRUE(cluster.run_until([this] { return registered(); }, 10s));
}

TEST_F(WorkerScenarios, CutOffFromTheFollowersItMissesNothing) {
  for (const auto& master : cluster.masters)
    if (master.get() != cluster.leader()) cluster.links.partition("w0", master->rpc(), true);
  bool always = true;
  cluster.run_until(
      [&] {
        always = always && registered();
        return false;
      },
      20s);
  EXPECT_TRUE(always);
}

TEST_F(WorkerScenarios, BrokenConnectionsAreMadeAgainAtOnce) {
  for (const auto& worker : cluster.workers) cluster.links.cut(worker->name());
  ASSERT_TRUE(cluster.run_until([this] { return !cluster.workers[0]->registered(); }, 1s));
  const Time broken = cluster.time.now();
  ASSERT_TRUE(cluster.run_until([this] { return registered(); }, 10s));
  EXPECT_LT(cluster.time.now() - broken, 100ms);
}

TEST_F(WorkerScenarios, ALeaderThatIsCutOffFromTheCoordinationKeepsAndTakesNobody) {
  SimMaster* const old = cluster.leader();
  old->link().partition(true);
  ASSERT_TRUE(cluster.run_until([&] { return cluster.leader() != nullptr && cluster.leader() != old; }, 30s));
  EXPECT_TRUE(cluster.run_until([this] { return registered(); }, 7s)) << "the heartbeats' timeout is 5 s here";
  cluster.workers[0]->kill();
  cluster.workers[0]->start();
  EXPECT_TRUE(cluster.run_until([this] { return registered(); }, 3s));
}

TEST_F(WorkerScenarios, AllKilledAtOnceFindEachOtherAgain) {
  for (auto& master : cluster.masters) master->kill_both();
  for (auto& worker : cluster.workers) worker->kill();
  cluster.run_for(1s);
  cluster.start_all();
  EXPECT_TRUE(cluster.run_until([this] { return registered(); }, 60s));
}

}  // namespace
}  // namespace stellwerk::test
