#include "unit/master/scheduler_fixture.h"

namespace stellwerk::master {
namespace {

using namespace std::chrono_literals;
using model::AttemptEnd;
using model::JobStatus;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST_F(SchedulerTest, AJobIsPlacedRunsAndFinishes) {
  come(hello("w1", 2));
  const JobId id = submit(job_of(2));
  act();
  EXPECT_THAT(told<link::StartTask>(), ElementsAre("w1 0-0#0", "w1 0-1#0"));
  scheduler_->take(clocks().wall, state_, "w1", running(id, 0, 0, 77));
  scheduler_->take(state_, "w1", ended(id, 0, 0));
  act();
  EXPECT_EQ(status(id), JobStatus::running);
  scheduler_->take(state_, "w1", ended(id, 1, 0));
  act();
  EXPECT_EQ(status(id), JobStatus::finished);
  EXPECT_EQ(scheduler_->take_used().at("w1"), 0);
}

TEST_F(SchedulerTest, WhoComesBackIsShownWithTheSlotsThatItHolds) {
  come(hello("w1", 2));
  const JobId id = submit(job_of(1));
  act();
  EXPECT_EQ(scheduler_->take_used().at("w1"), 1);
  scheduler_->away("w1");
  link::Hello again = hello("w1", 2);
  again.tasks.push_back(running(id, 0, 0, 77));
  come(again);
  EXPECT_EQ(scheduler_->take_used().at("w1"), 1) << "whoever shows it may have forgotten it meanwhile";
}

TEST_F(SchedulerTest, AJobThatIsTooLargeForTheClusterKeepsNobodyWaiting) {
  come(hello("w1", 3));
  const std::string wide = R"({"name":"wide","vertices":[{"name":"a","command":["x"],"parallelism":9},)"
                           R"({"name":"b","command":["x"],"inputs":[{"from":"a"}]}]})";
  const JobId large = submit(wide);
  const JobId small = submit(job_of(1));
  act();
  EXPECT_EQ(status(small), JobStatus::running);
  EXPECT_EQ(lack(large), (jobs::SlotLack{9, 3, 3}));
  const JobId later = submit(job_of(2));
  act();
  EXPECT_EQ(status(later), JobStatus::running);
  come(hello("w2", 9));
  EXPECT_EQ(status(large), JobStatus::running) << "the cluster has grown";
}

TEST_F(SchedulerTest, WhoStandsBehindManyThatDoNotFitIsLookedAtNext) {
  limits_.plan_groups = 2;
  come(hello("w1", 1));
  const std::string gpu = R"({"name":"g","vertices":[{"name":"v","command":["x"],"labels":["gpu"]}]})";
  for (int i = 0; i < 7; ++i) submit(gpu);
  const JobId small = submit(job_of(1));
  pass(std::chrono::seconds(1));
  EXPECT_EQ(status(small), JobStatus::running);
}

TEST_F(SchedulerTest, WhatIsCommittedWhileItReadsIsNeitherLostNorReadTwice) {
  come(hello("w1", 100));
  std::vector<JobId> run, gone, late;
  for (int i = 0; i < 20; ++i) run.push_back(submit(job_of(1)));
  act();
  limits_.see_entries = limits_.load_jobs = 1;
  scheduler_.emplace(limits_, clocks());
  for (int i = 0; scheduler_->load(state_); ++i) {
    if (i >= 20) continue;
    late.push_back(submit(job_of(1)));
    gone.push_back(submit(job_of(1)));
    perform(jobs::CancelJob{gone.back()});
    perform(jobs::CancelJob{run[static_cast<std::size_t>(i)]});
  }
  told_.clear();
  auto back = hello("w1", 100);
  for (const JobId& id : run) back.tasks.push_back(running(id, 0, 0, 70));
  come(back);
  EXPECT_EQ(told<link::StopTask>().size(), run.size());
  for (const JobId& id : run) scheduler_->take(state_, "w1", ended(id, 0, 0, model::AttemptEnd::canceled));
  act();
  for (const JobId& id : run) EXPECT_EQ(status(id), JobStatus::canceled);
  for (const JobId& id : gone) EXPECT_EQ(status(id), JobStatus::canceled);
  for (const JobId& id : late) EXPECT_EQ(status(id), JobStatus::running);
  EXPECT_EQ(late.size(), 20U);
}

TEST_F(SchedulerTest, OneThatFitsIsNotOvertakenByThoseThatNeedItsSlots) {
  come(hello("w1", 3));
  submit(job_of(2));
  act();
  const std::string both = R"({"name":"both","vertices":[{"name":"a","command":["x"],"parallelism":3},)"
                           R"({"name":"b","command":["x"],"inputs":[{"from":"a"}]}]})";
  const JobId first = submit(both);
  const JobId second = submit(job_of(1));
  act();
  EXPECT_EQ(lack(first), (jobs::SlotLack{3, 1, 3}));
  EXPECT_EQ(status(second), JobStatus::created);
}

TEST_F(SchedulerTest, WhoCameBeforeTheClockWasSetBackIsNotOvertaken) {
  ahead_ms_ = 18'000'000;
  const JobId first = submit(job_of(1));
  ahead_ms_ = 0;
  const JobId second = submit(job_of(1));
  act();
  come(hello("w1", 1));
  EXPECT_EQ(status(first), JobStatus::running);
  EXPECT_EQ(status(second), JobStatus::created);
}

TEST_F(SchedulerTest, AJobWithMoreTasksThanAreLookedAtSaysHowManyWait) {
  limits_.plan_groups = 4;
  const JobId id = submit(job_of(10));
  act();
  EXPECT_EQ(lack(id), (jobs::SlotLack{10, 0, 0}));
  come(hello("w1", 9));
  EXPECT_EQ(status(id), JobStatus::running);
}

TEST_F(SchedulerTest, WhatAsksForLabelsRunsOnlyWhereTheyAre) {
  auto plain = hello("w1", 4);
  auto gpu = hello("w2", 2);
  gpu.worker.labels = {"gpu", "zone=a"};
  come(plain);
  const JobId id = submit(R"({"name":"j","vertices":[{"name":"v","command":["x"],"parallelism":2,"labels":["gpu"]}]})");
  act();
  EXPECT_THAT(told<link::StartTask>(), IsEmpty());
  EXPECT_EQ(lack(id)->text(), "2 slots with gpu, 0 of 0 are free");
  come(gpu);
  EXPECT_THAT(told<link::StartTask>(), ElementsAre("w2 0-0#0", "w2 0-1#0"));
}

TEST_F(SchedulerTest, WhoWaitsForALabelKeepsNobodyWaiting) {
  auto gpu = hello("w2", 2);
  gpu.worker.labels = {"gpu"};
  come(hello("w1", 1));
  come(gpu);
  const std::string wants =
      R"({"name":"j","vertices":[{"name":"v","command":["x"],"parallelism":2,"labels":["gpu"]}]})";
  const JobId first = submit(wants);
  act();
  const JobId second = submit(wants);
  act();
  EXPECT_TRUE(lack(second));
  told_.clear();
  submit(job_of(1));
  act();
  EXPECT_THAT(told<link::StartTask>(), ElementsAre("w1 0-0#0"));
  for (int i = 0; i < 2; ++i) scheduler_->take(state_, "w2", ended(first, i, 0));
  act();
  EXPECT_THAT(told<link::StartTask>(), ElementsAre("w2 0-0#0", "w2 0-1#0"));
}

TEST_F(SchedulerTest, ASlotHasTheLabelsOfAllVerticesThatShareIt) {
  auto gpu = hello("w2", 1);
  gpu.worker.labels = {"gpu"};
  come(hello("w1", 4));
  come(gpu);
  submit(R"({"name":"b","vertices":[{"name":"make","command":["x"],"parallelism":2},{"name":"use","command":["x"],)"
         R"("labels":["gpu"],"inputs":[{"from":"make","exchange":"blocking"}]}]})");
  act();
  EXPECT_THAT(told<link::StartTask>(), ElementsAre("w2 0-0#0", "w1 0-1#0"));
}

TEST_F(SchedulerTest, AJobThatFindsNoSlotsInTimeFails) {
  limits_.strategy = model::RestartStrategy{};
  const JobId id = submit(job_of(1));
  act();
  pass(limits_.slot_timeout - 2s);
  EXPECT_EQ(status(id), JobStatus::created);
  pass(4s);
  EXPECT_EQ(status(id), JobStatus::failed);
}

TEST_F(SchedulerTest, WhoSleptJudgesNobodyForIt) {
  limits_.strategy = model::RestartStrategy{};
  come(hello("w1", 1));
  const JobId runs = submit(job_of(1));
  const JobId waits = submit(job_of(1));
  act();
  scheduler_->lost(clocks(), "w1", 1, "no heartbeat");
  begin();  // another leads, and gives it time to come
  act();
  pass(limits_.takeover_grace - 1s);
  sleep(1h);
  EXPECT_EQ(status(runs), JobStatus::running);
  EXPECT_EQ(status(waits), JobStatus::created);
  EXPECT_THAT(notes(), IsEmpty());
  pass(2s);
  EXPECT_THAT(notes(), ElementsAre(HasSubstr("Worker w1 is lost with 1 task")));
}

TEST_F(SchedulerTest, AWorkerIsToldWhichFileTheJobBrings) {
  come(hello("w1", 1));
  const std::string hash(64, 'a');
  submit(R"({"name":"j","vertices":[{"name":"v","command":["./v"]}],"artifact":{"sha256":")" + hash +
         R"(","size":7,"name":"x.tar.gz","kind":"bundle"}})");
  act();
  ASSERT_EQ(told_.size(), 1);
  EXPECT_EQ(std::get<link::StartTask>(told_[0].second).artifact,
            (model::ArtifactRef{hash, 7, "x.tar.gz", model::ArtifactKind::bundle}));
}

