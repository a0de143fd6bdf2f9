/// What tasks leave behind, without a runner: as the system tells of it with and without CONFIG_PROC_CHILDREN.
#include "tasks/orphans.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/wait.h>

#include <csignal>

#include "integration/task_fixture.h"
#include "processes/proc.h"
#include "tasks/descriptors.h"
#include "tasks/spawn.h"

namespace stellwerk::test {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using Candidates = std::vector<std::int64_t> (*)();

class TaskOrphansTest : public testing::TestWithParam<Candidates> {
 protected:
  TaskOrphansTest() {
    orphans = std::make_unique<tasks::Orphans>(
        loop.executor(),
        tasks::Orphans::Setup{GetParam(), nullptr, [this](std::int64_t) { return elsewhere > 0 && elsewhere-- > 0; },
                              [this](std::int64_t pid) {
                                gone.push_back(pid);
                                ::waitpid(static_cast<pid_t>(pid), nullptr, 0);
                              },
                              [](const std::string&) {}});
  }

  std::int64_t start(const std::string& script) {
    const worker::Launch launch{{"sh", "-c", script}, {{"PATH", "/usr/bin:/bin"}}, folder.path(), "", ""};
    const int fd = null.get();
    const auto spawned = tasks::spawn({launch, {fd, fd, fd, fd}, orphans->next_mark(), std::nullopt});
    EXPECT_TRUE(spawned) << spawned.error().text;
    orphans->began(spawned->pid);
    return spawned->pid;
  }
  /// As the runner does it.
  void end(std::int64_t pid) {
    siginfo_t info{};
    ASSERT_EQ(::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOWAIT), 0);
    ::kill(-static_cast<pid_t>(pid), SIGKILL);
    orphans->ended(pid);
    EXPECT_THAT(gone, IsEmpty()) << "never from inside the call";
  }
  bool run_until_gone() {
    return loop.run_until([&] { return !gone.empty(); }, std::chrono::seconds(60));
  }

  TempDir folder;
  FileDescriptor null = std::move(*tasks::move_up(FileDescriptor(::open("/dev/null", O_RDWR | O_CLOEXEC)), 10));
  RealLoop loop;
  int elsewhere = 0;  ///< looks that find something in the task's control group
  std::vector<std::int64_t> gone;
  std::unique_ptr<tasks::Orphans> orphans;
};

TEST_P(TaskOrphansTest, WhatIsLeftIsFoundAndEnded) {
  const std::int64_t task = start("sleep 1000 & setsid sleep 1000 & setsid -f setsid sleep 1000; exit 0");
  end(task);
  ASSERT_TRUE(run_until_gone());
  EXPECT_THAT(gone, ElementsAre(task));
  EXPECT_FALSE(has_children());
}

TEST_P(TaskOrphansTest, WhoRunsIsLeftAlone) {
  const std::int64_t runs = start("sleep 1000");
  EXPECT_THAT(GetParam()(), Contains(runs));
  const std::int64_t ends = start("exit 0");
  end(ends);
  ASSERT_TRUE(run_until_gone());
  EXPECT_THAT(gone, ElementsAre(ends));
  EXPECT_TRUE(lives(runs));
  ::kill(-static_cast<pid_t>(runs), SIGKILL);
  gone.clear();
  end(runs);
  ASSERT_TRUE(run_until_gone());
  EXPECT_FALSE(has_children());
}

TEST_P(TaskOrphansTest, WhatLivesInItsGroupIsWaitedFor) {
  elsewhere = 3;
  const std::int64_t task = start("exit 0");
  end(task);
  ASSERT_TRUE(run_until_gone());
  EXPECT_EQ(elsewhere, 0);
  EXPECT_THAT(gone, ElementsAre(task));
}

TEST_P(TaskOrphansTest, OneLookInOneGoEndsThemToo) {
  const std::int64_t task = start("setsid sleep 1000 & setsid -f setsid sleep 1000; exit 0");
  end(task);
  bool over = false;  // the loop does not turn
  for (int i = 0; i < 100'000 && !over; ++i) over = orphans->look_now();
  EXPECT_TRUE(over);
  EXPECT_EQ(::waitpid(static_cast<pid_t>(task), nullptr, WNOHANG), task);
  EXPECT_FALSE(has_children());
}

INSTANTIATE_TEST_SUITE_P(Children, TaskOrphansTest, testing::Values(&processes::child_candidates));
INSTANTIATE_TEST_SUITE_P(AllProcesses, TaskOrphansTest, testing::Values(&processes::list_processes));

}  // namespace
}  // namespace stellwerk::test
