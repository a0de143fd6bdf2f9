#include "guard/worker_guard.h"

#include <gmock/gmock.h>

#include <set>

namespace stellwerk::guard::worker_mode {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class WorkerGuardTest : public testing::Test {
 protected:
  void step(const Event& event) {
    asked.clear();
    for (const auto& effect : guard.step(now, event)) {
      if (const auto* const end = std::get_if<effect::EndTasks>(&effect)) ended = *end;
      if (const auto* const end = std::get_if<effect::EndLeased>(&effect)) lease_ends.push_back(*end);
      if (const auto* const tell = std::get_if<effect::Tell>(&effect)) {
        asked.push_back(tell->master);
        word = *tell;
      }
      if (const auto* const note = std::get_if<effect::Note>(&effect)) notes += note->text + "\n";
      if (std::holds_alternative<effect::Exit>(effect)) exited = true;
    }
  }
  void tell(Message message) { step(event::Told{std::move(message)}); }
  void introduce() {
    tell(kSelf);
    tell(Place{"cluster-1", 5, {"a:1", "b:2"}});
  }
  void die() { step(event::WorkerDied{}); }
  /// From now on.
  void lease(Duration span) { tell(Lease{(now + span).time_since_epoch().count()}); }
  void tasks_are_gone() { step(event::TasksEnded{true, false, "ended 2 processes"}); }
  void answer(const std::string& master, Answer what) { step(event::Answered{master, what, "it says so"}); }
  /// Until it wakes by itself.
  void wait() {
    now = guard.wake_at();
    step(event::Tick{});
  }

