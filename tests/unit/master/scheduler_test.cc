#include "master/scheduler.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "model/job_spec_reader.h"

/// The scheduler alone: whatever it asks for is committed at once, and messages are only looked at.
namespace stellwerk::master {
namespace {

using namespace std::chrono_literals;
using model::AttemptEnd;
using model::JobStatus;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr WallMs kWall = 1'795'000'000'000;

class SchedulerTest : public testing::Test {
 protected:
  SchedulerTest() { begin(); }

  /// A leader begins.
  void begin() {
    scheduler_.emplace(limits_, clocks(), state_);
    while (scheduler_->load(state_)) {
    }
  }

  Clocks clocks() const {
    return {now_, kWall + std::chrono::duration_cast<std::chrono::milliseconds>(now_ - Time{}).count()};
  }

  /// A job that is durable.
  JobId submit(const std::string& text) {
    const auto spec = model::read_job_spec(text, DocKind::json);
    EXPECT_TRUE(spec.has_value());
    const JobId id = JobId::mint(clocks().wall, {0, ++jobs_});
    perform(jobs::SubmitJob{id, spec->canonical, spec->sha256, spec->spec.name, model::total_tasks(spec->spec)});
    return id;
  }

  void perform(const jobs::Change& change) {
    const auto decision = jobs::decide(state_, change, clocks().wall, job_limits_);
    std::vector<std::string> keys;
    for (const auto& record : decision.records) {
      EXPECT_FALSE(state_.apply(record).has_value());
      keys.push_back(record.key);
    }
    scheduler_->committed(clocks(), state_, ++seq_, keys);
  }

  /// Lets it act until it has nothing more to ask for.
  void act() {
    for (int i = 0; i < 10; ++i) {
      auto orders = scheduler_->take_orders(clocks(), state_);
      for (auto& [worker, message] : orders.messages) told_.emplace_back(worker, std::move(message));
      unreadable_.insert(unreadable_.end(), orders.unreadable.begin(), orders.unreadable.end());
      if (orders.changes.empty()) return;
      for (const auto& change : orders.changes) perform(change);
    }
    ADD_FAILURE() << "it never comes to rest";
  }

  /// Time goes on, with a beat each 100 ms, as the master's.
  void pass(Duration time) {
    for (const Time until = now_ + time; now_ < until;) {
      now_ += 100ms;
      scheduler_->beat(clocks(), state_, out_);
      act();
    }
  }
  /// Time goes on while the leader does not run or does not act.
  void sleep(Duration time) {
    now_ += time;
    scheduler_->beat(clocks(), state_, out_);
    act();
  }

  link::Hello hello(const std::string& id, std::int64_t slots, std::int64_t incarnation = 1) {
    link::Hello hello;
    hello.worker.id = id;
    hello.worker.incarnation = incarnation;
    hello.worker.host = id + ".example";
    hello.worker.slots = slots;
    return hello;
  }
  void come(const link::Hello& hello) {
    scheduler_->came(state_, hello, out_);
    act();
  }

  JobStatus status(const JobId& id) const {
    const auto job = state_.jobs().find(id.text());
    return job && job->state ? job->state->status : JobStatus::initializing;
  }
  std::optional<jobs::SlotLack> lack(const JobId& id) {
    const auto found = scheduler_->share_shown().lack(id.text());
    return found ? std::optional(*found) : std::nullopt;
  }
  /// Attempts that workers were told to start and stop since the last call.
  template <class Message>
  std::vector<std::string> told() {
    std::vector<std::string> out;
    for (const auto& [worker, message] : told_)
      if (const auto* const start = std::get_if<Message>(&message))
        out.push_back(worker + " " + std::to_string(start->attempt.task.vertex) + "-" +
                      std::to_string(start->attempt.task.subtask) + "#" + std::to_string(start->attempt.number));
    told_.clear();
    return out;
  }
  std::vector<std::string> notes() {
    std::vector<std::string> out;
    for (const auto& effect : out_.take())
      if (const auto* const note = std::get_if<Note>(&effect)) out.push_back(note->text);
    return out;
  }

  SchedulerLimits limits_;
  jobs::JobLimits job_limits_;
  jobs::ClusterState state_;
  std::optional<Scheduler> scheduler_;
  Outbox out_;
  Time now_{1'000s};
  std::vector<std::pair<std::string, link::Message>> told_;
  std::vector<std::string> unreadable_;
  std::uint64_t jobs_ = 0;
  std::int64_t seq_ = 0;
};

std::string job_of(int parallelism) {
  return R"({"name":"j","vertices":[{"name":"v","command":["x"],"parallelism":)" + std::to_string(parallelism) + "}]}";
}

link::TaskReport running(const JobId& job, int subtask, int number, std::int64_t pid) {
  link::TaskReport report;
  report.attempt = {job, {0, subtask}, number};
  report.phase = link::TaskPhase::running;
  report.pid = pid;
  return report;
}

link::TaskEnded ended(const JobId& job, int subtask, int number, AttemptEnd end = AttemptEnd::finished) {
  link::TaskEnded message;
  message.attempt = {job, {0, subtask}, number};
  message.end = end;
  return message;
}

TEST_F(SchedulerTest, AJobIsPlacedRunsAndFinishes) {
  come(hello("w1", 2));
  const JobId id = submit(job_of(2));
  act();
  EXPECT_THAT(told<link::StartTask>(), ElementsAre("w1 0-0#0", "w1 0-1#0"));
  scheduler_->take(state_, "w1", running(id, 0, 0, 77));
  scheduler_->take(state_, "w1", ended(id, 0, 0));
  act();
  EXPECT_EQ(status(id), JobStatus::running);
  scheduler_->take(state_, "w1", ended(id, 1, 0));
  act();
  EXPECT_EQ(status(id), JobStatus::finished);
  EXPECT_EQ(scheduler_->take_used().at("w1"), 0);
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

TEST_F(SchedulerTest, AJobWithMoreTasksThanAreLookedAtSaysHowManyWait) {
  limits_.plan_groups = 4;
  const JobId id = submit(job_of(10));
  act();
  EXPECT_EQ(lack(id), (jobs::SlotLack{10, 0, 0}));
  come(hello("w1", 9));
  EXPECT_EQ(status(id), JobStatus::running);
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
  scheduler_->gone("w1", 1, "it was killed");
  act();
  pass(100ms);
  told_.clear();
  auto back = hello("w1", 1);
  back.tasks = {running(id, 0, 0, 70)};
  come(back);
  EXPECT_THAT(told<link::StopTask>(), ElementsAre("w1 0-0#0"));
  EXPECT_EQ(state_.attempt(id, {0, 0})->worker, "w2");
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

}  // namespace
}  // namespace stellwerk::master
