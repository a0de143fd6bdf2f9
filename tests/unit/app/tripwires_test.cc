#include "app/tripwires.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "guard/datagram.h"

namespace stellwerk::app {
namespace {

constexpr int kPatienceMs = 20'000;

bool hung_up(int fd, int wait_ms) {
  pollfd wire{fd, 0, 0};
  return ::poll(&wire, 1, wait_ms) == 1 && (wire.revents & POLLHUP) != 0;
}

TEST(Tripwires, HangUpWhenTheyAreTakenUp) {
  FileDescriptor first, second;
  {
    const Tripwires wires;
    ASSERT_TRUE(wires.laid());
    first.reset(::dup(wires.ends()[0]));
    second.reset(::dup(wires.ends()[1]));
    EXPECT_FALSE(hung_up(first.get(), 0));
    EXPECT_FALSE(hung_up(second.get(), 0));
  }
  EXPECT_TRUE(hung_up(first.get(), kPatienceMs));
  EXPECT_TRUE(hung_up(second.get(), kPatienceMs));
}

TEST(Tripwires, HoldNothingElseOpen) {
  std::array<int, 2> pair{-1, -1};
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair.data()), 0);
  FileDescriptor ours(pair[0]);
  const FileDescriptor theirs(pair[1]);
  const Tripwires wires;
  ours.reset();
  EXPECT_TRUE(hung_up(theirs.get(), kPatienceMs));
}

TEST(Tripwires, HangUpWhenTheProcessIsKilled) {
  std::array<int, 2> pair{-1, -1};
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair.data()), 0);
  const FileDescriptor ours(pair[0]);
  FileDescriptor theirs(pair[1]);
  const pid_t child = ::fork();
  if (child == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    const Tripwires wires;
    if (!wires.laid() || !guard::send_datagram(theirs.get(), "laid", wires.ends())) ::_exit(1);
    for (;;) ::pause();
  }
  ASSERT_GT(child, 0);
  theirs.reset();
  pollfd told{ours.get(), POLLIN, 0};
  ASSERT_EQ(::poll(&told, 1, kPatienceMs), 1);
  std::array<char, 16> text{};
  const auto got = guard::receive_datagram(ours.get(), text);
  const FileDescriptor first(got.descriptors[0]), second(got.descriptors[1]);
  EXPECT_FALSE(hung_up(first.get(), 0));
  ASSERT_EQ(::kill(child, SIGKILL), 0);
  EXPECT_TRUE(hung_up(first.get(), kPatienceMs));
  EXPECT_TRUE(hung_up(second.get(), kPatienceMs));
  EXPECT_EQ(::waitpid(child, nullptr, 0), child);
}

}  // namespace
}  // namespace stellwerk::app
