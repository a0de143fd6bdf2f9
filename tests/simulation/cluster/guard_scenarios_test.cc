/// What a guard beside each master changes: a dead or hanging master loses its lock at once.

#include <gtest/gtest.h>

#include "simulation/cluster/sim_cluster.h"

namespace stellwerk::test {
namespace {

using namespace std::chrono_literals;
using jobs::Reply;

class GuardScenario : public testing::Test {
 protected:
  void SetUp() override {
    options_.session_timeout = 10s;
    cluster_ = std::make_unique<SimCluster>(7, options_);
    cluster_->start_all();
    ASSERT_TRUE(cluster_->run_until([this] { return cluster_->leader() != nullptr; }, 30s));
    cluster_->run_for(5s);
  }
  void TearDown() override {
    for (const auto& violation : cluster_->ledger.violations()) ADD_FAILURE() << violation;
  }
  /// Virtual time until another than `before` leads.
  Duration until_another_leads_than(const SimMaster* before) {
    const Time begun = cluster_->time.now();
    EXPECT_TRUE(
        cluster_->run_until([&] { return cluster_->leader() != nullptr && cluster_->leader() != before; }, 60s));
    return cluster_->time.now() - begun;
  }
  SimMaster& next_in_line() {
    const auto& members = cluster_->leader()->view()->members;
    for (auto& master : cluster_->masters)
      if (members.size() > 1 && members[1].host == master->name()) return *master;
    ADD_FAILURE() << "there is nobody in line";
    return *cluster_->masters[0];
  }

  SimClusterOptions options_;
  std::unique_ptr<SimCluster> cluster_;
};

TEST_F(GuardScenario, AKilledLeaderIsFollowedInMilliseconds) {
  SimMaster* const leader = cluster_->leader();
  leader->kill();
  EXPECT_LT(until_another_leads_than(leader), 100ms);
}

TEST_F(GuardScenario, KilledTogetherTheyCostTheSessionsTimeout) {
  SimMaster* const leader = cluster_->leader();
  leader->kill_both();
  const Duration took = until_another_leads_than(leader);
  EXPECT_GT(took, 5s);
  EXPECT_LT(took, 11s);
}

TEST_F(GuardScenario, AGuardThatDiedIsReplacedAndToldAgain) {
  SimMaster* const leader = cluster_->leader();
  leader->kill_guard();
  cluster_->run_for(1s);
  leader->kill();
  EXPECT_LT(until_another_leads_than(leader), 100ms);
}

TEST_F(GuardScenario, AStoppedLeaderIsDeposedAndHarmsNothingWhenItWakes) {
  SimMaster* const stopped = cluster_->leader();
  stopped->pause();
  const Duration took = until_another_leads_than(stopped);
  EXPECT_GT(took, 1900ms);
  EXPECT_LT(took, 2100ms);
  std::optional<Reply::Kind> answer;
  cluster_->submit(*stopped, cluster_->new_job_id(), false, [&](const Reply& reply) { answer = reply.kind; });
  stopped->resume();
  EXPECT_FALSE(stopped->acting()) << "before it has heard anything";
  cluster_->run_for(10s);
  EXPECT_EQ(answer, Reply::Kind::unavailable);
  EXPECT_FALSE(stopped->leads());
  EXPECT_TRUE(stopped->view()->eligible) << stopped->view()->eligible_reason;
}

TEST_F(GuardScenario, AStoppedNextInLineDoesNotHoldUpATakeover) {
  SimMaster* const leader = cluster_->leader();
  next_in_line().pause();
  cluster_->run_for(3s);
  leader->kill();
  EXPECT_LT(until_another_leads_than(leader), 100ms);
}

TEST_F(GuardScenario, AHostThatIsCutOffCostsTheSessionsTimeoutAndNoSecondLeaderActs) {
  SimMaster* const leader = cluster_->leader();
  leader->link().partition(true);
  cluster_->run_for(1s);
  leader->kill();
  EXPECT_GT(until_another_leads_than(leader), 5s) << "its guard cannot reach the servers either";
  leader->link().partition(false);
  cluster_->run_for(5s);
}

}  // namespace
}  // namespace stellwerk::test
