#include "drill/child.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "drill/system_processes.h"
#include "support/temp_dir.h"

namespace stellwerk::drill {
namespace {

constexpr std::chrono::milliseconds kPatience = std::chrono::seconds(60);

std::string text_of(const std::string& path) {
  std::ifstream file(path);
  std::stringstream all;
  all << file.rdbuf();
  return all.str();
}

class ChildTest : public testing::Test {
 protected:
  Child start(const std::string& script) {
    auto child = Child::start({{"/bin/sh", "-c", script},
                               folder_.path().string(),
                               std::string(kDrillVariable) + "=" + folder_.path().string()});
    EXPECT_TRUE(child.has_value());
    return std::move(*child);
  }
  test::TempDir folder_;
};

TEST_F(ChildTest, ItsOutputAndItsExitCode) {
  Child child = start("echo one; echo two >&2; exit 3");
  ASSERT_TRUE(child.await_end(kPatience));
  EXPECT_EQ(child.exit_code(), 3);
  EXPECT_EQ(text_of(folder_.path().string() + "/out"), "one\ntwo\n");
}

TEST_F(ChildTest, ItStandsInItsFolder) {
  Child child = start("pwd");
  ASSERT_TRUE(child.await_end(kPatience));
  EXPECT_THAT(text_of(folder_.path().string() + "/out"), testing::HasSubstr(folder_.path().filename().string()));
}

TEST_F(ChildTest, WhatDoesNotListenIsKilled) {
  Child child = start("trap '' TERM; echo ready; while :; do sleep 1; done");
  const std::int64_t pid = child.pid();
  EXPECT_TRUE(process_runs(pid));
  child.end(std::chrono::milliseconds(1));
  EXPECT_FALSE(child.runs());
  EXPECT_FALSE(process_runs(pid));
}

TEST_F(ChildTest, OneThatStandsStillCanBeEnded) {
  Child child = start("exec sleep 600");
  ASSERT_TRUE(send_signal(child.pid(), SIGSTOP));
  child.end(kPatience);
  EXPECT_FALSE(child.runs());
}

TEST_F(ChildTest, WhatItLeftInItsFolderIsEndedToo) {
  Child child = start("setsid sleep 600 & echo $!; wait");
  std::int64_t left = 0;
  while (left == 0) std::istringstream(text_of(folder_.path().string() + "/out")) >> left;
  child.end(std::chrono::milliseconds(0));
  EXPECT_TRUE(end_leftovers(folder_.path().string()));
  std::error_code gone;
  (void)std::filesystem::read_symlink("/proc/" + std::to_string(left) + "/cwd", gone);
  EXPECT_TRUE(gone) << "it stands nowhere any more when the call returns";
}

TEST_F(ChildTest, WhoeverElseStandsThereIsLeftAlone) {
  auto other = Child::start({{"/bin/sh", "-c", "exec sleep 600"}, folder_.path().string(), ""});
  ASSERT_TRUE(other.has_value());
  EXPECT_TRUE(end_leftovers(folder_.path().string()));
  EXPECT_TRUE(other->runs());
}

TEST_F(ChildTest, AProgramThatIsNotThere) {
  auto child = Child::start({{"/nonexistent/program"}, folder_.path().string(), ""});
  ASSERT_TRUE(child.has_value());
  ASSERT_TRUE(child->await_end(kPatience));
  EXPECT_EQ(child->exit_code(), 127);
}

TEST(SystemProcessesTest, AProcessThatIsGone) {
  const auto sent = send_signal(0, SIGTERM);
  ASSERT_TRUE(sent.has_error());
  EXPECT_EQ(sent.error().code, Errc::not_found);
  EXPECT_FALSE(process_runs(0));
}

TEST(SystemProcessesTest, PortsAreFree) {
  EXPECT_NE(free_port(), 0);
}

}  // namespace
}  // namespace stellwerk::drill
