#include "jobs/task_changes.h"

#include <gmock/gmock.h>

#include "unit/jobs/running_job.h"

namespace stellwerk::jobs {
namespace {

using model::AttemptEnd;
using model::JobStatus;
using testing::HasSubstr;

class TaskChanges : public RunningJob {
 protected:
  TaskChanges() { submit(kStream); }
  void start_all(int number = 0) { start({at({0, 0}, number), at({0, 1}, number), at({1, 0}, number)}); }
  void restart_at_once() { strategy = model::FixedDelayRestart{3, 700}; }
};

TEST_F(TaskChanges, AJobRunsWithItsFirstTask) {
  EXPECT_EQ(start({at({0, 0})}), 2U) << "the attempt and the job";
  EXPECT_EQ(status(), JobStatus::running);
  EXPECT_EQ(start({at({0, 1})}), 1U) << "it runs already";
}

TEST_F(TaskChanges, OnlyTheNextAttemptOfATaskIsStarted) {
  start_all();
  EXPECT_EQ(start({at({0, 0})}), 0U) << "twice";
  EXPECT_EQ(start({at({0, 0}, 1)}), 0U) << "while it runs";
  end({ended({0, 0}, 0, AttemptEnd::canceled)});
  EXPECT_EQ(start({at({0, 0}, 2)}), 0U) << "one too far";
  EXPECT_EQ(start({at({0, 0}, 1)}), 1U);
}

TEST_F(TaskChanges, ItFinishesWithItsLastTask) {
  start_all();
  end({ended({0, 0}, 0, AttemptEnd::finished), ended({0, 1}, 0, AttemptEnd::finished)});
  EXPECT_EQ(status(), JobStatus::running);
  end({ended({1, 0}, 0, AttemptEnd::finished)});
  EXPECT_EQ(status(), JobStatus::finished);
  EXPECT_EQ(start({at({1, 0}, 1)}), 0U) << "what has ended never runs again";
}

TEST_F(TaskChanges, AnEndCountsOnceAndFromWhoRunsIt) {
  start_all();
  TaskEnd other = ended({0, 0}, 0, AttemptEnd::finished);
  other.worker = "w2";
  EXPECT_EQ(end({other}), 0U) << "it does not run there";
  EXPECT_EQ(end({ended({0, 0}, 1, AttemptEnd::finished)}), 0U) << "there is no such attempt";
  EXPECT_EQ(end({ended({0, 0}, 0, AttemptEnd::finished), ended({0, 0}, 0, AttemptEnd::failed)}), 1U) << "twice in one";
  EXPECT_EQ(end({ended({0, 0}, 0, AttemptEnd::failed)}), 0U) << "it has ended";
  EXPECT_EQ(status(), JobStatus::running);
}

TEST_F(TaskChanges, WithoutAStrategyAFailureFailsItWhenAllHasEnded) {
  start_all();
  end({ended({0, 0}, 0, AttemptEnd::failed)});
  EXPECT_EQ(status(), JobStatus::failing);
  EXPECT_THAT(job_state().failures.back().text, HasSubstr("exit code 3"));
  EXPECT_EQ(start({at({0, 0}, 1)}), 0U) << "nothing is started any more";
  end({ended({0, 1}, 0, AttemptEnd::canceled), ended({1, 0}, 0, AttemptEnd::canceled)});
  EXPECT_EQ(status(), JobStatus::failed);
}

TEST_F(TaskChanges, WithAStrategyItBeginsAnewAfterItsDelay) {
  restart_at_once();
  start_all();
  end({ended({0, 0}, 0, AttemptEnd::failed)});
  EXPECT_EQ(status(), JobStatus::restarting);
  EXPECT_EQ(job_state().delay_ms, 700);
  EXPECT_EQ(job_state().restarts, 1);
  end({ended({0, 1}, 0, AttemptEnd::failed), ended({1, 0}, 0, AttemptEnd::canceled)});
  EXPECT_EQ(job_state().restarts, 1) << "a part of the same";
  now += 700;
  start_all(1);
  EXPECT_EQ(status(), JobStatus::running);
  EXPECT_EQ(job_state().restarted_ms, now);
}

TEST_F(TaskChanges, AWorkerThatLeavesOrIsLostIsNoFault) {
  start_all();
  end({ended({0, 0}, 0, AttemptEnd::canceled, Blame::worker_leaves)});
  EXPECT_EQ(status(), JobStatus::restarting);
  EXPECT_EQ(job_state().delay_ms, 0);
  EXPECT_TRUE(job_state().failures.empty());
  end({ended({0, 1}, 0, AttemptEnd::canceled), ended({1, 0}, 0, AttemptEnd::canceled)});
  start_all(1);
  now += kCalmMs;
  end({ended({0, 0}, 1, AttemptEnd::failed, Blame::worker_lost)});
  EXPECT_EQ(status(), JobStatus::restarting);
}

TEST_F(TaskChanges, AJobThatLosesWorkersAgainAndAgainIsJudgedByItsStrategy) {
  start_all();
  end({ended({0, 0}, 0, AttemptEnd::failed, Blame::worker_lost)});
  end({ended({0, 1}, 0, AttemptEnd::canceled), ended({1, 0}, 0, AttemptEnd::canceled)});
  start_all(1);
  now += kCalmMs - 1;
  end({ended({0, 0}, 1, AttemptEnd::failed, Blame::worker_lost)});
  EXPECT_EQ(status(), JobStatus::failing);
}

TEST_F(TaskChanges, AClockThatWasSetBackMakesNoLossAFailure) {
  start_all();
  end({ended({0, 0}, 0, AttemptEnd::failed, Blame::worker_lost)});
  end({ended({0, 1}, 0, AttemptEnd::canceled), ended({1, 0}, 0, AttemptEnd::canceled)});
  start_all(1);
  now -= 100 * kCalmMs;
  end({ended({0, 0}, 1, AttemptEnd::failed, Blame::worker_lost)});
  EXPECT_EQ(status(), JobStatus::restarting) << "it may have run for days";
  end({ended({0, 1}, 1, AttemptEnd::canceled), ended({1, 0}, 1, AttemptEnd::canceled)});
  start_all(2);
  end({ended({0, 0}, 2, AttemptEnd::failed, Blame::worker_lost)});
  EXPECT_EQ(status(), JobStatus::failing);
}

TEST_F(TaskChanges, WhileItIsCancelledEveryEndIsACancelledOne) {
  start_all();
  decide_and_apply(CancelJob{id});
  EXPECT_EQ(status(), JobStatus::cancelling);
  end({ended({0, 0}, 0, AttemptEnd::finished), ended({0, 1}, 0, AttemptEnd::failed)});
  EXPECT_EQ(state.attempt(id, {0, 0})->end, AttemptEnd::canceled);
  EXPECT_EQ(status(), JobStatus::cancelling);
  end({ended({1, 0}, 0, AttemptEnd::finished)});
  EXPECT_EQ(status(), JobStatus::canceled);
}

TEST_F(TaskChanges, AJobFailsAlsoWithoutTasks) {
  decide_and_apply(FailJob{id, "no slots", strategy, 1});
  EXPECT_EQ(status(), JobStatus::failed);
  EXPECT_EQ(decide_and_apply(FailJob{id, "no slots", strategy, 1}), 0U);
}

}  // namespace
}  // namespace stellwerk::jobs
