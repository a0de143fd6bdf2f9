/// Tasks of at-most-one jobs, and how long they may run.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <string>
#include <vector>

#include "worker/tasks.h"

namespace stellwerk::worker {
namespace {

using namespace std::chrono_literals;
using model::AttemptEnd;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class TasksLeasesTest : public testing::Test {
 protected:
  model::AttemptId attempt(int subtask) const { return {job, {0, subtask}, 0}; }
  /// What the worker is told to start; prepared at once.
  void start(int subtask, bool leased) {
    link::StartTask message;
    message.attempt = attempt(subtask);
    message.vertex = "v";
    message.command = {"x"};
    message.leased = leased;
    tasks.take(clocks(), 7, message);
    look();
    tasks.handle(clocks(), event::Prepared{prepared, std::map<std::string, std::int64_t>{}});
    look();
  }
  void launched(TaskId id, std::int64_t pid) {
    tasks.handle(clocks(), event::Launched{id, {}, pid});
    look();
  }
  void exited(TaskId id, TaskExit exit) {
    tasks.tick(now);  // as the worker does before anything else
    tasks.handle(clocks(), event::Exited{id, std::move(exit)});
    look();
  }
  void lease(Duration span) {
    tasks.lease(now, now + span);
    look();
  }
  void tick() {
    tasks.tick(now);
    look();
  }
  /// The ends that it told since the last call.
  std::vector<link::TaskEnded> ends() {
    std::vector<link::TaskEnded> out;
    for (const auto& message : tasks.take_messages())
      if (const auto* const ended = std::get_if<link::TaskEnded>(&message)) out.push_back(*ended);
    return out;
  }

  Clocks clocks() const { return {now, now.time_since_epoch() / 1ms}; }
  void look() {
    launches.clear();
    signals.clear();
    for (const auto& effect : tasks.take_effects()) {
      if (const auto* const prepare = std::get_if<effect::Prepare>(&effect)) prepared = prepare->task;
      if (const auto* const launch = std::get_if<effect::Launch>(&effect)) launches.push_back(*launch);
      if (const auto* const signal = std::get_if<effect::Signal>(&effect)) signals.push_back(signal->signal);
    }
  }

  const JobId job = *JobId::parse("0190a1b2c3d4e5f60718293a4b5c6d7e");
  Time now{1000s};
  Tasks tasks{TaskOptions{}};
  TaskId prepared = 0;
  std::vector<effect::Launch> launches;
  std::vector<int> signals;
};

TEST_F(TasksLeasesTest, ATaskWaitsForItsWorkersFirstLease) {
  start(0, true);
  EXPECT_THAT(launches, IsEmpty());
  lease(70s);
  ASSERT_EQ(launches.size(), 1U);
  EXPECT_TRUE(launches[0].launch.leased);
  EXPECT_EQ(tasks.wake_at(), now + 70s);
}

TEST_F(TasksLeasesTest, OthersNeedNone) {
  start(0, false);
  ASSERT_EQ(launches.size(), 1U);
  EXPECT_FALSE(launches[0].launch.leased);
  EXPECT_EQ(tasks.wake_at(), Time::max());
}

TEST_F(TasksLeasesTest, ALeaseThatIsOverStartsNothing) {
  lease(10s);
  now += 10s;
  start(0, true);
  EXPECT_THAT(launches, IsEmpty());
  tasks.lease(now, now - 1s);
  look();
  EXPECT_THAT(launches, IsEmpty());
  lease(1s);
  EXPECT_EQ(launches.size(), 1U);
}

TEST_F(TasksLeasesTest, WithTheLeaseItIsKilledAndGivenBack) {
  lease(10s);
  start(0, true);
  launched(prepared, 77);
  now += 10s - 1us;
  tick();
  EXPECT_THAT(signals, IsEmpty());
  now += 1us;
  tick();
  EXPECT_THAT(signals, ElementsAre(SIGKILL)) << "nobody has time to end in order";
  EXPECT_EQ(tasks.wake_at(), Time::max());
  tasks.take_messages();
  exited(prepared, {0, SIGKILL, ""});
  const auto told = ends();
  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(told[0].end, AttemptEnd::canceled);
  EXPECT_TRUE(told[0].given_back);
  EXPECT_THAT(told[0].why, HasSubstr("its lease is over"));
}

TEST_F(TasksLeasesTest, WhatTheGuardKilledIsToldAsTheSame) {
  lease(10s);
  start(0, true);
  launched(prepared, 77);
  tasks.take_messages();
  now += 11s;
  exited(prepared, {0, SIGKILL, ""});  // the first that a worker hears that stood still
  const auto told = ends();
  ASSERT_EQ(told.size(), 1U);
  EXPECT_TRUE(told[0].given_back);
}

TEST_F(TasksLeasesTest, TheNewestLeaseCounts) {
  lease(10s);
  start(0, true);
  launched(prepared, 77);
  now += 5s;
  lease(10s);
  now += 9s;
  tick();
  EXPECT_THAT(signals, IsEmpty());
  tasks.lease(now, now + 10s);
  lease(500ms);  // the next leader grants less, and waits no longer for whoever it loses
  now += 500ms;
  tick();
  EXPECT_THAT(signals, ElementsAre(SIGKILL));
}

TEST_F(TasksLeasesTest, WhatIsStillBeingStartedIsKilledAsSoonAsItIsThere) {
  lease(10s);
  start(0, true);
  now += 10s;
  tick();
  EXPECT_THAT(signals, IsEmpty()) << "there is no process yet";
  launched(prepared, 77);
  EXPECT_THAT(signals, ElementsAre(SIGKILL));
}

TEST_F(TasksLeasesTest, OtherTasksOutliveIt) {
  lease(10s);
  start(0, false);
  launched(prepared, 77);
  start(1, true);
  launched(prepared, 78);
  now += 10s;
  tick();
  EXPECT_THAT(signals, ElementsAre(SIGKILL));
}

TEST_F(TasksLeasesTest, AnotherClustersLeaderProlongsNothingOfThis) {
  lease(10s);
  start(0, true);
  launched(prepared, 77);
  tasks.begin_anew(now, clocks().wall);
  look();
  EXPECT_THAT(signals, ElementsAre(SIGKILL));
}

}  // namespace
}  // namespace stellwerk::worker