TEST_F(SchedulerTest, TheNextLeaderAdoptsWhatWorkersBring) {
  come(hello("w1", 2));
  const JobId id = submit(job_of(2));
  act();
  told_.clear();
  begin();
  auto back = hello("w1", 2);
  back.tasks = {running(id, 0, 0, 70), running(id, 1, 0, 71)};
  come(back);
  EXPECT_THAT(told_, IsEmpty());
  EXPECT_THAT(notes(), ElementsAre("Worker w1 brings 2 tasks that run on"));
}

TEST_F(SchedulerTest, WhatTheSameProcessNeverReceivedIsSentAgain) {
  come(hello("w1", 1));
  submit(job_of(1));
  act();
  told_.clear();
  scheduler_->away("w1");
  come(hello("w1", 1));
  EXPECT_THAT(told<link::StartTask>(), ElementsAre("w1 0-0#0"));
}

TEST_F(SchedulerTest, WhatARestartedWorkerHadBeginsAnew) {
  come(hello("w1", 1));
  const JobId id = submit(job_of(1));
  act();
  told_.clear();
  scheduler_->away("w1");
  pass(61s);
  come(hello("w1", 1, 2));
  pass(100ms);
  EXPECT_THAT(told<link::StartTask>(), ElementsAre("w1 0-0#1"));
  EXPECT_EQ(status(id), JobStatus::running);
}

