/// At-most-one jobs on simulated workers, one fault at a time. That no two attempts live at once the ledger sees.
#include "simulation/cluster/task_scenarios.h"

namespace stellwerk::test {
namespace {

using namespace std::chrono_literals;
using model::JobStatus;

constexpr const char* kOnce =
    R"({"name":"once","at-most-one":true,"vertices":[{"name":"v0","command":["sim","forever"]}],
    "restart-strategy":{"type":"fixed-delay","attempts":1000000,"delay":"10 ms"}})";

class LeaseScenarios : public TaskScenarios {
 protected:
  explicit LeaseScenarios(const SimClusterOptions& options = with_workers(3)) : TaskScenarios(options) {
    // What leaders before this one may have given is over then.
    cluster.run_for(options.lease + 2s);
    id = submit(kOnce);
    EXPECT_TRUE(cluster.run_until([this] { return runs(id, 1); }, 2s));
    cluster.run_for(1s);
    before = *running(id).begin();
    holder = &worker_of(before);
  }

  bool moved() {
    const auto now = running(id);
    return now.size() == 1 && *now.begin() != before;
  }
  void cut_off(bool on) {
    for (const auto& master : cluster.masters) cluster.links.partition(holder->name(), master->rpc(), on);
  }

  std::string id;
  model::AttemptId before;
  SimWorker* holder = nullptr;
};

TEST_F(LeaseScenarios, AKilledWorkersTaskRunsElsewhereAtOnceByItsGuardsWord) {
  holder->kill();
  EXPECT_TRUE(cluster.run_until([this] { return moved(); }, 3s));
}

TEST_F(LeaseScenarios, WithoutThatWordItsLeaseIsWaitedFor) {
  holder->kill_both();
  EXPECT_TRUE(running(id).empty()) << "the kernel ends it with its worker";
  EXPECT_FALSE(cluster.run_until([this] { return moved(); }, 6s));
  EXPECT_TRUE(cluster.run_until([this] { return moved(); }, 5s));
}

TEST_F(LeaseScenarios, WhoIsCutOffEndsItAndAnotherBeginsLater) {
  cut_off(true);
  ASSERT_TRUE(cluster.run_until([this] { return holder->running().empty(); }, 9s));
  EXPECT_TRUE(running(id).empty());
  EXPECT_TRUE(cluster.run_until([this] { return moved(); }, 3s));
  cut_off(false);
  cluster.run_for(20s);
  EXPECT_TRUE(runs(id, 1));
  EXPECT_EQ(status(id), JobStatus::running);
}

TEST_F(LeaseScenarios, TheGuardEndsItWhereTheWorkerStandsStill) {
  holder->pause();
  ASSERT_TRUE(cluster.run_until([this] { return holder->running().empty(); }, 9s));
  EXPECT_TRUE(cluster.run_until([this] { return moved(); }, 3s));
  holder->resume();
  cluster.run_for(20s);
  EXPECT_TRUE(runs(id, 1));
}

TEST_F(LeaseScenarios, AnotherGuardKnowsTheLeaseToo) {
  holder->kill_guard();
  cluster.run_for(500ms);
  holder->pause();
  EXPECT_TRUE(cluster.run_until([this] { return holder->running().empty(); }, 9s));
}

TEST_F(LeaseScenarios, ATakeoverCostsItNothing) {
  for (int i = 0; i < 10; ++i) {
    SimMaster* const old = cluster.leader();
    old->kill();
    ASSERT_TRUE(cluster.run_until([&] { return cluster.leader() != nullptr && all_here(); }, 60s));
    cluster.run_for(1s);
    old->start();
    cluster.run_for(2s);
  }
  EXPECT_EQ(running(id), std::set{before});
}

class LongLeaseScenarios : public LeaseScenarios {
 protected:
  LongLeaseScenarios() : LeaseScenarios(long_lease()) {}

  /// As by default outside: longer than the masters' session.
  static SimClusterOptions long_lease() {
    SimClusterOptions options = with_workers(3);
    options.lease = 15s;
    return options;
  }
};

TEST_F(LongLeaseScenarios, WhoIsCutOffForLessKeepsIt) {
  cut_off(true);
  cluster.run_for(6s);
  cut_off(false);
  cluster.run_for(20s);
  EXPECT_EQ(running(id), std::set{before});
}

TEST_F(LongLeaseScenarios, NorDoesTheDeathOfALeaderWithItsGuard) {
  for (int i = 0; i < 5; ++i) {
    SimMaster* const old = cluster.leader();
    old->kill_both();
    ASSERT_TRUE(cluster.run_until([&] { return cluster.leader() != nullptr && all_here(); }, 60s));
    cluster.run_for(1s);
    old->start();
    cluster.run_for(5s);
  }
  EXPECT_EQ(running(id), std::set{before});
}

TEST(LeaseScenariosWithoutASafeguard, AreNoticed) {
  for (const bool wait : {true, false}) {
    SimClusterOptions options = with_workers(3);
    options.wait_lease = wait;
    SimCluster cluster(7, options);
    cluster.start_all();
    ASSERT_TRUE(cluster.run_until([&] { return cluster.leader() != nullptr; }, 60s));
    cluster.run_for(15s);
    cluster.leader()->driver()->request(job_of_spec(cluster.new_job_id(), kOnce), cluster.time.now() + 10s,
                                        [](const jobs::Reply&) {});
    cluster.run_for(2s);
    for (const auto& worker : cluster.workers) {
      if (worker->running().empty()) continue;
      for (const auto& master : cluster.masters) cluster.links.partition(worker->name(), master->rpc(), true);
      break;
    }
    cluster.run_for(10s);
    EXPECT_EQ(cluster.ledger.violations().empty(), wait);
  }
}

}  // namespace
}  // namespace stellwerk::test
