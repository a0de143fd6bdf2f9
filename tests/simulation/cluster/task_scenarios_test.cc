/// Tasks on simulated workers, one fault at a time.
#include "simulation/cluster/task_scenarios.h"

namespace stellwerk::test {
namespace {

using namespace std::chrono_literals;
using model::JobStatus;

constexpr const char* kService = R"({"name":"service","vertices":[
    {"name":"v0","command":["sim","forever"],"parallelism":3},
    {"name":"v1","command":["sim","forever"],"parallelism":2,"inputs":[{"from":"v0"}]}]})";

TEST_F(TaskScenarios, AJobRunsAndFinishes) {
  const auto id = submit(R"({"name":"j","vertices":[{"name":"v0","command":["sim","finish","300"],"parallelism":5}]})");
  ASSERT_TRUE(cluster.run_until([&] { return runs(id, 5); }, 100ms));
  EXPECT_EQ(status(id), JobStatus::running);
  ASSERT_TRUE(cluster.run_until([&] { return status(id) == JobStatus::finished; }, 500ms));
}

TEST_F(TaskScenarios, ALeaderKilledAgainAndAgainCostsNoTask) {
  const auto id = submit(kService);
  ASSERT_TRUE(cluster.run_until([&] { return runs(id, 5); }, 1s));
  const auto before = running(id);
  for (int i = 0; i < 20; ++i) {
    SimMaster* const old = cluster.leader();
    ASSERT_NE(old, nullptr);
    i % 3 == 0 ? old->kill_both() : old->kill();
    ASSERT_TRUE(cluster.run_until([&] { return cluster.leader() != nullptr && all_here(); }, 60s));
    cluster.run_for(5s);
    EXPECT_EQ(running(id), before);
    old->start();
    cluster.run_for(5s);
  }
  EXPECT_EQ(status(id), JobStatus::running);
}

TEST_F(TaskScenarios, EndsThatNobodyHeardAreHeardByTheNextLeader) {
  const auto id =
      submit(R"({"name":"j","vertices":[{"name":"v0","command":["sim","finish","3000"],"parallelism":4}]})");
  ASSERT_TRUE(cluster.run_until([&] { return runs(id, 4); }, 1s));
  for (auto& master : cluster.masters) master->kill_both();
  cluster.run_for(10s);
  EXPECT_TRUE(running(id).empty());
  for (auto& master : cluster.masters) master->start();
  ASSERT_TRUE(cluster.run_until([&] { return status(id) == JobStatus::finished; }, 60s));
  EXPECT_EQ(cluster.ledger.attempts(), 4);
}

TEST_F(TaskScenarios, AKilledWorkerCostsOnlyItsOwnTasks) {
  const auto id = submit(R"({"name":"j","vertices":[{"name":"v0","command":["sim","forever"],"parallelism":6}]})");
  ASSERT_TRUE(cluster.run_until([&] { return runs(id, 6); }, 1s));
  const auto before = running(id);
  SimWorker& worker = worker_of(*before.begin());
  const auto lost = worker.running();
  worker.kill();
  worker.start();
  ASSERT_TRUE(cluster.run_until([&] { return runs(id, 6); }, 5s));
  for (const auto& attempt : running(id))
    EXPECT_EQ(attempt.number, lost.contains({attempt.job, attempt.task, 0}) ? 1 : 0) << attempt.text();
  EXPECT_EQ(status(id), JobStatus::running);
}

/// As attempts that are not those of before.
bool all_new(const std::set<model::AttemptId>& now, const std::set<model::AttemptId>& lost) {
  return std::none_of(lost.begin(), lost.end(), [&](const auto& each) { return now.contains(each); });
}

TEST_F(TaskScenarios, AWorkerThatDoesNotComeBackIsReplacedByItsGuardsWord) {
  const auto id = submit(R"({"name":"j","vertices":[{"name":"v0","command":["sim","forever"],"parallelism":4}]})");
  ASSERT_TRUE(cluster.run_until([&] { return runs(id, 4); }, 1s));
  SimWorker& worker = worker_of(*running(id).begin());
  const auto lost = worker.running();
  worker.kill();
  EXPECT_EQ(worker.running(), lost) << "they run on until somebody ends them";
  ASSERT_TRUE(cluster.run_until([&] { return runs(id, 4) && all_new(running(id), lost); }, 5s));
}

