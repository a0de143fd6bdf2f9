/// What a task writes: stdout, stderr, and its control channel.
#include <fcntl.h>
#include <gmock/gmock.h>

#include <csignal>
#include <filesystem>

#include "integration/task_fixture.h"
#include "tasks/control_channel.h"

namespace stellwerk::test {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
namespace fs = std::filesystem;

class TaskOutputTest : public TaskFixture {};

TEST_F(TaskOutputTest, EachStreamHasItsFile) {
  const auto task = run("echo one; echo two >&2; printf three");
  EXPECT_EQ(task->out(), "one\nthree");
  EXPECT_EQ(task->err(), "two\n");
  EXPECT_EQ(task->exit->error_tail, "two");
}

TEST_F(TaskOutputTest, TheNextAttemptWritesBehindTheOneBefore) {
  worker::Launch what = shell("echo one");
  run(what);
  what.command.back() = "echo two";
  EXPECT_EQ(run(what)->out(), "one\ntwo\n");
}

TEST_F(TaskOutputTest, LinesOfStdoutAreShownWithTheirTasksPrefix) {
  const std::string shown = folder / "worker.out";
  const FileDescriptor sink(::open(shown.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600));
  open_runner({.sink = sink.get()});
  worker::Launch what = shell("echo '(word,1)'; echo not this >&2; printf end");
  what.prefix = "count 3> ";
  run(what);
  EXPECT_EQ(read_file(shown), "count 3> (word,1)\ncount 3> end\n");
}

TEST_F(TaskOutputTest, AFloodFillsItsFilesAndNoMore) {
  constexpr std::uint64_t kFileBytes = 100'000;
  const FileDescriptor sink(::open("/dev/null", O_WRONLY | O_CLOEXEC));
  open_runner({.output = {.file_bytes = kFileBytes, .older_files = 2}, .sink = sink.get()});
  const auto flood = start("yes 'all work and no play' | head -c 21000000; echo done");
  const auto errors = start("yes 'all work and no play' | head -c 5250000 >&2; echo the end >&2; exit 1");
  const auto other = run("echo quick");
  EXPECT_EQ(other->out(), "quick\n");
  ASSERT_TRUE(run_to_exit(*flood));
  ASSERT_TRUE(run_to_exit(*errors));
  EXPECT_TRUE(flood->out().ends_with("all work and no play\ndone\n") || flood->out() == "done\n");
  EXPECT_TRUE(errors->exit->error_tail.ends_with("all work and no play\nthe end"));
  for (const char* name : {".out", ".out.1", ".out.2"}) {
    ASSERT_TRUE(fs::exists(flood->output + name)) << name;
    EXPECT_LE(fs::file_size(flood->output + name), kFileBytes) << name;
  }
  EXPECT_FALSE(fs::exists(flood->output + ".out.3"));
  EXPECT_THAT(notes, IsEmpty());
}

TEST_F(TaskOutputTest, AFullDiskDoesNotStopATask) {
  const worker::Launch what = shell("yes | head -c 300000; echo why >&2; exit 2");
  fs::create_symlink("/dev/full", what.output + ".out");
  const auto task = run(what);
  EXPECT_EQ(task->exit->code, 2);
  EXPECT_EQ(task->exit->error_tail, "why");
  EXPECT_EQ(task->err(), "why\n");
  EXPECT_TRUE(run_until([&] { return notes.size() == 2; }));
  EXPECT_THAT(notes, ElementsAre(AllOf(HasSubstr(".out"), HasSubstr("No space left")),
                                 HasSubstr("300000 bytes of a task's output are missing in " + what.output + ".out")));
}

TEST_F(TaskOutputTest, AFolderThatIsMissingDoesNotStopATask) {
  worker::Launch what = shell("echo lost; exit 3");
  what.output = folder / "gone/task";
  EXPECT_EQ(run(what)->exit->code, 3);
  EXPECT_TRUE(run_until([&] { return noted("No such file"); }));
}

TEST_F(TaskOutputTest, ATaskThatClosesItsOutputRunsOn) {
  const auto task = run("exec >&- 2>&- ; echo still here >&3; exit 9");
  EXPECT_EQ(task->exit->code, 9);
  EXPECT_THAT(task->lines, ElementsAre("still here"));
}

TEST_F(TaskOutputTest, WhatIsNoUtf8IsReplacedForTheCauseOnly) {
  const auto task = run("printf 'caf\\351\\n' >&2; exit 1");
  EXPECT_EQ(task->err(), "caf\xe9\n");
  EXPECT_EQ(task->exit->error_tail, "caf\uFFFD");
}

TEST_F(TaskOutputTest, LinesOfTheChannelMayHoldAnything) {
  const auto task = run("printf 'a\\0b\\n\\n\\377\\376\\r\\n' >&3");
  EXPECT_THAT(task->lines, ElementsAre(std::string("a\0b", 3), "", "\xff\xfe\r"));
}

TEST_F(TaskOutputTest, ALineWithoutAnEndIsNotTold) {
  EXPECT_THAT(run("printf 'whole\\nhalf' >&3")->lines, ElementsAre("whole"));
}

TEST_F(TaskOutputTest, ALineThatIsTooLongIsLeftOutAndSaidOnce) {
  const std::string max = std::to_string(worker::kControlLineBytesMax);
  const auto task =
      run("line() { head -c $1 /dev/zero | tr '\\0' x >&3; echo >&3; }\n"
          "line " +
          max + "; line $((" + max + " + 1)); echo one >&3; line 3000000; echo two >&3");
  ASSERT_THAT(task->lines, SizeIs(3));
  EXPECT_EQ(task->lines[0].size(), worker::kControlLineBytesMax);
  EXPECT_EQ(task->lines[1], "one");
  EXPECT_EQ(task->lines[2], "two");
  EXPECT_THAT(notes, ElementsAre(HasSubstr("control channel")));
}

TEST_F(TaskOutputTest, RubbishWithoutAnyEndIsNotKept) {
  const auto task = run("head -c 10000000 /dev/zero >&3");
  EXPECT_THAT(task->lines, IsEmpty());
  EXPECT_THAT(notes, SizeIs(1));
}

TEST_F(TaskOutputTest, WhoSaysVeryMuchIsHeardToItsEndAllTheSame) {
  const int many = 2 * static_cast<int>(tasks::kControlReadInSecondMax / tasks::kControlLineCost) + 1;
  const auto task = run("yes word | head -n " + std::to_string(many) + " >&3; echo last >&3");
  ASSERT_THAT(task->lines, SizeIs(many + 1));
  EXPECT_EQ(task->lines.back(), "last");
}

TEST_F(TaskOutputTest, ATaskThatClosesItsChannelRunsOn) {
  const auto task = start("exec 3>&-; read -r line </dev/stdin; sleep 1000");
  for (int i = 0; i < 100; ++i) task->process->send("anybody?");
  loop->run_for(std::chrono::milliseconds(20));
  task->process->send("anybody?");
  task->process->signal(SIGTERM);
  ASSERT_TRUE(run_to_exit(*task));
  EXPECT_EQ(task->exit->signal, SIGTERM);
}

TEST_F(TaskOutputTest, WhoOnlyStopsToSpeakStillListens) {
  const auto task = start(launch({"python3", "-c",
                                  "import socket\n"
                                  "channel = socket.socket(fileno=3)\n"
                                  "channel.sendall(b'bye\\n')\n"
                                  "channel.shutdown(socket.SHUT_WR)\n"
                                  "print(channel.recv(100).decode(), end='')\n"}));
  ASSERT_TRUE(run_until([&] { return !task->lines.empty() || task->exit; }));
  loop->run_for(std::chrono::milliseconds(20));
  task->process->send("one more word");
  ASSERT_TRUE(run_to_exit(*task));
  EXPECT_EQ(task->out(), "one more word\n");
}

TEST_F(TaskOutputTest, ManyLinesAreSentAsFastAsTheyAreRead) {
  const auto task = start("n=0; while read -r line <&3 && [ \"$line\" != end ]; do n=$((n+1)); done; echo $n");
  constexpr int kLines = 20'000;  // more than the system's socket holds
  for (int i = 0; i < kLines; ++i) task->process->send("abcdefghij");
  task->process->send("end");
  ASSERT_TRUE(run_to_exit(*task));
  EXPECT_EQ(task->out(), std::to_string(kLines) + "\n");
}

}  // namespace
}  // namespace stellwerk::test
