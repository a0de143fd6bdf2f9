/// Our end of a control channel, with the test at the other one.
#include <gmock/gmock.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <optional>

#include "base/file_descriptor.h"
#include "support/real_loop.h"
#include "tasks/control_channel.h"

namespace stellwerk::test {
namespace {

using tasks::ControlChannel;

/// So many lines that their second is over.
constexpr std::size_t kMany = tasks::kControlReadInSecondMax / tasks::kControlLineCost + 1;

class TaskChannelTest : public testing::Test {
 protected:
  TaskChannelTest() {
    std::array<int, 2> ends{};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()), 0);
    theirs = FileDescriptor(ends[0]);
    ControlChannel::Handler handler;
    handler.on_line = [this](const std::string&) {
      ++lines;
      if (lines == close_at) channel.reset();
    };
    handler.on_long_line = [] {};
    handler.on_end = [this] { ended = true; };
    channel.emplace(loop.io(), FileDescriptor(ends[1]), std::move(handler));
  }

  void say(std::size_t count) {
    std::string text;
    for (std::size_t i = 0; i < count; ++i) text += "w\n";
    ASSERT_EQ(::write(theirs.get(), text.data(), text.size()), static_cast<ssize_t>(text.size()));
  }
  bool run_until(const std::function<bool()>& done) { return loop.run_until(done, std::chrono::seconds(100)); }

  RealLoop loop;
  FileDescriptor theirs;
  std::size_t lines = 0;
  std::size_t close_at = 0;
  bool ended = false;
  std::optional<ControlChannel> channel;
};

TEST_F(TaskChannelTest, WhatIsThereIsTakenAtOnce) {
  say(3 * kMany);
  channel->take_rest();
  EXPECT_EQ(lines, 3 * kMany);
  EXPECT_FALSE(ended);
  theirs.reset();
  ASSERT_TRUE(run_until([&] { return ended; }));
  EXPECT_EQ(lines, 3 * kMany);
}

TEST_F(TaskChannelTest, WhoHasEndedIsNotWaitedFor) {
  say(kMany);
  ASSERT_TRUE(run_until([&] { return lines == kMany; }));
  say(2 * kMany);
  theirs.reset();
  channel->hurry();
  ASSERT_TRUE(run_until([&] { return ended; }));
  EXPECT_EQ(lines, 3 * kMany);
}

TEST_F(TaskChannelTest, ALineMayCloseIt) {
  close_at = 2;
  say(3);
  channel->take_rest();
  EXPECT_FALSE(channel);
  EXPECT_EQ(lines, 2U);
}

}  // namespace
}  // namespace stellwerk::test
