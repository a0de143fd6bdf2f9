/// How a task's process begins: with what it is given, and with nothing else of ours.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <csignal>

#include "integration/task_fixture.h"
#include "processes/proc.h"
#include "tasks/descriptors.h"
#include "tasks/witness.h"

namespace stellwerk::test {
namespace {

using testing::HasSubstr;
using testing::MatchesRegex;

class TaskStartTest : public TaskFixture {
 protected:
  void add(const std::string& name, const std::string& text) {
    write_file(folder / name, text);
    ASSERT_EQ(::chmod((folder / name).c_str(), 0755), 0);
  }
};

/// Who notes what it hears.
class NotingWitness : public tasks::Witness {
 public:
  bool starts(const std::string&, bool leased) override {
    heard += leased ? "leased " : "starts ";
    return answer;
  }
  void runs(std::int64_t, std::int64_t) override { heard += "runs "; }
  void not_started() override { heard += "not started "; }
  void ended(std::int64_t, std::int64_t) override { heard += "ended "; }

  bool answer = true;
  std::string heard;
};

TEST_F(TaskStartTest, ALeasedOneStartsOnlyWhereSomebodyWatchesOverItsLease) {
  worker::Launch leased = shell("echo it runs");
  leased.leased = true;
  EXPECT_THAT(failed_start(leased).text, HasSubstr("run only beside their worker's guard"));
  NotingWitness witness;
  tasks::RunnerSetup setup;
  setup.witness = &witness;
  open_runner(std::move(setup));
  EXPECT_EQ(run(leased)->out(), "it runs\n");
  EXPECT_EQ(witness.heard, "leased runs ended ");
  witness.heard.clear();
  witness.answer = false;
  failed_start(leased);
  EXPECT_EQ(witness.heard, "leased ") << "and nothing was started";
  run("exit 0");
  close_runner();
}

TEST_F(TaskStartTest, ItHasFourDescriptorsAndNoMore) {
  // As a library that does not know better.
  const FileDescriptor low(::open("/dev/null", O_RDONLY));
  const FileDescriptor high(::fcntl(low.get(), F_DUPFD, 777));
  start("sleep 1000");  // another task's are not there either
  const auto task = run(launch({"ls", "-l", "/proc/self/fd"}));
  EXPECT_THAT(task->out(), MatchesRegex("total 0\n"
                                        "[^>]* 0 -> /dev/null\n"
                                        "[^>]* 1 -> pipe:\\[[0-9]+\\]\n"
                                        "[^>]* 2 -> pipe:\\[[0-9]+\\]\n"
                                        "[^>]* 3 -> socket:\\[[0-9]+\\]\n"
                                        "[^>]* 4 -> /proc/[0-9]+/fd\n"))
      << "the last is its own";
}

TEST_F(TaskStartTest, NothingOfItStaysOpenHere) {
  run("exit 0");
  const std::size_t before = count_descriptors();
  for (int i = 0; i < 3; ++i) run("echo a; echo b >&2; echo c >&3");
  failed_start(launch({"no-such-program"}));
  add("script", "#!/no/such/interpreter\n");
  failed_start(launch({"./script"}));
  EXPECT_TRUE(run_until([&] { return count_descriptors() == before; }));
}

TEST_F(TaskStartTest, ItsWritesWait) {
  const auto task = run("grep -h flags: /proc/self/fdinfo/1 /proc/self/fdinfo/2 /proc/self/fdinfo/3");
  EXPECT_EQ(task->out(), "flags:\t01\nflags:\t01\nflags:\t02\n") << "O_NONBLOCK would be 04000";
}

TEST_F(TaskStartTest, EverySignalIsAtItsDefault) {
  struct sigaction old {};
  struct sigaction ignore {};
  ignore.sa_handler = SIG_IGN;
  ASSERT_EQ(::sigaction(SIGPIPE, &ignore, &old), 0);
  sigset_t some, before;
  ::sigemptyset(&some);
  ::sigaddset(&some, SIGUSR1);
  ::sigaddset(&some, SIGTERM);
  ASSERT_EQ(::sigprocmask(SIG_BLOCK, &some, &before), 0);
  const auto task = run(launch({"grep", "-E", "Sig(Blk|Ign)", "/proc/self/status"}));
  // The C library may ignore its own two, 32 and 33, until the program begins.
  EXPECT_THAT(task->out(), MatchesRegex("SigBlk:\t0+\nSigIgn:\t0000000[01][08]0000000\n"));
  ::sigprocmask(SIG_SETMASK, &before, nullptr);
  ::sigaction(SIGPIPE, &old, nullptr);
}

TEST_F(TaskStartTest, ItLeadsAGroupAndASessionOfItsOwn) {
  const auto task = start("sleep 1000");
  const auto stat = processes::read_stat(task->process->pid());
  ASSERT_TRUE(stat);
  EXPECT_EQ(stat->group, stat->pid);
  EXPECT_EQ(stat->session, stat->pid);
  EXPECT_EQ(stat->started, task->process->started());
}

TEST_F(TaskStartTest, ItsEnvironmentIsWhatItWasGivenAndAMark) {
  worker::Launch what = launch({"env"});
  what.environment = {{"PATH", "/usr/bin:/bin"}, {"STELLWERK_TASK_MARK", "somebody's"}, {"X", "a=b c\nd"}};
  EXPECT_THAT(run(what)->out(),
              MatchesRegex("STELLWERK_TASK_MARK=[0-9]+\\.[0-9]+\\.[0-9]+\nPATH=/usr/bin:/bin\nX=a=b c\nd\n"));
}

TEST_F(TaskStartTest, ItStandsInItsFolderWithItsArguments) {
  write_file(folder / "deep/tool", "#!/bin/sh\npwd; printf '%s|' \"$0\" \"$@\"\n");
  ASSERT_EQ(::chmod((folder / "deep/tool").c_str(), 0755), 0);
  worker::Launch what = launch({"./tool", "a b", "", "\xc3\xa9"});
  what.folder = folder / "deep";
  EXPECT_EQ(run(what)->out(), what.folder + "\n./tool|a b||\xc3\xa9|");
}

TEST_F(TaskStartTest, ItGetsTheLimitThatTheWorkerWasGiven) {
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  rlimit low = before;
  low.rlim_cur = 512;
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &low), 0);
  const auto limit = tasks::raise_descriptor_limit();
  ASSERT_GT(limit.now, 512u);
  open_runner({.task_descriptors = limit.before});
  EXPECT_EQ(run("ulimit -n")->out(), "512\n");
  rlimit now{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &now), 0);
  EXPECT_EQ(now.rlim_cur, limit.now);
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
  open_runner({.task_descriptors = before.rlim_cur + 1});
  EXPECT_EQ(run("ulimit -n")->out(), std::to_string(before.rlim_cur) + "\n") << "it is never raised";
}

