// Limits of tasks with real processes. Groups are made where this process may make some; which controllers they have is
// the host's affair, so what needs one is proved in tests/unit/tasks/cgroup_test.cc.
#include <gmock/gmock.h>
#include <unistd.h>

#include <csignal>
#include <iostream>

#include "integration/task_fixture.h"
#include "processes/proc.h"
#include "tasks/cgroup.h"

namespace stellwerk::test {
namespace {

class TaskLimitsTest : public TaskFixture {};

TEST_F(TaskLimitsTest, AProcessHasTheLimitsOfItsVertex) {
  worker::Launch what = shell("ulimit -S -n; ulimit -H -n; ulimit -f; ulimit -c");
  what.limits.open_files = 64;
  what.limits.file_bytes = 1 << 20;
  what.limits.core_bytes = 0;
  const auto task = run(what);
  EXPECT_EQ(task->out(), "64\n64\n2048\n0\n") << "the shell counts files in blocks of 512 bytes";
}

TEST_F(TaskLimitsTest, AFileThatGrowsBeyondItsLimitEndsTheTask) {
  worker::Launch what = shell("exec dd if=/dev/zero of=big bs=4096 count=100 2>/dev/null");
  what.limits.file_bytes = 8192;
  const auto task = run(what);
  EXPECT_EQ(task->exit->signal, SIGXFSZ);
}

TEST_F(TaskLimitsTest, ALimitThatTheHostDoesNotHaveIsAnErrorOfTheStart) {
  worker::Launch what = shell("exit 0");
  what.limits.open_files = 1'073'741'816;
  EXPECT_THAT(failed_start(what).text, testing::HasSubstr("its limit open-files cannot be 1073741816 on this worker"));
}

/// A group below ours, without any controller; none: this process may not make one.
std::optional<tasks::Cgroups> groups_below_ours(tasks::CgroupFiles& files) {
  const auto path =
      tasks::find_cgroup(files.read("/proc/self/cgroup").value_or(""), files.read("/proc/self/mountinfo").value_or(""));
  if (path.has_error()) {
    std::cout << "Not seen here: " << path.error().text << "\n";
    return std::nullopt;
  }
  auto groups = tasks::Cgroups::open(
      files, {*path, ::getpid(), processes::read_stat(::getpid())->started, {}, {}, [](auto, auto) { return true; }});
  if (groups.has_error()) {
    std::cout << "Not seen here: " << groups.error().text << "\n";
    return std::nullopt;
  }
  return std::move(*groups);
}

TEST_F(TaskLimitsTest, ATaskRunsInAGroupThatEndsWithIt) {
  tasks::SystemCgroupFiles files;
  auto groups = groups_below_ours(files);
  if (!groups) return;
  tasks::RunnerSetup setup;
  setup.cgroups = &*groups;
  open_runner(std::move(setup));
  const auto own = tasks::find_cgroup(*files.read("/proc/self/cgroup"), *files.read("/proc/self/mountinfo"));
  const std::string above = own->substr(0, own->rfind('/'));
  // Who leaves the session and has another environment is found by its group alone, also in a group below it.
  const auto task = run("grep ^0:: /proc/self/cgroup; box=" + above +
                        "/$(sed -n 's/^0::.*\\///p' /proc/self/cgroup)/box; mkdir -p $box/inner; "
                        "(echo 0 >$box/inner/cgroup.procs; exec env -i setsid sleep 1000 >/dev/null 2>&1 3>&-) & "
                        "while ! grep -q . $box/inner/cgroup.procs; do :; done; echo $!; exit 3");
  EXPECT_EQ(task->exit->code, 3);
  EXPECT_FALSE(task->exit->out_of_memory);
  const std::string name = "stellwerk-" + std::to_string(::getpid()) + "-";
  EXPECT_THAT(task->out(), testing::HasSubstr(name));
  EXPECT_THAT(task->out(), testing::HasSubstr(".task-1"));
  const std::int64_t left = std::stoll(task->out().substr(task->out().rfind('\n', task->out().size() - 2) + 1));
  EXPECT_FALSE(lives(left)) << "the end is told when nothing lives in the group";
  close_runner();
  EXPECT_TRUE(run_until([&] {
    (void)groups->make({});
    for (const auto& group : files.below(above))
      if (group.find(name) == 0 && group.find(".task-") != std::string::npos) return false;
    return true;
  }));
  // As it was before this test.
  EXPECT_TRUE(files.write(above + "/cgroup.procs", "0"));
  EXPECT_TRUE(files.remove(*own));
}

}  // namespace
}  // namespace stellwerk::test
