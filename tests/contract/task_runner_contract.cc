#include "contract/task_runner_contract.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <csignal>

namespace stellwerk::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using worker::Launch;
using worker::TaskExit;

}  // namespace

bool TaskEnd::said(const std::string& line) const {
  return std::find(lines.begin(), lines.end(), line) != lines.end();
}

worker::TaskHandler TaskRunnerContract::handler(TaskEnd& task) {
  return {[this, &task](std::string line) {
            EXPECT_FALSE(inside) << "never from inside a call";
            EXPECT_FALSE(task.exit) << "nothing follows the end";
            task.lines.push_back(std::move(line));
          },
          [this, &task](TaskExit exit) {
            EXPECT_FALSE(inside) << "never from inside a call";
            EXPECT_FALSE(task.exit) << "told twice";
            task.exit = std::move(exit);
          }};
}

void TaskRunnerContract::start(TaskEnd& task, const std::vector<Act>& acts) {
  inside = true;
  auto started = world->runner().start(world->launch(acts), handler(task));
  inside = false;
  ASSERT_TRUE(started) << started.error().text;
  task.process = std::move(*started);
}

TEST_P(TaskRunnerContract, LinesComeInOrderAndThenTheEnd) {
  TaskEnd task;
  start(task, {act::Say{"one"}, act::Say{R"({"two":2})"}, act::Say{""}, act::Exit{0}});
  ASSERT_TRUE(run_to_exit(task));
  EXPECT_THAT(task.lines, ElementsAre("one", R"({"two":2})", ""));
  EXPECT_EQ(*task.exit, TaskExit{});
  EXPECT_EQ(world->living(task.process->pid()), 0u);
}

TEST_P(TaskRunnerContract, AnExitCodeIsTold) {
  TaskEnd task;
  start(task, {act::Exit{3}});
  ASSERT_TRUE(run_to_exit(task));
  EXPECT_EQ(task.exit->code, 3);
  EXPECT_EQ(task.exit->signal, 0);
}

TEST_P(TaskRunnerContract, ASignalIsTold) {
  TaskEnd task;
  start(task, {act::Die{SIGUSR1}});
  ASSERT_TRUE(run_to_exit(task));
  EXPECT_EQ(task.exit->signal, SIGUSR1);
}

TEST_P(TaskRunnerContract, TheLastLinesOfStderrAreTold) {
  TaskEnd task;
  start(task, {act::Complain{"it began well"}, act::Complain{"no more milk"}, act::Exit{1}});
  ASSERT_TRUE(run_to_exit(task));
  EXPECT_EQ(task.exit->error_tail, "it began well\nno more milk");
}

TEST_P(TaskRunnerContract, ALongStderrIsCutAtALine) {
  std::vector<Act> acts;
  for (int i = 100; i < 200; ++i) acts.push_back(act::Complain{std::to_string(i) + std::string(97, '.')});
  acts.push_back(act::Exit{1});
  TaskEnd task;
  start(task, acts);
  ASSERT_TRUE(run_to_exit(task));
  const std::string& tail = task.exit->error_tail;
  EXPECT_THAT(tail.size(),
              testing::AllOf(testing::Gt(worker::kErrorTailBytesMax - 101), testing::Le(worker::kErrorTailBytesMax)));
  EXPECT_THAT(tail, testing::StartsWith("160."));
  EXPECT_THAT(tail, HasSubstr("\n199."));
}

TEST_P(TaskRunnerContract, WhatIsSentArrivesInOrder) {
  TaskEnd task;
  start(task, {act::Echo{}, act::Exit{0}});
  inside = true;
  for (int i = 0; i < 100; ++i) task.process->send(std::to_string(i));
  task.process->send("end");
  inside = false;
  ASSERT_TRUE(run_to_exit(task));
  ASSERT_EQ(task.lines.size(), 100u);
  for (std::size_t i = 0; i < 100; ++i) ASSERT_EQ(task.lines[i], std::to_string(i));
}