TEST_F(TaskStartTest, WhatIsHeldForTasksIsNotCopiedForTheNext) {
  const auto low_ones = [] {
    int open = 0;
    for (int fd = 0; fd < tasks::kHeldFrom; ++fd) open += ::fcntl(fd, F_GETFD) == -1 ? 0 : 1;
    return open;
  };
  run("exit 0");
  const int before = low_ones();
  std::vector<std::unique_ptr<RunningTask>> many;
  for (int i = 0; i < 50; ++i) many.push_back(start("sleep 1000"));
  EXPECT_TRUE(run_until([&] { return low_ones() == before; }));
}

TEST_F(TaskStartTest, WhatTheSystemRefusesIsExplained) {
  add("script", "#!/no/such/interpreter\n");
  add("text", "just words\n");
  add("elf",
      "\x7f"
      "ELF and nothing more");
  EXPECT_EQ(failed_start(launch({"./script"})).code, Errc::not_found);
  EXPECT_THAT(failed_start(launch({"./script"})).text, HasSubstr("/no/such/interpreter"));
  EXPECT_EQ(failed_start(launch({"./text"})).code, Errc::refused);
  EXPECT_THAT(failed_start(launch({"./text"})).text, HasSubstr("begins with #!"));
  EXPECT_EQ(failed_start(launch({"./elf"})).code, Errc::refused);
  EXPECT_EQ(failed_start(launch({"true", std::string(1 << 20, 'x')})).code, Errc::refused);
  worker::Launch what = launch({"true"});
  what.folder = folder / "gone";
  EXPECT_EQ(failed_start(what).code, Errc::failed);
  EXPECT_EQ(runner().size(), 0u);
  EXPECT_FALSE(has_children());
}

TEST_F(TaskStartTest, WithoutDescriptorsItSaysSo) {
  runner();
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  // Each start needs one more than the one before; sooner or later each of its steps was the one that failed.
  Error last;
  for (rlim_t soft = count_descriptors() - 1; soft < 100; ++soft) {
    rlimit low = before;
    low.rlim_cur = soft;
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &low), 0);
    const auto started = runner().start(launch({"sleep", "1000"}), {});
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
    if (started) break;
    last = started.error();
    EXPECT_EQ(last.code, Errc::failed) << last.text;
    EXPECT_THAT(last.text, HasSubstr("sleep 1000")) << last.text;
    EXPECT_FALSE(has_children());
  }
  EXPECT_NE(last, Error{});
}

TEST_F(TaskStartTest, AWorkerThatWasStartedWithSigchldIgnoredStillHearsOfEnds) {
  struct sigaction old {};
  struct sigaction ignore {};
  ignore.sa_handler = SIG_IGN;
  ASSERT_EQ(::sigaction(SIGCHLD, &ignore, &old), 0);
  EXPECT_EQ(run("exit 5")->exit->code, 5);
  close_runner();
  ::sigaction(SIGCHLD, &old, nullptr);
}

}  // namespace
}  // namespace stellwerk::test
