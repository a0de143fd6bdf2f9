/// What is lost with its worker, where at most one attempt may live.
#include "unit/master/scheduler_fixture.h"

namespace stellwerk::master {
namespace {

using namespace std::chrono_literals;
using model::JobStatus;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr const char* kOnce = R"({"name":"j","at-most-one":true,"vertices":[{"name":"v","command":["x"]}]})";

class SchedulerLeasesTest : public SchedulerTest {
 protected:
  /// On w1; w2 has room.
  JobId run_on_w1() {
    come(hello("w1", 1));
    const JobId id = submit(kOnce);
    act();
    EXPECT_TRUE(std::get<link::StartTask>(told_.back().second).leased);
    come(hello("w2", 1));
    pass(limits_.lease + limits_.lease_margin + 1s);  // what leaders before this one gave is over
    told_.clear();
    scheduler_->leased("w1", now_);
    leased_at_ = now_;
    return id;
  }
  /// Time goes on until so long after w1's last lease began.
  void pass_until(Duration after) {
    const Time until = leased_at_ + after;
    pass(until - now_);
  }
  Duration whole() const { return limits_.lease + limits_.lease_margin; }

  Time leased_at_{};
};

TEST_F(SchedulerLeasesTest, ALostWorkersTaskStartsElsewhereWhenItsLeaseIsOver) {
  const JobId id = run_on_w1();
  pass(5s);
  scheduler_->lost(clocks(), "w1", 1, "no heartbeat");
  pass_until(whole() - 1s);
  EXPECT_THAT(told<link::StartTask>(), IsEmpty());
  EXPECT_EQ(status(id), JobStatus::running);
  pass(3s);
  EXPECT_THAT(told<link::StartTask>(), ElementsAre("w2 0-0#1"));
}

TEST_F(SchedulerLeasesTest, ByItsGuardsWordItStartsElsewhereAtOnce) {
  run_on_w1();
  scheduler_->gone("w1", 1, "its guard says so", true);
  act();
  pass(1500ms);
  EXPECT_THAT(told<link::StartTask>(), ElementsAre("w2 0-0#1"));
}

TEST_F(SchedulerLeasesTest, AlsoWhenTheWordComesWhileTheLeaseIsWaitedFor) {
  run_on_w1();
  scheduler_->lost(clocks(), "w1", 1, "no heartbeat");
  pass(2s);
  EXPECT_THAT(told<link::StartTask>(), IsEmpty());
  scheduler_->gone("w1", 1, "its guard says so", true);
  act();
  pass(1500ms);
  EXPECT_THAT(told<link::StartTask>(), ElementsAre("w2 0-0#1"));
}

TEST_F(SchedulerLeasesTest, AWorkerThatLeftWithoutSayingHowItEndedIsNotTrusted) {
  run_on_w1();
  scheduler_->leaves("w1");
  scheduler_->gone("w1", 1, "its worker has left", false);
  act();
  pass_until(whole() - 1s);
  EXPECT_THAT(told<link::StartTask>(), IsEmpty());
  pass(3s);
  EXPECT_THAT(told<link::StartTask>(), ElementsAre("w2 0-0#1"));
}

TEST_F(SchedulerLeasesTest, WhoComesBackInTimeKeepsItsTask) {
  const JobId id = run_on_w1();
  scheduler_->lost(clocks(), "w1", 1, "no heartbeat");
  pass(10s);
  auto back = hello("w1", 1);
  back.tasks = {running(id, 0, 0, 70)};
  come(back);
  scheduler_->leased("w1", now_);
  pass(3 * whole());
  EXPECT_THAT(told_, IsEmpty());
}

TEST_F(SchedulerLeasesTest, WhatItsLeaseEndedIsStartedAgainWithoutBlame) {
  const JobId id = run_on_w1();
  scheduler_->lost(clocks(), "w1", 1, "no heartbeat");
  pass(10s);
  auto back = hello("w1", 1);
  auto over = ended(id, 0, 0, model::AttemptEnd::canceled);
  over.given_back = true;
  back.ended = {over};
  come(back);
  pass(1500ms);
  EXPECT_THAT(told<link::StartTask>(), ElementsAre("w1 0-0#1"));
  EXPECT_EQ(status(id), JobStatus::running);
}

TEST_F(SchedulerLeasesTest, ANewLeaderWaitsForWhatItsPredecessorsMayHaveGiven) {
  run_on_w1();
  begin();
  const Time claimed = now_;
  come(hello("w2", 1));
  scheduler_->lost(clocks(), "w1", 1, "it did not come");
  pass(limits_.lease - 1s);
  EXPECT_THAT(told<link::StartTask>(), IsEmpty());
  pass(claimed + whole() + 2s - now_);
  EXPECT_THAT(told<link::StartTask>(), ElementsAre("w2 0-0#1"));
}

TEST_F(SchedulerLeasesTest, ARestartAtHomeHasEndedWhatWasThere) {
  run_on_w1();
  scheduler_->away("w1");
  come(hello("w1", 1, 2));
  pass(1500ms);
  EXPECT_THAT(told<link::StartTask>(), ElementsAre("w1 0-0#1"));
}

TEST_F(SchedulerLeasesTest, TheSameIdElsewhereHasNot) {
  run_on_w1();
  scheduler_->away("w1");
  auto other = hello("w1", 1, 2);
  other.home = "boot-2/w1";
  come(other);
  // However often it comes back, and whatever leases it has itself.
  for (std::int64_t incarnation = 3; incarnation < 6; ++incarnation) {
    pass(1s);
    scheduler_->leased("w1", now_);
    scheduler_->away("w1");
    other.worker.incarnation = incarnation;
    come(other);
  }
  pass_until(whole() - 1s);
  EXPECT_THAT(told<link::StartTask>(), IsEmpty());
  pass(3s);
  EXPECT_THAT(told<link::StartTask>(), ElementsAre("w1 0-0#1"));
}

TEST_F(SchedulerLeasesTest, AGuardElsewhereKnowsNothingOfWhatRunsHere) {
  run_on_w1();
  scheduler_->away("w1");
  auto other = hello("w1", 1, 2);
  other.home = "boot-2/w1";
  come(other);
  scheduler_->gone("w1", 2, "its guard says so", true);
  act();
  pass_until(whole() - 1s);
  EXPECT_THAT(told<link::StartTask>(), IsEmpty());
  pass(3s);
  EXPECT_THAT(told<link::StartTask>(), ElementsAre("w2 0-0#1"));
}

TEST_F(SchedulerLeasesTest, NorDoesOneWhoseWorkerNeverCame) {
  run_on_w1();
  scheduler_->away("w1");
  scheduler_->gone("w1", 2, "its guard says so", true);
  act();
  pass(5s);
  EXPECT_THAT(told<link::StartTask>(), IsEmpty());
  pass_until(whole() + 2s);
  EXPECT_THAT(told<link::StartTask>(), ElementsAre("w2 0-0#1"));
}

TEST_F(SchedulerLeasesTest, ANewLeaderDoesNotKnowWhereTheOneBeforeWas) {
  run_on_w1();
  begin();
  come(hello("w1", 1, 2));
  pass(1500ms);
  EXPECT_THAT(told<link::StartTask>(), IsEmpty());
  pass(whole());
  EXPECT_THAT(told<link::StartTask>(), ElementsAre("w1 0-0#1"));
}

TEST_F(SchedulerLeasesTest, OtherJobsDoNotWait) {
  come(hello("w1", 1));
  submit(job_of(1));
  act();
  come(hello("w2", 1));
  told_.clear();
  scheduler_->leased("w1", now_);
  scheduler_->lost(clocks(), "w1", 1, "no heartbeat");
  pass(1500ms);
  EXPECT_THAT(told<link::StartTask>(), ElementsAre("w2 0-0#1"));
}

TEST_F(SchedulerLeasesTest, ACancelledJobIsOverWhenItsLeaseIs) {
  const JobId id = run_on_w1();
  scheduler_->lost(clocks(), "w1", 1, "no heartbeat");
  pass(1s);
  perform(jobs::CancelJob{id});
  act();
  pass_until(whole() - 1s);
  EXPECT_EQ(status(id), JobStatus::cancelling);
  pass(2s);
  EXPECT_EQ(status(id), JobStatus::canceled);
}

}  // namespace
}  // namespace stellwerk::master
