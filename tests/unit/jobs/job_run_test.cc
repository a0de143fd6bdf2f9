#include "jobs/job_run.h"

#include <gmock/gmock.h>

#include "unit/jobs/running_job.h"

namespace stellwerk::jobs {
namespace {

using model::AttemptEnd;
using model::TaskRef;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;
using testing::UnorderedElementsAre;

constexpr std::size_t kAll = 1'000'000;
using At = TaskRun::At;

class JobRunTest : public RunningJob {
 protected:
  JobRun made(std::string_view text) {
    submit(text);
    return anew();
  }
  /// As the next leader makes it.
  JobRun anew() { return JobRun(id, spec, state); }

  void start_task(JobRun& run, TaskRef task, const std::string& worker = "w1") {
    start({run.propose(task, worker, 1, worker)});
    run.take(task, *state.attempt(id, task), 7);
  }
  /// Slots that it has more or less than at the last call, by worker.
  static std::map<std::string, int> slots_gained(JobRun& run) {
    std::map<std::string, int> out;
    for (const auto& [worker, by] : run.take_slot_changes()) out[worker] += by;
    std::erase_if(out, [](const auto& each) { return each.second == 0; });
    return out;
  }
  void end_task(JobRun& run, TaskRef task, AttemptEnd how) {
    TaskEnd over = ended(task, run.task(task).number, how);
    over.worker = run.task(task).worker;
    end({over});
    run.take(task, *state.attempt(id, task), 8);
  }
};

TEST_F(JobRunTest, WhatConsumesWaitsForWhatProduces) {
  JobRun run = made(kBatch);
  EXPECT_THAT(run.ready(kAll), ElementsAre(Region{0, 0}, Region{0, 1}));
  EXPECT_THAT(run.ready(1), ElementsAre(Region{0, 0}));
  EXPECT_EQ(run.widest_wait(), 2);
  for (const int i : {0, 1}) start_task(run, {0, i});
  EXPECT_THAT(run.ready(kAll), IsEmpty());
  EXPECT_EQ(run.widest_wait(), 0);
  for (const int i : {0, 1}) end_task(run, {0, i}, AttemptEnd::finished);
  EXPECT_THAT(run.ready(kAll), ElementsAre(Region{1, 0}, Region{1, 1}));
  for (const int i : {0, 1}) start_task(run, {1, i});
  EXPECT_FALSE(run.waits());
}

TEST_F(JobRunTest, SlotsAreHeldWhileSomethingRunsInThem) {
  JobRun run = made(kStream);
  start_task(run, {0, 0});
  start_task(run, {1, 0});
  start_task(run, {0, 1}, "w2");
  EXPECT_THAT(slots_gained(run), ElementsAre(Pair("w1", 1), Pair("w2", 1)));
  EXPECT_EQ(run.slot(0), "w1");
  end_task(run, {0, 0}, AttemptEnd::finished);
  EXPECT_THAT(slots_gained(run), IsEmpty()) << "its neighbour still runs there";
  end_task(run, {1, 0}, AttemptEnd::finished);
  EXPECT_THAT(slots_gained(run), ElementsAre(Pair("w1", -1)));
  EXPECT_EQ(run.slot(0), "");
  EXPECT_EQ(run.last_worker(0), "w1");
}

TEST_F(JobRunTest, ARegionRunsAgainWhenTheLastOfItsTasksHasEnded) {
  strategy = model::FixedDelayRestart{9, {}};
  JobRun run = made(kStream);
  for (const TaskRef task : {TaskRef{0, 0}, TaskRef{0, 1}, TaskRef{1, 0}}) start_task(run, task);
  end_task(run, {0, 1}, AttemptEnd::failed);
  EXPECT_THAT(run.run_again(), UnorderedElementsAre(TaskRef{0, 0}, TaskRef{1, 0})) << "these are to be stopped";
  EXPECT_THAT(run.run_again(), IsEmpty()) << "once";
  end_task(run, {0, 0}, AttemptEnd::canceled);
  EXPECT_THAT(run.ready(kAll), IsEmpty());
  end_task(run, {1, 0}, AttemptEnd::finished);
  EXPECT_THAT(run.ready(kAll), ElementsAre(Region{0, Region::kAllTasks})) << "also what finished meanwhile";
  EXPECT_EQ(run.propose({0, 0}, "w1", 1, "w1").number, 1);
}

TEST_F(JobRunTest, WhatIsRecordedElsewhereThanProposedRunsThere) {
  JobRun run = made(R"({"name":"j","vertices":[{"name":"v","command":["x"]}]})");
  run.propose({0, 0}, "w1", 1, "w1");
  model::Attempt attempt;
  attempt.worker = "w2";
  attempt.incarnation = 1;
  run.take({0, 0}, attempt, 9);
  EXPECT_EQ(run.task({0, 0}).worker, "w2");
  EXPECT_EQ(run.task({0, 0}).at, TaskRun::At::open);
}

TEST_F(JobRunTest, WhatIsLostAndStillNeededIsMadeAgain) {
  JobRun run = made(kBatch);
  start_task(run, {0, 0}, "w1");
  start_task(run, {0, 1}, "w2");
  for (const int i : {0, 1}) end_task(run, {0, i}, AttemptEnd::finished);
  run.lose_output("w1", 1);
  EXPECT_THAT(run.ready(kAll).size(), 2U) << "made by this very process";
  run.lose_output("w1", 2);
  EXPECT_THAT(run.run_again(), IsEmpty()) << "nothing of it runs";
  EXPECT_THAT(run.ready(kAll), ElementsAre(Region{0, 0}));
  EXPECT_EQ(run.task({0, 0}).at, At::waiting);
  EXPECT_EQ(run.task({0, 1}).at, At::finished);
}

TEST_F(JobRunTest, TheNextLeaderFindsItAsItIs) {
  JobRun run = made(kBatch);
  start_task(run, {0, 0}, "w1");
  start_task(run, {0, 1}, "w2");
  end_task(run, {0, 0}, AttemptEnd::finished);
  JobRun next = anew();
  EXPECT_EQ(next.task({0, 0}).at, At::finished);
  EXPECT_EQ(next.task({0, 1}).at, At::open);
  EXPECT_THAT(slots_gained(next), ElementsAre(Pair("w2", 1)));
  EXPECT_THAT(next.ready(kAll), IsEmpty());
}

TEST_F(JobRunTest, PeersAreNamedByVertexAndPort) {
  JobRun run = made(kStream);
  for (const TaskRef task : {TaskRef{0, 0}, TaskRef{0, 1}, TaskRef{1, 0}}) start_task(run, task);
  run.task({0, 0}).ports = {{"data", 4000}};
  run.task({0, 1}).ports = {{"data", 4001}};
  EXPECT_TRUE(run.has_peers({1, 0}));
  const auto peers = run.peers_of({0, Region::kAllTasks}, [](const std::string& worker) { return "host-" + worker; });
  EXPECT_THAT(peers, UnorderedElementsAre(Pair("STELLWERK_PEERS_IN", "host-w1:4000,host-w1:4001"),
                                          Pair("STELLWERK_PEERS_IN_DATA", "host-w1:4000,host-w1:4001")));
}

TEST_F(JobRunTest, ARegionIsGatheredWhenAllOfItIsThere) {
  JobRun run = made(kStream);
  const Region all{0, Region::kAllTasks};
  const std::vector<TaskRef> tasks{{0, 0}, {0, 1}, {1, 0}};
  for (const TaskRef task : tasks) start_task(run, task);
  EXPECT_FALSE(run.gathered(all));
  for (const TaskRef task : {tasks[2], tasks[0], tasks[1]}) {
    EXPECT_FALSE(run.was_gathered(all));
    run.task(task).prepared = true;
    EXPECT_EQ(run.gathered(all), task == tasks[1]);
  }
  EXPECT_TRUE(run.was_gathered(all));
  end_task(run, {0, 0}, AttemptEnd::failed);
  EXPECT_FALSE(run.gathered(all)) << "what was missing last is looked at first, then all";
}

}  // namespace
}  // namespace stellwerk::jobs
