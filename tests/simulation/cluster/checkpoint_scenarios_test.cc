/// Checkpoints of jobs on simulated workers, one fault at a time. That what is completed was acknowledged, and that
/// tasks begin from the newest, the ledger checks.
#include "simulation/cluster/task_scenarios.h"

namespace stellwerk::test {
namespace {

using namespace std::chrono_literals;
using model::JobStatus;

std::string counting(const std::string& habit, const std::string& checkpointing) {
  return R"({"name":"j","vertices":[{"name":"v0","command":["sim","forever"],"parallelism":3},
      {"name":"v1","command":["sim",")" +
         habit + R"("],"inputs":[{"from":"v0"}]}],"checkpointing":)" + checkpointing +
         R"(,"restart-strategy":{"type":"fixed-delay","attempts":1000,"delay":"100 ms"}})";
}

class CheckpointScenarios : public TaskScenarios {
 protected:
  model::CheckpointBook book(const std::string& id) const {
    const auto known = cluster.ledger.truth().checkpointing(*JobId::parse(id));
    return known ? *known : model::CheckpointBook{};
  }
  bool completed(const std::string& id, std::int64_t number) { return book(id).completed >= number; }
};

TEST_F(CheckpointScenarios, OnesAreTakenAgainAndAgain) {
  const auto id = submit(counting("forever", R"({"interval":"1 s","num-retained":2})"));
  ASSERT_TRUE(cluster.run_until([&] { return completed(id, 5); }, 10s));
  EXPECT_EQ(book(id).failed, 0);
  EXPECT_EQ(book(id).retained.size(), 2);
}

TEST_F(CheckpointScenarios, AKilledTaskBeginsFromTheNewest) {
  const auto id = submit(counting("forever", R"({"interval":"1 s"})"));
  ASSERT_TRUE(cluster.run_until([&] { return completed(id, 2); }, 10s));
  const auto before = book(id).newest();
  worker_of(*running(id).begin()).kill();
  ASSERT_TRUE(cluster.run_until([&] { return book(id).restores > 0; }, 10s));
  EXPECT_GE(book(id).restored, before);
  ASSERT_TRUE(cluster.run_until([&] { return completed(id, 6); }, 20s));
}

TEST_F(CheckpointScenarios, ALeadersDeathCostsNoFailureAndNoTask) {
  const auto id = submit(counting("slow", R"({"interval":"1 s"})"));
  ASSERT_TRUE(cluster.run_until([&] { return completed(id, 1); }, 10s));
  const auto before = running(id);
  for (int i = 0; i < 5; ++i) {
    ASSERT_TRUE(cluster.run_until([&] { return book(id).pending.has_value(); }, 10s));
    SimMaster* const old = cluster.leader();
    ASSERT_NE(old, nullptr);
    const auto number = book(id).pending->number;
    const auto done = book(id).completed;
    old->kill();
    ASSERT_TRUE(cluster.run_until([&] { return completed(id, done + 1); }, 60s));
    EXPECT_GT(book(id).newest(), number);
    old->start();
    cluster.run_for(2s);
  }
  EXPECT_EQ(running(id), before);
  EXPECT_EQ(book(id).failed, 0);
  EXPECT_EQ(status(id), JobStatus::running);
}

TEST_F(CheckpointScenarios, WhoNeverAnswersIsStartedAnewAndTheJobGoesOn) {
  const auto id = submit(counting("mute", R"({"interval":"500 ms","timeout":"2 s"})"));
  ASSERT_TRUE(cluster.run_until([&] { return completed(id, 5); }, 60s));
  EXPECT_GE(book(id).failed, 1);
  EXPECT_GE(book(id).restores, 1);
  const auto job = cluster.ledger.truth().jobs().find(id);
  ASSERT_FALSE(job->state->failures.empty());
  EXPECT_NE(job->state->failures.back().text.find("Exceeded checkpoint tolerable failure threshold"),
            std::string::npos);
}

TEST_F(CheckpointScenarios, WhoDeclinesIsStartedAnew) {
  const auto id = submit(counting("picky", R"({"interval":"500 ms"})"));
  ASSERT_TRUE(cluster.run_until([&] { return completed(id, 5); }, 60s));
  EXPECT_GE(book(id).failed, 1);
  EXPECT_GE(book(id).restores, 1);
}

TEST_F(CheckpointScenarios, AnswersThatALostConnectionTookAlongAreSaidAgain) {
  const auto id = submit(counting("slow", R"({"interval":"1 s","timeout":"60 s"})"));
  ASSERT_TRUE(cluster.run_until([&] { return completed(id, 1); }, 10s));
  ASSERT_TRUE(cluster.run_until([&] { return book(id).pending.has_value(); }, 10s));
  const auto number = book(id).pending->number;
  const auto before = running(id);
  for (const auto& worker : cluster.workers) cluster.links.partition(worker->name(), cluster.leader()->rpc(), true);
  cluster.run_for(2s);
  cluster.links.heal();
  ASSERT_TRUE(cluster.run_until([&] { return book(id).newest() >= number; }, 120s));
  EXPECT_EQ(running(id), before);
  EXPECT_EQ(book(id).failed, 0);
}

TEST_F(CheckpointScenarios, ACancelledJobLeavesNoHandlesBehind) {
  const auto id = submit(counting("slow", R"({"interval":"500 ms","num-retained":3})"));
  ASSERT_TRUE(cluster.run_until([&] { return completed(id, 3) && book(id).pending.has_value(); }, 10s));
  cluster.cancel(*cluster.leader(), id);
  ASSERT_TRUE(cluster.run_until([&] { return status(id) == JobStatus::canceled; }, 10s));
  cluster.ledger.truth().records().for_each([&](const std::string& key, const std::string&) {
    EXPECT_FALSE(key.starts_with("jobs/" + id + "/checkpoints/")) << key;
  });
  EXPECT_FALSE(book(id).pending);
}

}  // namespace
}  // namespace stellwerk::test
