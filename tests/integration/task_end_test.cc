/// What of a task is left when it has ended: nothing that can be found.
#include <gmock/gmock.h>
#include <spawn.h>
#include <sys/wait.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>

#include "integration/task_fixture.h"
#include "processes/proc.h"

namespace stellwerk::test {
namespace {

using testing::IsEmpty;

class TaskEndTest : public TaskFixture {
 protected:
  /// The number that a task said on its control channel.
  std::int64_t said(const RunningTask& task, std::size_t line = 0) {
    EXPECT_TRUE(run_until([&] { return task.lines.size() > line || task.exit; }));
    return task.lines.size() > line ? std::atoll(task.lines[line].c_str()) : 0;
  }
};

TEST_F(TaskEndTest, NoZombieIsLeft) {
  for (int i = 0; i < 10; ++i) run("exit 0");
  EXPECT_FALSE(has_children());
  EXPECT_EQ(runner().size(), 0u);
}

TEST_F(TaskEndTest, AChildThatIsLeftBehindEnds) {
  const auto task = run("(trap '' TERM HUP; echo $$ >&3; sleep 1000) & sh -c 'echo $PPID' >&3; exit 4");
  EXPECT_EQ(task->exit->code, 4);
  EXPECT_FALSE(has_children());
}

TEST_F(TaskEndTest, AGroupOfAShellWithJobControlEnds) {
  const auto task = start(launch({"bash", "-c", "set -m; sleep 1000 & echo $! >&3; wait"}));
  const std::int64_t child = said(*task);
  const auto stat = processes::read_stat(child);
  ASSERT_TRUE(stat);
  EXPECT_NE(stat->group, task->process->pid()) << "it is in a group of its own";
  task->process->signal(SIGKILL);
  ASSERT_TRUE(run_to_exit(*task));
  EXPECT_FALSE(lives(child));
  EXPECT_FALSE(has_children());
}

TEST_F(TaskEndTest, ADaemonLivesAsLongAsItsTask) {
  const auto other = start("sleep 1000");
  const auto task = start("setsid -f sh -c 'echo $$ >&3; trap \"\" TERM; sleep 1000 & wait'; sleep 1000");
  const std::int64_t daemon = said(*task);
  const auto stat = processes::read_stat(daemon);
  ASSERT_TRUE(stat);
  EXPECT_EQ(stat->session, daemon) << "it is in a session of its own";
  // Its parent has ended, and so it becomes our child. It is looked at, and left alone.
  ASSERT_TRUE(run_until([&] { return processes::read_stat(daemon)->parent == ::getpid(); }));
  run("exit 0");
  EXPECT_TRUE(lives(daemon));
  task->process->signal(SIGTERM);
  ASSERT_TRUE(run_to_exit(*task));
  EXPECT_FALSE(lives(daemon));
  EXPECT_FALSE(other->exit);
  EXPECT_TRUE(lives(other->process->pid()));
}

TEST_F(TaskEndTest, ADaemonsChildrenEndWithIt) {
  const auto task = start(
      "setsid -f sh -c 'setsid sleep 1000 & setsid sleep 1000 & echo 1 >&3; wait'\n"
      "setsid -f setsid -f setsid -f sh -c 'echo 2 >&3; exec sleep 1000'\n"
      "read -r line <&3\n");
  said(*task, 1);
  task->process->send("end");
  ASSERT_TRUE(run_to_exit(*task));
  EXPECT_FALSE(has_children());
}

TEST_F(TaskEndTest, WhoHidesPerfectlyIsReapedOnly) {
  const auto task = start("env -i setsid -f sh -c 'echo $$ >&3; exec sleep 1000'; read -r line <&3");
  const std::int64_t hidden = said(*task);
  task->process->send("end");
  ASSERT_TRUE(run_to_exit(*task)) << "it waits for who holds its pipes, but not for ever";
  EXPECT_TRUE(lives(hidden)) << "this is what the header says";
  ::kill(static_cast<pid_t>(hidden), SIGKILL);
  EXPECT_TRUE(run_until([] { return !has_children(); }));
}

TEST_F(TaskEndTest, OrphansAreReapedWhileTheTaskRuns) {
  const auto task = start("for i in 1 2 3 4 5 6 7 8 9; do setsid -f true; (true &); done; echo 0 >&3; sleep 1000");
  said(*task);
  EXPECT_TRUE(run_until([&] {
    const auto pids = processes::list_processes();
    return std::none_of(pids.begin(), pids.end(), [](std::int64_t pid) {
      const auto stat = processes::read_stat(pid);
      return stat && stat->parent == ::getpid() && stat->ended();
    });
  }));
  EXPECT_FALSE(task->exit);
}

TEST_F(TaskEndTest, SomebodyElsesChildIsNotTouched) {
  pid_t guard = 0;
  const char* const arguments[] = {"true", nullptr};
  char* const environment[] = {nullptr};
  open_runner({.somebody_elses = [&](std::int64_t pid) { return pid == guard; }});
  ASSERT_EQ(::posix_spawn(&guard, "/bin/true", nullptr, nullptr, const_cast<char* const*>(arguments), environment), 0);
  siginfo_t info{};
  ASSERT_EQ(::waitid(P_PID, static_cast<id_t>(guard), &info, WEXITED | WNOWAIT), 0);
  for (int i = 0; i < 3; ++i) run("exit 0");
  int status = 0;
  EXPECT_EQ(::waitpid(guard, &status, WNOHANG), guard) << "its end is still there for who asks";
}

TEST_F(TaskEndTest, AMultithreadedTaskWhoseFirstThreadEndsRunsOn) {
  const auto task =
      start(launch({"python3", "-c",
                    "import ctypes, os, threading\n"
                    "def work():\n"
                    "    while open('/proc/%d/stat' % os.getpid()).read().rsplit(')')[1].split()[0] != 'Z': pass\n"
                    "    os.write(3, b'alone\\n')\n"
                    "    os.read(3, 1)\n"
                    "    os._exit(6)\n"
                    "threading.Thread(target=work).start()\n"
                    "ctypes.CDLL(None).pthread_exit(None)\n"}));
  ASSERT_TRUE(run_until([&] { return !task->lines.empty() || task->exit; }));
  run("exit 0");
  EXPECT_FALSE(task->exit);
  task->process->send("end");
  ASSERT_TRUE(run_to_exit(*task));
  EXPECT_EQ(task->exit->code, 6);
}

TEST_F(TaskEndTest, TheEndOfTheRunnerEndsEverything) {
  std::vector<std::unique_ptr<RunningTask>> many;
  for (int i = 0; i < 20; ++i)
    many.push_back(start("trap '' TERM; setsid -f sleep 1000; sleep 1000 & echo 1 >&3; while :; do wait; done"));
  ASSERT_TRUE(run_until(
      [&] { return std::all_of(many.begin(), many.end(), [](const auto& task) { return !task->lines.empty(); }); }));
  close_runner();
  EXPECT_FALSE(has_children());
  for (const auto& task : many) EXPECT_FALSE(task->exit);
  // Processes may outlive the runner and its loop.
  loop.reset();
  for (const auto& task : many) {
    task->process->signal(SIGKILL);
    task->process->send("anybody?");
  }
  EXPECT_THAT(notes, IsEmpty());
}

TEST_F(TaskEndTest, TheEndOfTheRunnerTakesItsLastOutput) {
  const auto task = start("echo before; echo 1 >&3; sleep 1000");
  said(*task);
  close_runner();
  EXPECT_EQ(task->out(), "before\n");
}

TEST_F(TaskEndTest, AnAbandonedTaskIsReaped) {
  auto task = start("trap '' TERM; sleep 1000");
  EXPECT_EQ(runner().size(), 1u);
  task->process.reset();
  EXPECT_TRUE(run_until([&] { return runner().size() == 0; }));
  EXPECT_FALSE(has_children());
}

}  // namespace
}  // namespace stellwerk::test
