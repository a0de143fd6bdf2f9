/// What workers are told of checkpoints.
#include "unit/master/scheduler_fixture.h"

namespace stellwerk::master {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

class SchedulerCheckpointsTest : public SchedulerTest {
 protected:
  JobId begin_job() {
    const JobId job = submit(
        R"({"name":"j","vertices":[{"name":"v","command":["x"],"parallelism":2}],"checkpointing":{"interval":"1 s"},
            "restart-strategy":{"type":"fixed-delay","attempts":9,"delay":"0 ms"}})");
    come(hello("w1", 2));
    run(job, 0);
    return job;
  }
  void run(const JobId& job, int number) {
    for (const int subtask : {0, 1})
      scheduler_->take(clocks().wall, state_, "w1", running(job, subtask, number, 70 + subtask));
    act();
    told_.clear();
  }
  void ack(const JobId& job, int subtask, std::int64_t number, int attempt = 0) {
    link::CheckpointAnswer answer;
    answer.attempt = {job, {0, subtask}, attempt};
    answer.number = number;
    answer.text = "h" + std::to_string(subtask);
    scheduler_->take(clocks().wall, state_, "w1", answer);
    act();
  }
  template <class Message>
  std::vector<Message> heard() {
    std::vector<Message> out;
    for (const auto& [worker, message] : told_)
      if (const auto* const each = std::get_if<Message>(&message)) out.push_back(*each);
    told_.clear();
    return out;
  }
};

TEST_F(SchedulerCheckpointsTest, OneMessageAsksAllOfAWorker) {
  const JobId job = begin_job();
  pass(1200ms);
  const auto asked = heard<link::TakeCheckpoint>();
  ASSERT_EQ(asked.size(), 1);
  EXPECT_EQ(asked[0].number, 1);
  EXPECT_EQ(asked[0].attempts.size(), 2);
  EXPECT_FALSE(asked[0].wished) << "the job has promised to take them";
  ack(job, 0, 1);
  EXPECT_THAT(heard<link::CheckpointCompleted>(), IsEmpty());
  ack(job, 1, 1);
  const auto completed = heard<link::CheckpointCompleted>();
  ASSERT_EQ(completed.size(), 1);
  EXPECT_EQ(completed[0].oldest, 1);
}

TEST_F(SchedulerCheckpointsTest, AWishIsToldFromAPromiseOfTheJobs) {
  const JobId job = submit(job_of(2));
  come(hello("w1", 2));
  run(job, 0);
  perform(jobs::AskCheckpoint{job, "0190a1b2c3d4e5f60718293a4b5c6d7e"});
  act();
  pass(1s);
  auto asked = heard<link::TakeCheckpoint>();
  ASSERT_EQ(asked.size(), 1);
  EXPECT_TRUE(asked[0].wished);
  scheduler_->away("w1");
  link::Hello again = hello("w1", 2);
  again.tasks = {running(job, 0, 0, 70), running(job, 1, 0, 71)};
  come(again);
  asked = heard<link::TakeCheckpoint>();
  ASSERT_EQ(asked.size(), 1);
  EXPECT_TRUE(asked[0].wished) << "the second time too";
}

TEST_F(SchedulerCheckpointsTest, WhoComesBackIsAskedAgain) {
  const JobId job = begin_job();
  pass(1200ms);
  ack(job, 0, 1);
  scheduler_->away("w1");
  told_.clear();
  link::Hello again = hello("w1", 2);
  again.tasks = {running(job, 0, 0, 70), running(job, 1, 0, 71)};
  come(again);
  const auto asked = heard<link::TakeCheckpoint>();
  ASSERT_EQ(asked.size(), 1);
  EXPECT_THAT(asked[0].attempts, ElementsAre(model::AttemptId{job, {0, 1}, 0})) << "and only who has not answered";
}

TEST_F(SchedulerCheckpointsTest, NoneBeginsWhileAWorkerIsAway) {
  const JobId job = begin_job();
  scheduler_->away("w1");
  pass(5s);
  EXPECT_FALSE(state_.checkpointing(job));
}

TEST_F(SchedulerCheckpointsTest, WhatBeginsAgainIsToldItsHandle) {
  const JobId job = begin_job();
  pass(1200ms);
  ack(job, 0, 1);
  ack(job, 1, 1);
  told_.clear();
  scheduler_->take(state_, "w1", ended(job, 1, 0, model::AttemptEnd::failed));
  act();
  pass(200ms);
  const auto started = heard<link::StartTask>();
  ASSERT_EQ(started.size(), 1);
  EXPECT_EQ(started[0].restore, (link::Restore{1, "h1", false}));
}

TEST_F(SchedulerCheckpointsTest, WhoDeclinedIsStoppedAndHasFailed) {
  const JobId job = begin_job();
  pass(1200ms);
  link::CheckpointAnswer answer;
  answer.attempt = {job, {0, 1}, 0};
  answer.number = 1;
  answer.declined = true;
  answer.text = "no room";
  told_.clear();
  scheduler_->take(clocks().wall, state_, "w1", answer);
  act();
  const auto stopped = heard<link::StopTask>();
  ASSERT_EQ(stopped.size(), 1);
  EXPECT_EQ(stopped[0].attempt.task.subtask, 1);
  scheduler_->take(state_, "w1", ended(job, 1, 0, model::AttemptEnd::canceled));
  act();
  const auto& failures = state_.jobs().find(job.text())->state->failures;
  ASSERT_EQ(failures.size(), 1);
  EXPECT_THAT(failures[0].text, testing::EndsWith("v (2/2) declined it: no room"));
}

TEST_F(SchedulerCheckpointsTest, TheNextLeaderTakesAnother) {
  const JobId job = begin_job();
  pass(1200ms);
  begin();
  link::Hello again = hello("w1", 2);
  again.tasks = {running(job, 0, 0, 70), running(job, 1, 0, 71)};
  come(again);
  ack(job, 0, 1);
  ack(job, 1, 1);
  EXPECT_EQ(state_.checkpointing(job)->completed, 0) << "nobody knows who was asked for it";
  told_.clear();
  pass(1200ms);
  const auto asked = heard<link::TakeCheckpoint>();
  ASSERT_EQ(asked.size(), 1);
  EXPECT_EQ(asked[0].number, 2);
  EXPECT_EQ(state_.checkpointing(job)->failed, 0);
}

}  // namespace
}  // namespace stellwerk::master
