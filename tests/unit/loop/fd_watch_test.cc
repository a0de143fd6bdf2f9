#include "loop/fd_watch.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <string>

namespace stellwerk::loop {
namespace {

class FdWatchTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends.data()), 0);
  }
  void TearDown() override {
    watch.disarm();
    for (const int fd : ends) {
      if (fd != -1) ::close(fd);
    }
  }
  FdWatch::Ready record() {
    return [this](bool readable, bool writable) {
      events += readable ? "r" : "";
      events += writable ? "w" : "";
      events += ";";
    };
  }
  void turn() {
    io.restart();
    io.poll();
  }

  boost::asio::io_context io;
  FdWatch watch{io};
  std::array<int, 2> ends{-1, -1};
  std::string events;
};

TEST_F(FdWatchTest, TellsOncePerArm) {
  ASSERT_TRUE(watch.arm(ends[0], true, false, record()));
  turn();
  EXPECT_EQ(events, "");
  ASSERT_EQ(::write(ends[1], "xy", 2), 2);
  turn();
  turn();
  EXPECT_EQ(events, "rw;") << "it can be written as well";
  ASSERT_TRUE(watch.arm(ends[0], true, false, record()));
  turn();
  EXPECT_EQ(events, "rw;rw;") << "what was readable before is told again";
}

TEST_F(FdWatchTest, ReadAndWriteTogetherAreOneEvent) {
  ASSERT_EQ(::write(ends[1], "x", 1), 1);
  ASSERT_TRUE(watch.arm(ends[0], true, true, record()));
  turn();
  turn();
  EXPECT_EQ(events, "rw;");
}

TEST_F(FdWatchTest, NothingComesAfterDisarm) {
  ASSERT_TRUE(watch.arm(ends[0], true, true, record()));
  ASSERT_EQ(::write(ends[1], "x", 1), 1);
  watch.disarm();
  turn();
  EXPECT_EQ(events, "");
}

TEST_F(FdWatchTest, AReusedNumberIsAnotherFile) {
  ASSERT_TRUE(watch.arm(ends[0], true, false, record()));
  watch.disarm();
  const int number = ends[0];
  ::close(ends[0]);
  ::close(ends[1]);
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends.data()), 0);
  ASSERT_EQ(ends[0], number) << "the lowest free number is given";
  ASSERT_TRUE(watch.arm(ends[0], true, false, record()));
  turn();
  EXPECT_EQ(events, "");
  ASSERT_EQ(::write(ends[1], "x", 1), 1);
  turn();
  EXPECT_EQ(events, "rw;");
}

TEST_F(FdWatchTest, AHangUpCountsAsBoth) {
  ASSERT_TRUE(watch.arm(ends[0], true, false, record()));
  ::close(ends[1]);
  ends[1] = -1;
  turn();
  EXPECT_EQ(events, "rw;");
}

TEST_F(FdWatchTest, AClosedDescriptorIsRefused) {
  const int number = ::dup(ends[0]);
  ::close(number);
  EXPECT_FALSE(watch.arm(number, true, false, record()));
}

TEST_F(FdWatchTest, TheReadyHandlerMayArmAgainOrDestroyTheWatch) {
  auto own = std::make_unique<FdWatch>(io);
  ASSERT_EQ(::write(ends[1], "x", 1), 1);
  int calls = 0;
  FdWatch::Ready again = [&](bool, bool) {
    if (++calls == 3) {
      own.reset();
    } else {
      own->arm(ends[0], true, false, again);
    }
  };
  ASSERT_TRUE(own->arm(ends[0], true, false, again));
  io.run_for(std::chrono::seconds(30));
  EXPECT_EQ(calls, 3);
}

}  // namespace
}  // namespace stellwerk::loop