TEST_F(TaskScenarios, WithoutAGuardAWorkerThatDoesNotComeBackIsReplacedLater) {
  const auto id = submit(R"({"name":"j","vertices":[{"name":"v0","command":["sim","forever"],"parallelism":4}]})");
  ASSERT_TRUE(cluster.run_until([&] { return runs(id, 4); }, 1s));
  SimWorker& worker = worker_of(*running(id).begin());
  const auto lost = worker.running();
  worker.kill_both();
  cluster.run_for(1s);
  EXPECT_EQ(running(id).size(), 4U) << "nobody knows that they may be started elsewhere";
  ASSERT_TRUE(cluster.run_until([&] { return running(id).size() == 4 + lost.size(); }, 20s));
  worker.start();
  ASSERT_TRUE(cluster.run_until([&] { return runs(id, 4) && all_new(running(id), lost); }, 5s));
}

TEST_F(TaskScenarios, AWorkerThatIsGoneWhenItsLeaderGivesUpAnEpochIsReplaced) {
  const auto id = submit(R"({"name":"j","vertices":[{"name":"v0","command":["sim","forever"],"parallelism":4}]})");
  ASSERT_TRUE(cluster.run_until([&] { return runs(id, 4); }, 1s));
  SimWorker& worker = worker_of(*running(id).begin());
  const auto lost = worker.running();
  SimMaster* const leader = cluster.leader();
  const auto epoch = cluster.ledger.head()->epoch;
  leader->storage().unknown_never = 1;
  submit(R"({"name":"k","vertices":[{"name":"v0","command":["sim","forever"]}]})");
  worker.kill_both();
  ASSERT_TRUE(cluster.run_until([&] { return cluster.ledger.head()->epoch > epoch; }, 60s));
  ASSERT_EQ(cluster.leader(), leader);
  leader->storage() = {};
  ASSERT_TRUE(cluster.run_until([&] { return running(id).size() == 4 + lost.size(); }, 120s));
  worker.start();
  ASSERT_TRUE(cluster.run_until([&] { return runs(id, 4) && all_new(running(id), lost); }, 5s));
}

TEST_F(TaskScenarios, AGuardsWordReachesTheNextLeader) {
  const auto id = submit(R"({"name":"j","vertices":[{"name":"v0","command":["sim","forever"],"parallelism":4}]})");
  ASSERT_TRUE(cluster.run_until([&] { return runs(id, 4); }, 1s));
  SimWorker& worker = worker_of(*running(id).begin());
  const auto lost = worker.running();
  cluster.leader()->kill();
  worker.kill();
  ASSERT_TRUE(cluster.run_until([&] { return runs(id, 4) && all_new(running(id), lost); }, 10s));
}

TEST_F(TaskScenarios, AWorkerThatLeavesGivesBackWhatItRunsAndNoRestartIsSpent) {
  const auto id = submit(R"({"name":"j","vertices":[{"name":"v0","command":["sim","forever"],"parallelism":4}],
                            "restart-strategy":{"type":"none"}})");
  ASSERT_TRUE(cluster.run_until([&] { return runs(id, 4); }, 1s));
  SimWorker& worker = worker_of(*running(id).begin());
  worker.stop();
  ASSERT_TRUE(cluster.run_until([&] { return !worker.up(); }, 20s));
  ASSERT_TRUE(cluster.run_until([&] { return runs(id, 4); }, 5s));
  EXPECT_EQ(status(id), JobStatus::running);
}

TEST_F(TaskScenarios, ACancelledJobEndsAlsoIfItDoesNotListen) {
  const auto id = submit(R"({"name":"j","vertices":[{"name":"v0","command":["sim","deaf"],"parallelism":2}]})");
  ASSERT_TRUE(cluster.run_until([&] { return runs(id, 2); }, 1s));
  cluster.cancel(*cluster.leader(), id);
  cluster.run_for(1s);
  EXPECT_EQ(status(id), JobStatus::cancelling);
  ASSERT_TRUE(cluster.run_until([&] { return status(id) == JobStatus::canceled; }, 5s));
  EXPECT_TRUE(running(id).empty());
}

TEST_F(TaskScenarios, ACancelThatALeaderDidNotFinishIsFinishedByTheNext) {
  const auto id = submit(R"({"name":"j","vertices":[{"name":"v0","command":["sim","forever"],"parallelism":3}]})");
  ASSERT_TRUE(cluster.run_until([&] { return runs(id, 3); }, 1s));
  SimMaster* const old = cluster.leader();
  // The workers hear nothing of it.
  for (const auto& worker : cluster.workers) cluster.links.partition(worker->name(), old->rpc(), true);
  cluster.cancel(*old, id);
  ASSERT_TRUE(cluster.run_until([&] { return status(id) == JobStatus::cancelling; }, 1s));
  old->kill();
  cluster.links.heal();
  ASSERT_TRUE(cluster.run_until([&] { return status(id) == JobStatus::canceled; }, 30s));
  EXPECT_TRUE(running(id).empty());
}

