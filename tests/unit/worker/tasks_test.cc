/// What the simulator does not reach: tasks whose artifact takes long.
#include "worker/tasks.h"

#include <gtest/gtest.h>

namespace stellwerk::worker {
namespace {

using namespace std::chrono_literals;

constexpr WallMs kWall = 1'795'000'000'000;

class TasksTest : public testing::Test {
 protected:
  TasksTest() {
    start.attempt = {*JobId::parse("0190a1b2c3d4e5f60718293a4b5c6d7e"), {1, 2}, 0};
    start.vertex = "count";
    start.parallelism = 4;
    start.command = {"python3", "count.py"};
    start.ports = {"in"};
    start.artifact = {std::string(64, 'a'), 7, "x.tar.gz", model::ArtifactKind::bundle};
  }
  TaskId begin() { return begin(tasks); }
  TaskId begin(Tasks& by) {
    link::StartTask message = start;
    by.take({Time{1s}, kWall}, 3, message);
    const auto effects = by.take_effects();
    EXPECT_EQ(effects.size(), 1);
    return std::get<effect::Prepare>(effects.at(0)).task;
  }

  link::StartTask start;
  Tasks tasks{{}};
};

TEST_F(TasksTest, ATaskIsPreparedWithWhatItsJobBrings) {
  link::StartTask message = start;
  tasks.take({Time{1s}, kWall}, 3, message);
  const auto effects = tasks.take_effects();
  ASSERT_EQ(effects.size(), 1);
  const auto& needs = std::get<effect::Prepare>(effects[0]).needs;
  EXPECT_EQ(needs.name, "count-2");
  EXPECT_EQ(needs.ports, start.ports);
  EXPECT_EQ(needs.artifact, start.artifact);
}

TEST_F(TasksTest, WhatIsStoppedWhileItIsPreparedEndsAtOnce) {
  const TaskId id = begin();
  tasks.take(Time{1s}, kWall, link::StopTask{start.attempt});
  auto messages = tasks.take_messages();
  ASSERT_EQ(messages.size(), 1);
  EXPECT_EQ(std::get<link::TaskEnded>(messages[0]).end, model::AttemptEnd::canceled);
  EXPECT_TRUE(std::holds_alternative<effect::Discard>(tasks.take_effects().at(0)));
  EXPECT_TRUE(tasks.idle());
  // It was on its way.
  tasks.handle({Time{1s}, kWall}, event::Prepared{id, std::map<std::string, std::int64_t>{{"in", 40'000}}});
  EXPECT_TRUE(tasks.take_effects().empty());
  EXPECT_TRUE(tasks.take_messages().empty());
}

TEST_F(TasksTest, WhatCannotBePreparedFailsWithTheReason) {
  const TaskId id = begin();
  tasks.handle({Time{1s}, kWall}, event::Prepared{id, make_error(Errc::not_found, "no master has x.tar.gz")});
  const auto messages = tasks.take_messages();
  ASSERT_EQ(messages.size(), 1);
  EXPECT_EQ(std::get<link::TaskEnded>(messages[0]).end, model::AttemptEnd::failed);
  EXPECT_EQ(std::get<link::TaskEnded>(messages[0]).why, "no master has x.tar.gz");
}

class LimitsOfTasksTest : public TasksTest {
 protected:
  LimitsOfTasksTest() { start.limits.memory_bytes = std::int64_t{512} << 20; }
  /// Begun and launched.
  TaskId run() { return run(tasks); }
  TaskId run(Tasks& by) {
    const TaskId id = begin(by);
    by.handle({Time{1s}, kWall}, event::Prepared{id, std::map<std::string, std::int64_t>{}});
    return id;
  }
  std::string why_failed(TaskId id, TaskExit exit) {
    tasks.handle({Time{2s}, kWall}, event::Launched{id, {}, 77});
    tasks.take_messages();
    tasks.handle({Time{3s}, kWall}, event::Exited{id, std::move(exit)});
    return std::get<link::TaskEnded>(tasks.take_messages().at(0)).why;
  }
};

TEST_F(LimitsOfTasksTest, AreSetWhenATaskIsLaunched) {
  run();
  const auto effects = tasks.take_effects();
  ASSERT_EQ(effects.size(), 1);
  EXPECT_EQ(std::get<effect::Launch>(effects[0]).launch.limits, start.limits);
}

TEST_F(LimitsOfTasksTest, WhatWantedMoreMemoryFailsBecauseOfThat) {
  const TaskId id = run();
  EXPECT_EQ(why_failed(id, {0, 9, "oh", true}),
            "used more than its 512 MiB of memory: killed by signal 9 (SIGKILL)\noh");
}

TEST_F(LimitsOfTasksTest, AJobThatRunsWithoutItsLimitsIsNotedOnce) {
  TaskOptions options;
  options.limits = {false, true, true};
  options.limits_why = "there is no controller";
  Tasks unlimited(options);
  run(unlimited);
  const auto effects = unlimited.take_effects();
  ASSERT_EQ(effects.size(), 2);
  EXPECT_EQ(std::get<effect::Note>(effects[0]).text,
            "Job 0190a1b2c3d4e5f60718293a4b5c6d7e runs here without its limits of memory: there is no controller");
  start.attempt.task.subtask = 3;
  run(unlimited);
  EXPECT_EQ(unlimited.take_effects().size(), 1);
}

}  // namespace
}  // namespace stellwerk::worker
