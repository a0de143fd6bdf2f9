/// What a worker that starts finds of its predecessor's tasks.
#include "processes/leftovers.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sched.h>
#include <sys/wait.h>

#include <csignal>
#include <filesystem>
#include <fstream>

#include "integration/task_fixture.h"
#include "processes/mark.h"
#include "processes/proc.h"
#include "tasks/descriptors.h"
#include "tasks/spawn.h"

namespace stellwerk::test {
namespace {

using processes::end_leftovers;
using processes::Leftover;
using processes::LeftoverEnd;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

/// Who started them: there is no such process. An even number, so that the next one is nobody's.
const Leftover kWorker{1 << 30, 2LL * ::getpid()};

/// Tasks without a runner: nobody watches them, as when their worker was killed.
class TaskLeftoversTest : public testing::Test {
 protected:
  ~TaskLeftoversTest() override {
    for (const pid_t pid : started_) {
      ::kill(-pid, SIGKILL);
      ::waitpid(pid, nullptr, 0);
    }
  }

  /// A task of which `folder`/ready is there when it stands.
  Leftover start(const std::string& script, std::vector<std::string> command = {"sh", "-c"}) {
    std::filesystem::remove(folder / "ready");
    command.push_back(script);
    const worker::Launch launch{command, {{"PATH", "/usr/bin:/bin"}}, folder.path(), "", ""};
    const int fd = null_.get();
    const std::string mark = processes::mark_prefix(kWorker.pid, kWorker.started) + std::to_string(started_.size() + 1);
    const auto spawned = tasks::spawn({launch, {fd, fd, fd, fd}, mark, std::nullopt});
    EXPECT_TRUE(spawned) << spawned.error().text;
    const pid_t pid = spawned->pid;
    started_.push_back(pid);
    while (script.find("ready") != std::string::npos && !std::filesystem::exists(folder / "ready")) ::sched_yield();
    return {pid, processes::read_stat(pid)->started};
  }
  LeftoverEnd end(Leftover what) { return end_leftovers(std::span(&what, 1)).at(0); }

  TempDir folder;