TEST_F(TaskScenarios, AFailureRestartsItsRegionAndNothingElse) {
  const auto id = submit(R"({"name":"j","vertices":[
      {"name":"v0","command":["sim","flaky","500"],"parallelism":2},
      {"name":"v1","command":["sim","finish","5000"],"inputs":[{"from":"v0"}]},
      {"name":"v2","command":["sim","finish","5000"]}],
      "restart-strategy":{"type":"fixed-delay","attempts":3,"delay":"100 ms"}})");
  ASSERT_TRUE(cluster.run_until([&] { return runs(id, 4); }, 1s));
  ASSERT_TRUE(cluster.run_until([&] { return status(id) == JobStatus::restarting; }, 1s));
  ASSERT_TRUE(cluster.run_until([&] { return status(id) == JobStatus::running && runs(id, 4); }, 2s));
  for (const auto& attempt : running(id)) EXPECT_EQ(attempt.number, attempt.task.vertex == 2 ? 0 : 1);
  ASSERT_TRUE(cluster.run_until([&] { return status(id) == JobStatus::finished; }, 20s));
}

TEST_F(TaskScenarios, AJobThatFailsTooOftenFails) {
  const auto id = submit(R"({"name":"j","vertices":[{"name":"v0","command":["sim","fail","50"]}],
      "restart-strategy":{"type":"fixed-delay","attempts":2,"delay":"100 ms"}})");
  ASSERT_TRUE(cluster.run_until([&] { return status(id) == JobStatus::failed; }, 5s));
  EXPECT_EQ(cluster.ledger.attempts(), 3);
  const auto shown = cluster.ledger.truth().jobs().find(id);
  ASSERT_TRUE(shown && shown->state);
  EXPECT_EQ(shown->state->failures.size(), 3u);
  EXPECT_NE(shown->state->failures.back().text.find("exit code 3\nno luck"), std::string::npos);
}

TEST_F(TaskScenarios, AConsumerOfABlockingInputWaitsForIt) {
  const auto id = submit(R"({"name":"j","vertices":[
      {"name":"v0","command":["sim","finish","1000"],"parallelism":2},
      {"name":"v1","command":["sim","finish","1000"],"inputs":[{"from":"v0","exchange":"blocking"}]}]})");
  ASSERT_TRUE(cluster.run_until([&] { return runs(id, 2); }, 500ms));
  for (const auto& attempt : running(id)) EXPECT_EQ(attempt.task.vertex, 0);
  ASSERT_TRUE(cluster.run_until([&] { return runs(id, 1) && running(id).begin()->task.vertex == 1; }, 2s));
  ASSERT_TRUE(cluster.run_until([&] { return status(id) == JobStatus::finished; }, 2s));
}

TEST_F(TaskScenarios, JobsWaitForSlotsInTheOrderOfTheirArrival) {
  constexpr const char* kTen =
      R"({"name":"j","vertices":[{"name":"v0","command":["sim","finish","2000"],"parallelism":3},
      {"name":"v1","command":["sim","finish","2000"],"parallelism":10,"inputs":[{"from":"v0"}]}]})";
  const auto first = submit(kTen);
  ASSERT_TRUE(cluster.run_until([&] { return runs(first, 13); }, 1s));
  const auto second = submit(kTen);
  cluster.run_for(100ms);
  const auto third =
      submit(R"({"name":"j","vertices":[{"name":"v0","command":["sim","finish","100"],"parallelism":2}]})");
  cluster.run_for(1s);
  EXPECT_EQ(status(second), JobStatus::created);
  EXPECT_TRUE(running(third).empty()) << "it would keep the second one waiting";
  ASSERT_TRUE(cluster.run_until([&] { return runs(second, 13); }, 3s));
  ASSERT_TRUE(cluster.run_until([&] { return status(third) == JobStatus::finished; }, 3s));
}

TEST_F(TaskScenarios, WhoIsLostAndComesBackStopsWhatIsNotItsAnyMore) {
  const auto id = submit(R"({"name":"j","vertices":[{"name":"v0","command":["sim","forever"],"parallelism":4}]})");
  ASSERT_TRUE(cluster.run_until([&] { return runs(id, 4); }, 1s));
  SimWorker& worker = worker_of(*running(id).begin());
  const auto had = worker.running();
  for (const auto& master : cluster.masters) cluster.links.partition(worker.name(), master->rpc(), true);
  ASSERT_TRUE(cluster.run_until([&] { return running(id).size() == 4 + had.size(); }, 30s)) << "replaced elsewhere";
  EXPECT_EQ(worker.running(), had);
  cluster.links.heal();
  ASSERT_TRUE(cluster.run_until([&] { return runs(id, 4); }, 30s));
  EXPECT_TRUE(all_here());
}