TEST_F(SchedulerTest, AWorkerThatWasGivenUpHasItsTasksStopped) {
  come(hello("w1", 1));
  const JobId id = submit(job_of(1));
  act();
  come(hello("w2", 1));
  pass(61s);
  scheduler_->gone("w1", 1, "it was killed", true);
  act();
  pass(100ms);
  told_.clear();
  auto back = hello("w1", 1);
  back.tasks = {running(id, 0, 0, 70)};
  come(back);
  EXPECT_THAT(told<link::StopTask>(), ElementsAre("w1 0-0#0"));
  EXPECT_EQ(state_.attempt(id, {0, 0})->worker, "w2");
}

TEST_F(SchedulerTest, TasksOfAJobThatEndedAndWasForgottenAtOnceAreStopped) {
  come(hello("w1", 1));
  const JobId id = submit(job_of(1));
  act();
  job_limits_.history_max = 0;
  // Its worker was given up while nothing could be written, and is back before all of this stands.
  perform(
      {jobs::EndTasks{id, {{{id, {0, 0}, 0}, "w1", model::AttemptEnd::failed, jobs::Blame::worker_lost, "v", "x"}}, {}},
       jobs::CancelJob{id}, jobs::ForgetOldJobs{}});
  ASSERT_EQ(state_.attempt(id, {0, 0}), nullptr);
  told_.clear();
  act();
  EXPECT_THAT(told<link::StopTask>(), ElementsAre("w1 0-0#0"));
}

TEST_F(SchedulerTest, WhatAWorkerMadeThatNeverComesBackIsMadeAgain) {
  come(hello("w1", 1));
  const JobId id = submit(R"({"name":"b","vertices":[{"name":"make","command":["x"]},{"name":"use","command":["x"],)"
                          R"("inputs":[{"from":"make","exchange":"blocking","output":"local"}]}]})");
  act();
  scheduler_->leaves("w1");  // so that what consumes it does not start there
  scheduler_->take(state_, "w1", ended(id, 0, 0));
  act();
  begin();
  pass(limits_.takeover_grace + 1s);
  told_.clear();
  come(hello("w2", 1));
  EXPECT_THAT(told<link::StartTask>(), ElementsAre("w2 0-0#1"));
}