 private:
  FileDescriptor null_ = std::move(*tasks::move_up(FileDescriptor(::open("/dev/null", O_RDWR | O_CLOEXEC)), 10));
  std::vector<pid_t> started_;
};

TEST_F(TaskLeftoversTest, AGroupIsEnded) {
  const Leftover task = start("trap '' TERM; sleep 1000 & sleep 1000 & >ready; wait; wait");
  const LeftoverEnd end_of = end(task);
  ASSERT_THAT(end_of.killed, SizeIs(3));
  EXPECT_THAT(end_of.left, IsEmpty());
  EXPECT_FALSE(lives(task.pid));
  EXPECT_THAT(end_of.text(), HasSubstr("was ended, by SIGKILL: " + std::to_string(end_of.killed[0]) + ", "));
}

TEST_F(TaskLeftoversTest, AnotherStartIsAnotherProcess) {
  Leftover task = start("sleep 1000");
  --task.started;
  const LeftoverEnd end_of = end(task);
  EXPECT_TRUE(end_of.taken);
  EXPECT_THAT(end_of.killed, IsEmpty());
  EXPECT_TRUE(lives(task.pid));
  EXPECT_THAT(end_of.text(), HasSubstr("another process' now"));
  task.started += 2;
  EXPECT_TRUE(end(task).taken);
  EXPECT_TRUE(lives(task.pid));
}

TEST_F(TaskLeftoversTest, NoNumberIsOursOrEverybodys) {
  for (const std::int64_t pid :
       {std::int64_t{-1}, std::int64_t{0}, std::int64_t{1}, std::int64_t{::getpgrp()}, std::int64_t{::getsid(0)}})
    EXPECT_TRUE(end({pid, 0}).taken) << pid;
  const auto parent = processes::read_stat(::getpid());
  EXPECT_TRUE(end({::getpid(), parent->started - 1}).taken);
}

TEST_F(TaskLeftoversTest, MembersAreFoundWithoutTheirFirst) {
  const Leftover task = start("sleep 1000 & echo $! >child; mv child ready");
  std::int64_t child = 0;
  std::ifstream(folder / "ready") >> child;
  siginfo_t ignored{};
  ASSERT_EQ(::waitid(P_PID, static_cast<id_t>(task.pid), &ignored, WEXITED), 0);
  ASSERT_FALSE(processes::read_stat(task.pid));
  ASSERT_TRUE(lives(child));

  EXPECT_THAT(end({task.pid, processes::read_stat(child)->started + 1}).killed, IsEmpty())
      << "it started before: it is not that task's";
  EXPECT_TRUE(lives(child));
  EXPECT_THAT(end(task).killed, ElementsAre(child));
  EXPECT_FALSE(lives(child));
}

TEST_F(TaskLeftoversTest, AnotherGroupOfTheSessionIsEnded) {
  const Leftover task = start("set -m; sleep 1000 & >ready; wait", {"bash", "-c"});
  EXPECT_THAT(end(task).killed, SizeIs(2));
}

TEST_F(TaskLeftoversTest, ANameIsNoTrap) {
  const std::string name = "a) R 1 1 1";
  std::filesystem::copy_file(std::filesystem::canonical("/bin/sleep"), folder / name);
  const Leftover task = start("1000", {"./" + name});
  EXPECT_THAT(end(task).killed, ElementsAre(task.pid));
  EXPECT_FALSE(lives(task.pid));
}

TEST_F(TaskLeftoversTest, WhatHasEndedIsSaid) {
  const Leftover ended = start("exit 0");
  siginfo_t ignored{};
  ASSERT_EQ(::waitid(P_PID, static_cast<id_t>(ended.pid), &ignored, WEXITED | WNOWAIT), 0);
  EXPECT_THAT(end(ended).killed, IsEmpty()) << "a zombie has ended";
  EXPECT_THAT(end(ended).text(), HasSubstr("nothing is left"));
}

TEST_F(TaskLeftoversTest, DaemonsAreFoundByTheirWorkersMark) {
  const Leftover task =
      start("setsid -f sh -c 'sleep 1000 & setsid sleep 1000 & >ready; echo $$ >daemon; wait'; sleep 1000");
  std::int64_t daemon = 0;
  while (!(std::ifstream(folder / "daemon") >> daemon)) ::sched_yield();
  EXPECT_THAT(processes::end_daemons_of({kWorker.pid, kWorker.started + 1}).killed, IsEmpty()) << "another worker's";
  EXPECT_TRUE(lives(daemon));
  const LeftoverEnd end_of = processes::end_daemons_of(kWorker);
  EXPECT_THAT(end_of.killed, testing::IsSupersetOf({daemon, task.pid}));
  EXPECT_THAT(end_of.left, IsEmpty());
  EXPECT_FALSE(lives(daemon));
}

TEST_F(TaskLeftoversTest, TasksOfAWorkerThatLivesAreNotLeftOver) {
  const auto self = processes::read_stat(::getpid());
  const Leftover us{self->pid, self->started};
  const Leftover task =
      start("sleep 1000",
            {"env", processes::kMarkVariable + ("=" + processes::mark_prefix(us.pid, us.started)) + "1", "sh", "-c"});
  EXPECT_THAT(processes::end_daemons_of(us).killed, IsEmpty());
  EXPECT_TRUE(lives(task.pid));
}

TEST_F(TaskLeftoversTest, ATaskIsFoundByItsMark) {
  const Leftover task = start("setsid -f sh -c '>ready; sleep 1000'; sleep 1000");
  const std::string prefix = processes::mark_prefix(kWorker.pid, kWorker.started);
  std::vector<std::int64_t> found;
  for (const Leftover& each : processes::find_marked({prefix + "1"})) found.push_back(each.pid);
  EXPECT_THAT(found, SizeIs(2)) << "its own, and the daemon's";
  EXPECT_THAT(found, testing::Contains(task.pid));
  EXPECT_THAT(processes::find_marked({prefix + "2"}), IsEmpty());
  EXPECT_THAT(processes::find_marked({prefix}), IsEmpty());
  processes::end_daemons_of(kWorker);
  EXPECT_THAT(processes::find_marked({prefix + "1"}), IsEmpty());
}

TEST_F(TaskLeftoversTest, ManyAreEndedTogetherInTheirOrder) {
  std::vector<Leftover> tasks;
  for (int i = 0; i < 50; ++i) tasks.push_back(start("sleep 1000"));
  --tasks[7].started;
  const auto ends = end_leftovers(tasks);
  ASSERT_THAT(ends, SizeIs(50));
  for (std::size_t i = 0; i < 50; ++i) {
    EXPECT_EQ(ends[i].what.pid, tasks[i].pid);
    EXPECT_EQ(ends[i].taken, i == 7);
    EXPECT_EQ(lives(tasks[i].pid), i == 7);
  }
  EXPECT_THAT(end_leftovers({}), IsEmpty());
}

}  // namespace
}  // namespace stellwerk::test