TEST_F(TaskScenarios, EverythingKilledAndStartedAgainRunsAgain) {
  const auto id = submit(kService);
  ASSERT_TRUE(cluster.run_until([&] { return runs(id, 5); }, 1s));
  for (auto& worker : cluster.workers) worker->kill();
  for (auto& master : cluster.masters) master->kill_both();
  cluster.run_for(10s);
  cluster.start_all();
  ASSERT_TRUE(cluster.run_until([&] { return runs(id, 5); }, 60s));
  EXPECT_EQ(status(id), JobStatus::running);
}

// ---- what is shown of them ----

TEST_F(TaskScenarios, TheLeaderShowsWhatWorkersSayOfTasks) {
  using Phase = jobs::TaskEntry::Phase;
  const auto id = submit(R"({"name":"j","vertices":[{"name":"v0","command":["sim","deaf"],"parallelism":4}]})");
  const auto one = [&](std::int32_t subtask) -> std::shared_ptr<const jobs::TaskEntry> {
    const SimMaster* const leader = cluster.leader();
    if (leader == nullptr || !leader->view()->tasks) return nullptr;
    return leader->view()->tasks->find(*JobId::parse(id), {0, subtask});
  };
  const auto shown = [&](Phase phase) {
    for (std::int32_t i = 0; i < 4; ++i)
      if (const auto task = one(i); !task || task->phase != phase || task->number != 0) return false;
    return true;
  };
  ASSERT_TRUE(cluster.run_until([&] { return one(0) != nullptr; }, 1s));
  EXPECT_EQ(one(0)->phase, Phase::deploying);
  ASSERT_TRUE(cluster.run_until([&] { return shown(Phase::running); }, 1s));
  cluster.leader()->kill();
  ASSERT_TRUE(cluster.run_until([&] { return cluster.leader() != nullptr && shown(Phase::running); }, 60s))
      << "the next leader hears it again";
  for (const auto& master : cluster.masters)
    if (master->up() && master.get() != cluster.leader()) {
      EXPECT_EQ(master->view()->tasks, nullptr);
    }
  cluster.cancel(*cluster.leader(), id);
  ASSERT_TRUE(cluster.run_until([&] { return shown(Phase::canceling); }, 1s));
  ASSERT_TRUE(cluster.run_until([&] { return status(id) == JobStatus::canceled; }, 10s));
  cluster.run_for(1s);
  for (std::int32_t i = 0; i < 4; ++i) EXPECT_EQ(one(i), nullptr);
}

TEST_F(TaskScenarios, TheLeaderShowsWhatAJobWaitsFor) {
  const auto id = submit(R"({"name":"j","vertices":[{"name":"v0","command":["sim","forever"],"parallelism":100},
      {"name":"v1","command":["sim","forever"],"parallelism":50,"inputs":[{"from":"v0"}]}]})");
  const auto lack = [&] {
    const auto tasks = cluster.leader()->view()->tasks;
    return tasks ? tasks->lack(id) : nullptr;
  };
  ASSERT_TRUE(cluster.run_until([&] { return lack() != nullptr; }, 1s));
  EXPECT_EQ(*lack(), (jobs::SlotLack{100, 12, 12}));
  for (auto& worker : cluster.workers) worker->kill();
  ASSERT_TRUE(cluster.run_until([&] { return *lack() == jobs::SlotLack{100, 0, 0}; }, 60s));
  cluster.cancel(*cluster.leader(), id);
  ASSERT_TRUE(cluster.run_until([&] { return status(id) == JobStatus::canceled && lack() == nullptr; }, 5s));
}

TEST(TaskScenariosWithoutASafeguard, AGuardThatEndsNothingIsNoticed) {
  for (const bool end_tasks : {true, false}) {
    SimClusterOptions options;
    options.worker_guards_end_tasks = end_tasks;
    SimCluster cluster(7, options);
    cluster.start_all();
    ASSERT_TRUE(cluster.run_until([&] { return cluster.leader() != nullptr; }, 60s));
    cluster.run_for(5s);
    cluster.leader()->driver()->request(
        job_of_spec(cluster.new_job_id(),
                    R"({"name":"j","vertices":[{"name":"v0","command":["sim","forever"],"parallelism":4}]})"),
        cluster.time.now() + 10s, [](const jobs::Reply&) {});
    cluster.run_for(2s);
    ASSERT_TRUE(cluster.ledger.violations().empty());
    for (auto& worker : cluster.workers) worker->kill();
    cluster.run_for(10s);
    EXPECT_EQ(cluster.ledger.violations().empty(), end_tasks);
  }
}

}  // namespace
}  // namespace stellwerk::test