TEST_P(TaskRunnerContract, ATaskThatDoesNotListenIsNotInTheWay) {
  TaskEnd task;
  start(task, {act::Say{"ready"}, act::Wait{}});
  ASSERT_TRUE(run_until([&] { return task.said("ready"); }));
  const std::string line(10'000, 'x');
  for (int i = 0; i < 1000; ++i) task.process->send(line);
  world->run_on();
  task.process->signal(SIGKILL);
  ASSERT_TRUE(run_to_exit(task));
  EXPECT_EQ(task.exit->signal, SIGKILL);
}

TEST_P(TaskRunnerContract, ASignalGoesToTheWholeGroup) {
  TaskEnd task;
  start(task, {act::Leave{}, act::Say{"ready"}, act::Wait{}});
  ASSERT_TRUE(run_until([&] { return task.said("ready"); }));
  EXPECT_GE(world->living(task.process->pid()), 2u);
  inside = true;
  task.process->signal(SIGTERM);
  inside = false;
  ASSERT_TRUE(run_to_exit(task));
  EXPECT_EQ(task.exit->signal, SIGTERM);
  EXPECT_EQ(world->living(task.process->pid()), 0u);
}

TEST_P(TaskRunnerContract, WhoIgnoresOneSignalEndsByTheOther) {
  TaskEnd task;
  start(task, {act::Ignore{SIGTERM}, act::Leave{}, act::Say{"ready"}, act::Wait{}});
  ASSERT_TRUE(run_until([&] { return task.said("ready"); }));
  task.process->signal(SIGTERM);
  world->run_on();
  EXPECT_FALSE(task.exit);
  task.process->signal(SIGKILL);
  ASSERT_TRUE(run_to_exit(task));
  EXPECT_EQ(task.exit->signal, SIGKILL);
  EXPECT_EQ(world->living(task.process->pid()), 0u);
}

TEST_P(TaskRunnerContract, WhatATaskLeavesBehindIsGoneWithItsEnd) {
  TaskEnd task;
  start(task, {act::Ignore{SIGTERM}, act::Leave{}, act::Leave{}, act::Say{"bye"}, act::Exit{0}});
  ASSERT_TRUE(run_to_exit(task));
  EXPECT_EQ(*task.exit, TaskExit{});
  EXPECT_THAT(task.lines, ElementsAre("bye"));
  EXPECT_EQ(world->living(task.process->pid()), 0u);
}

TEST_P(TaskRunnerContract, DestroyingAProcessKillsItsGroupInSilence) {
  TaskEnd task;
  start(task, {act::Ignore{SIGTERM}, act::Leave{}, act::Say{"ready"}, act::Wait{}});
  ASSERT_TRUE(run_until([&] { return task.said("ready"); }));
  const std::int64_t pid = task.process->pid();
  inside = true;
  task.process.reset();
  EXPECT_TRUE(run_until([&] { return world->living(pid) == 0; }));
  world->run_on();
  EXPECT_FALSE(task.exit);
}

TEST_P(TaskRunnerContract, AProcessMayBeDestroyedFromItsOwnCallbacks) {
  TaskEnd speaker, ended;
  bool heard = false;
  auto speaks = world->runner().start(world->launch({act::Say{"one"}, act::Say{"two"}, act::Wait{}}),
                                      {[&](const std::string& line) {
                                         EXPECT_EQ(line, "one") << "it was destroyed before the next";
                                         heard = true;
                                         speaker.process.reset();
                                       },
                                       [](const TaskExit&) { ADD_FAILURE() << "it was destroyed"; }});
  auto ends = world->runner().start(world->launch({act::Exit{7}}), {nullptr, [&](TaskExit exit) {
                                                                      ended.process.reset();
                                                                      ended.exit = std::move(exit);
                                                                    }});
  ASSERT_TRUE(speaks);
  ASSERT_TRUE(ends);
  speaker.process = std::move(*speaks);
  ended.process = std::move(*ends);
  const std::int64_t pid = speaker.process->pid();
  ASSERT_TRUE(run_until([&] { return heard && ended.exit && world->living(pid) == 0; }));
  EXPECT_EQ(ended.exit->code, 7);
  world->run_on();
}

TEST_P(TaskRunnerContract, AfterTheEndNothingHappens) {
  TaskEnd task;
  start(task, {act::Exit{0}});
  ASSERT_TRUE(run_to_exit(task));
  task.process->send("anybody?");
  task.process->signal(SIGKILL);
  world->run_on();
  task.process.reset();
  world->run_on();
  EXPECT_EQ(*task.exit, TaskExit{});
}

TEST_P(TaskRunnerContract, AProcessHasANameUntilTheNextBoot) {
  TaskEnd first, second;
  start(first, {act::Wait{}});
  start(second, {act::Wait{}});
  EXPECT_GT(first.process->pid(), 0);
  EXPECT_GT(second.process->pid(), 0);
  EXPECT_NE(first.process->pid(), second.process->pid());
  EXPECT_GT(first.process->started(), 0);
  EXPECT_GE(second.process->started(), first.process->started());
}

TEST_P(TaskRunnerContract, AProgramThatIsNotThereIsNamed) {
  TaskEnd task;
  const Launch launch = world->no_such_program();
  const auto started = world->runner().start(launch, handler(task));
  ASSERT_TRUE(started.has_error());
  EXPECT_EQ(started.error().code, Errc::not_found);
  EXPECT_THAT(started.error().text, HasSubstr(launch.command[0]));
  world->run_on();
  EXPECT_FALSE(task.exit);
}

TEST_P(TaskRunnerContract, AFileThatMayNotBeExecutedIsNamed) {
  TaskEnd task;
  const Launch launch = world->not_executable();
  const auto started = world->runner().start(launch, handler(task));
  ASSERT_TRUE(started.has_error());
  EXPECT_EQ(started.error().code, Errc::refused);
  EXPECT_THAT(started.error().text, HasSubstr(launch.command[0]));
  world->run_on();
  EXPECT_FALSE(task.exit);
}

TEST_P(TaskRunnerContract, ACommandNamesAProgram) {
  TaskEnd task;
  Launch launch = world->launch({act::Exit{0}});
  launch.command.clear();
  const auto started = world->runner().start(launch, handler(task));
  ASSERT_TRUE(started.has_error());
  EXPECT_EQ(started.error().code, Errc::invalid);
  world->run_on();
  EXPECT_FALSE(task.exit);
}

TEST_P(TaskRunnerContract, HundredTasksEndEachByItself) {
  std::vector<TaskEnd> tasks(100);
  for (std::size_t i = 0; i < tasks.size(); ++i)
    start(tasks[i], {act::Say{std::to_string(i)}, act::Exit{static_cast<int>(i)}});
  ASSERT_TRUE(run_until([&] {
    return std::all_of(tasks.begin(), tasks.end(), [](const TaskEnd& task) { return task.exit.has_value(); });
  }));
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    EXPECT_EQ(tasks[i].exit->code, static_cast<int>(i));
    EXPECT_THAT(tasks[i].lines, ElementsAre(std::to_string(i)));
  }
}

}  // namespace stellwerk::test
