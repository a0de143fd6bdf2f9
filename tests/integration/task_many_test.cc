/// A thousand tasks on one worker.
#include <gmock/gmock.h>
#include <sys/resource.h>

#include <algorithm>
#include <csignal>

#include "integration/task_fixture.h"
#include "tasks/descriptors.h"

namespace stellwerk::test {
namespace {

constexpr std::size_t kTasks = 1000;

class TaskManyTest : public TaskFixture {
 protected:
  TaskManyTest() {
    const auto limit = tasks::raise_descriptor_limit();
    open_runner({.task_descriptors = limit.before});
  }
  bool run_until_all(const std::function<bool(const RunningTask&)>& done) {
    return run_until(
        [&] { return std::all_of(many.begin(), many.end(), [&](const auto& task) { return done(*task); }); });
  }

  std::vector<std::unique_ptr<RunningTask>> many;
};

TEST_F(TaskManyTest, AThousandTasksRunAtOnce) {
  run("exit 0");
  const std::size_t before = count_descriptors();
  for (std::size_t i = 0; i < kTasks; ++i)
    many.push_back(
        start("echo ready >&3; read -r line <&3; echo \"$line\"; exit $((" + std::to_string(i) + " % 100))"));
  ASSERT_TRUE(run_until_all([](const RunningTask& task) { return !task.lines.empty(); }));
  EXPECT_EQ(runner().size(), kTasks);
  // The output's thread, which may be opening a file still, holds it twice for a moment.
  EXPECT_TRUE(run_until([&] { return count_descriptors() <= before + kTasks * tasks::kDescriptorsPerTask; }));
  for (std::size_t i = 0; i < kTasks; ++i) many[i]->process->send("go " + std::to_string(i));
  ASSERT_TRUE(run_until_all([](const RunningTask& task) { return task.exit.has_value(); }));
  for (std::size_t i = 0; i < kTasks; ++i) {
    EXPECT_EQ(many[i]->exit->code, static_cast<int>(i % 100));
    EXPECT_EQ(many[i]->out(), "go " + std::to_string(i) + "\n");
  }
  EXPECT_FALSE(has_children());
  EXPECT_EQ(runner().size(), 0u);
  EXPECT_TRUE(run_until([&] { return count_descriptors() == before; }));
}

TEST_F(TaskManyTest, AThousandTasksAreKilledAtOnce) {
  for (std::size_t i = 0; i < kTasks; ++i) many.push_back(start(launch({"sleep", "1000"})));
  for (const auto& task : many) task->process->signal(SIGKILL);
  ASSERT_TRUE(run_until_all([](const RunningTask& task) { return task.exit.has_value(); }));
  for (const auto& task : many) EXPECT_EQ(task->exit->signal, SIGKILL);
  EXPECT_FALSE(has_children());
}

}  // namespace
}  // namespace stellwerk::test