TEST_F(SchedulerTest, AtMostHalfOfTheWorkersAreLostAtOnce) {
  for (const char* id : {"w1", "w2", "w3", "w4"}) come(hello(id, 1));
  submit(job_of(4));
  act();
  for (const char* id : {"w1", "w2", "w3", "w4"}) scheduler_->lost(clocks(), id, 1, "no heartbeat");
  pass(1s);
  EXPECT_EQ(notes().size(), 2U);
  pass(limits_.takeover_grace);
  EXPECT_EQ(notes().size(), 1U) << "half of the two that are left";
}

TEST_F(SchedulerTest, ASpecificationThatIsNotUnderstoodIsSaidOnce) {
  const JobId id = JobId::mint(clocks().wall, {0, 99});
  perform(jobs::SubmitJob{id, R"({"name":"j"})", "h", "j", 1});
  come(hello("w1", 1));
  pass(5s);
  EXPECT_THAT(unreadable_, ElementsAre(id.text()));
  perform(jobs::CancelJob{id});
  act();
  EXPECT_EQ(status(id), JobStatus::canceled);
}

TEST_F(SchedulerTest, ACancelledJobsSlotsAreGivenOn) {
  come(hello("w1", 1));
  const JobId first = submit(job_of(1));
  const JobId second = submit(job_of(1));
  act();
  perform(jobs::CancelJob{first});
  act();
  EXPECT_THAT(told<link::StopTask>(), ElementsAre("w1 0-0#0"));
  EXPECT_EQ(status(second), JobStatus::created);
  scheduler_->take(state_, "w1", ended(first, 0, 0, AttemptEnd::canceled));
  act();
  EXPECT_EQ(status(first), JobStatus::canceled);
  EXPECT_EQ(status(second), JobStatus::running);
}

TEST_F(SchedulerTest, PeersHearThatOneHasMoved) {
  const JobId job = submit(R"({"name":"j","vertices":[{"name":"v","command":["x"],"parallelism":2,"ports":["in"]},
          {"name":"w","command":["x"],"inputs":[{"from":"v"}]}]})");
  come(hello("w1", 2));
  link::TaskReport first = running(job, 0, 0, 71);
  link::TaskReport second = running(job, 1, 0, 72);
  first.ports = second.ports = {{"in", 4000}};
  scheduler_->take(clocks().wall, state_, "w1", first);
  scheduler_->take(clocks().wall, state_, "w1", second);
  link::TaskReport third = running(job, 0, 0, 73);
  third.attempt.task = {1, 0};
  scheduler_->take(clocks().wall, state_, "w1", third);
  act();
  told_.clear();
  first.advertised = {{"in", "proxy:80"}};
  scheduler_->take(clocks().wall, state_, "w1", first);
  pass(2s);
  std::vector<std::string> peers;
  for (const auto& [worker, message] : told_)
    if (const auto* const told = std::get_if<link::Peers>(&message))
      peers.push_back(told->environment.at("STELLWERK_PEERS_V"));
  EXPECT_THAT(peers, testing::SizeIs(3));
  EXPECT_THAT(peers, testing::Each("proxy:80,w1.example:4000"));
  told_.clear();
  pass(5s);
  EXPECT_THAT(told_, IsEmpty());
}

TEST_F(SchedulerTest, WhatAWorkerTellsOfTimeIsShownByOurClock) {
  const JobId job = submit(job_of(1));
  come(hello("w1", 1));
  pass(10s);
  link::TaskReport report = running(job, 0, 0, 71);
  report.for_ms = 7'000;
  scheduler_->take(clocks().wall, state_, "w1", report);
  EXPECT_EQ(scheduler_->share_shown().find(job, {0, 0})->since_ms, clocks().wall - 7'000);
  report.for_ms = std::numeric_limits<std::int64_t>::max();
  scheduler_->take(clocks().wall, state_, "w1", report);
  EXPECT_EQ(scheduler_->share_shown().find(job, {0, 0})->since_ms, 0);
}

TEST_F(SchedulerTest, WhatIsNotReadyIsShownAsInitializing) {
  const JobId job = submit(job_of(1));
  come(hello("w1", 1));
  link::TaskReport report = running(job, 0, 0, 71);
  report.initializing = true;
  report.progress = "reads the tables";
  scheduler_->take(clocks().wall, state_, "w1", report);
  auto shown = scheduler_->share_shown().find(job, {0, 0});
  EXPECT_EQ(shown->phase, jobs::TaskEntry::Phase::initializing);
  EXPECT_EQ(shown->progress, "reads the tables");
  report.initializing = false;
  scheduler_->take(clocks().wall, state_, "w1", report);
  EXPECT_EQ(scheduler_->share_shown().find(job, {0, 0})->phase, jobs::TaskEntry::Phase::running);
}

}  // namespace
}  // namespace stellwerk::master