  static inline const Self kSelf{"w-1", 3, {100, 1000}};
  static inline const LeasedTask kLeased{{12, 2}, "m.12"};
  Time now{1000s};
  WorkerGuard guard{Options{}};
  std::optional<effect::EndTasks> ended;
  std::vector<effect::EndLeased> lease_ends;
  std::optional<effect::Tell> word;
  std::vector<std::string> asked;
  std::string notes;
  bool exited = false;
};

TEST_F(WorkerGuardTest, TheTasksOfADeadWorkerAreEndedAndThenTheMastersAreTold) {
  introduce();
  tell(Runs{{{11, 1}, {12, 2}, {13, 3}}});
  tell(Ended{{12, 2}});
  tell(Ended{{13, 4}});  // another process' end
  die();
  ASSERT_TRUE(ended);
  EXPECT_EQ(ended->worker, kSelf.process);
  EXPECT_THAT(ended->tasks, ElementsAre(Process{11, 1}, Process{13, 3}));
  EXPECT_THAT(ended->starting, IsEmpty());
  EXPECT_THAT(asked, IsEmpty()) << "nobody hears of it before";
  tasks_are_gone();
  EXPECT_THAT(asked, ElementsAre("a:1", "b:2"));
  EXPECT_EQ(word->worker, kSelf);
  EXPECT_EQ(word->cluster, "cluster-1");
  EXPECT_EQ(word->epoch, 5);
  answer("b:2", Answer::not_now);
  EXPECT_FALSE(exited);
  now += 12ms;
  answer("a:1", Answer::settled);
  EXPECT_TRUE(exited);
  EXPECT_THAT(notes,
              HasSubstr("told a:1 that worker w-1 is dead and its tasks are gone, 12 ms after its death was noticed"));
}

TEST_F(WorkerGuardTest, AFarewellLeavesNothingToDo) {
  introduce();
  tell(Farewell{});
  die();
  EXPECT_TRUE(exited);
  EXPECT_FALSE(ended);
  EXPECT_THAT(notes, IsEmpty());
}

TEST_F(WorkerGuardTest, WhoWasToldNothingDoesNothing) {
  die();
  EXPECT_TRUE(exited);
  EXPECT_FALSE(ended);
}

TEST_F(WorkerGuardTest, WithoutMastersTasksAreEndedAllTheSame) {
  tell(kSelf);
  tell(Runs{{{11, 1}}});
  die();
  ASSERT_TRUE(ended);
  tasks_are_gone();
  EXPECT_TRUE(exited);
  EXPECT_FALSE(word);
}

TEST_F(WorkerGuardTest, TakenIsSaidAgainUntilItIsSettled) {
  introduce();
  die();
  tasks_are_gone();
  answer("b:2", Answer::never);
  for (int i = 0; i < 5; ++i) {
    answer("a:1", Answer::taken);
    EXPECT_THAT(asked, IsEmpty()) << "after a pause";
    const Time before = now;
    wait();
    EXPECT_EQ(now - before, std::min<Duration>(20ms * (1 << i), 1s));
    EXPECT_THAT(asked, ElementsAre("a:1")) << "the other is another cluster's";
  }
  answer("a:1", Answer::settled);
  EXPECT_TRUE(exited);
}

TEST_F(WorkerGuardTest, ThereIsAnEndToTelling) {
  introduce();
  die();
  tasks_are_gone();
  std::set<std::string> all{"a:1", "b:2"};
  const Time begun = now;
  while (!exited) {
    for (const auto& each : all) answer(each, Answer::not_now);
    if (!exited) wait();
    ASSERT_LE(now - begun, 121s);
  }
  EXPECT_GE(now - begun, 120s);
  EXPECT_THAT(notes, HasSubstr("no leader has taken the word that worker w-1 is dead"));
  EXPECT_THAT(notes, HasSubstr("it says so"));
}

TEST_F(WorkerGuardTest, ThereIsAnEndIfNobodyEverAnswers) {
  introduce();
  die();
  tasks_are_gone();
  wait();
  EXPECT_TRUE(exited);
}

TEST_F(WorkerGuardTest, IfAllRefuseForGoodItEnds) {
  introduce();
  die();
  tasks_are_gone();
  answer("a:1", Answer::never);
  EXPECT_FALSE(exited);
  answer("b:2", Answer::never);
  EXPECT_TRUE(exited);
}

TEST_F(WorkerGuardTest, WhatCannotBeEndedIsTriedAgainAndThenNothingIsSaid) {
  introduce();
  tell(Runs{{{11, 1}}});
  die();
  const Time begun = now;
  while (!exited) {
    ended.reset();
    step(event::TasksEnded{false, false, "not 1 process"});
    if (exited) break;
    wait();
    ASSERT_TRUE(ended) << "again";
    EXPECT_THAT(ended->tasks, ElementsAre(Process{11, 1}));
  }
  EXPECT_GE(now - begun, 30s);
  EXPECT_FALSE(word);
  EXPECT_THAT(notes, HasSubstr("not all of its tasks could be ended: the masters are not told"));
}

TEST_F(WorkerGuardTest, WhatWasJustBeingStartedIsLookedFor) {
  introduce();
  tell(Starts{"100.1000.7"});
  die();
  ASSERT_TRUE(ended);
  EXPECT_EQ(ended->starting, "100.1000.7");
  step(event::TasksEnded{true, true, "ended"});
  EXPECT_TRUE(exited) << "it may come to be";
  EXPECT_FALSE(word);
  EXPECT_THAT(notes, HasSubstr("the masters are not told"));
}

TEST_F(WorkerGuardTest, WhatWasStartedOrNotIsNotLookedFor) {
  introduce();
  tell(Starts{"100.1000.7"});
  tell(Runs{{{11, 1}}});
  tell(Starts{"100.1000.8"});
  tell(NotStarted{});
  die();
  EXPECT_THAT(ended->starting, IsEmpty());
}

TEST_F(WorkerGuardTest, LeasedTasksAreEndedWithTheLeaseAndNothingElse) {
  introduce();
  lease(10s);
  tell(Runs{{{11, 1}}});
  tell(RunsLeased{{kLeased, {{13, 3}, "m.13"}}});
  tell(Ended{{13, 3}});
  EXPECT_EQ(guard.wake_at(), now + 10s);
  wait();
  ASSERT_EQ(lease_ends.size(), 1U);
  EXPECT_THAT(lease_ends[0].tasks, ElementsAre(kLeased));
  EXPECT_THAT(lease_ends[0].starting, IsEmpty());
  step(event::LeasedEnded{true, "ended 1 process"});
  EXPECT_EQ(notes, "the lease of worker w-1 is over: ended 1 process\n");
  EXPECT_EQ(guard.wake_at(), Time::max());
  EXPECT_FALSE(exited) << "the worker lives";
}

TEST_F(WorkerGuardTest, TheNewestLeaseCounts) {
  introduce();
  lease(10s);
  tell(RunsLeased{{kLeased}});
  now += 9s;
  lease(10s);
  now += 9s;
  step(event::Tick{});
  EXPECT_THAT(lease_ends, IsEmpty());
  EXPECT_EQ(guard.wake_at(), now + 1s);
  tell(Lease{0});  // its worker belongs to another cluster now
  ASSERT_EQ(lease_ends.size(), 1U);
  EXPECT_THAT(lease_ends[0].tasks, ElementsAre(kLeased));
}

TEST_F(WorkerGuardTest, WhatIsStartedAfterTheLeaseIsEndedAtOnce) {
  introduce();
  lease(1s);
  now += 2s;
  tell(Starts{"m.12", true});
  ASSERT_EQ(lease_ends.size(), 1U) << "the worker stood still between its look at the clock and this";
  EXPECT_EQ(lease_ends[0].starting, "m.12");
  step(event::LeasedEnded{true, ""});
  EXPECT_THAT(notes, IsEmpty());
  tell(RunsLeased{{kLeased}});
  EXPECT_EQ(lease_ends.size(), 1U) << "not in the same moment again";
  wait();
  ASSERT_EQ(lease_ends.size(), 2U);
  EXPECT_THAT(lease_ends[1].tasks, ElementsAre(kLeased));
}

TEST_F(WorkerGuardTest, WhatCouldNotBeEndedIsTriedAgainAndToldOnce) {
  introduce();
  lease(1s);
  tell(RunsLeased{{kLeased}});
  for (int i = 0; i < 5; ++i) {
    wait();
    step(event::LeasedEnded{false, "one is left"});
  }
  EXPECT_EQ(lease_ends.size(), 5U);
  EXPECT_EQ(notes, "the lease of worker w-1 is over: one is left\n");
}

TEST_F(WorkerGuardTest, ADeadWorkersLeasedTasksAreEndedWithTheOthers) {
  introduce();
  lease(10s);
  tell(Runs{{{11, 1}}});
  tell(RunsLeased{{kLeased}});
  die();
  EXPECT_EQ(ended->tasks.size(), 2U);
  tasks_are_gone();
  now += 20s;
  step(event::Tick{});
  EXPECT_THAT(lease_ends, IsEmpty());
}

TEST_F(WorkerGuardTest, MoreTasksThanItKnowsKeepItSilent) {
  introduce();
  for (std::int64_t i = 0; i < static_cast<std::int64_t>(kTasksMax); ++i) tell(Runs{{{100 + i, i}}});
  tell(Runs{{{1, 1}}});
  die();
  EXPECT_EQ(ended->tasks.size(), kTasksMax);
  tasks_are_gone();
  EXPECT_TRUE(exited);
  EXPECT_FALSE(word);
}

TEST_F(WorkerGuardTest, TheNewestMastersAreTold) {
  introduce();
  tell(Place{"cluster-1", 6, {"c:3"}});
  die();
  tasks_are_gone();
  EXPECT_THAT(asked, ElementsAre("c:3"));
  EXPECT_EQ(word->epoch, 6);
}

TEST_F(WorkerGuardTest, ItSleepsWhileTheWorkerLives) {
  introduce();
  EXPECT_EQ(guard.wake_at(), Time::max());
}

}  // namespace
}  // namespace stellwerk::guard::worker_mode
