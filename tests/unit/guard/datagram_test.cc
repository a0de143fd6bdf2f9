#include "guard/datagram.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string>
#include <vector>

#include "base/file_descriptor.h"

namespace stellwerk::guard {
namespace {

class DatagramTest : public testing::Test {
 protected:
  DatagramTest() {
    std::array<int, 2> pair{-1, -1};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair.data()), 0);
    one.reset(pair[0]);
    other.reset(pair[1]);
  }

  Datagram receive() { return receive_datagram(other.get(), buffer); }
  std::string text(const Datagram& got) const { return {buffer.data(), static_cast<std::size_t>(got.size)}; }

  FileDescriptor one, other;
  std::array<char, 64> buffer{};
};

TEST_F(DatagramTest, MoreDescriptorsThanAreAcceptedAreRefused) {
  const std::vector<int> descriptors(kDescriptorsMax + 1, other.get());
  EXPECT_FALSE(send_datagram(one.get(), "too many", descriptors));
  EXPECT_EQ(errno, EINVAL);
  EXPECT_LT(receive().size, 0) << "nothing was sent";
}

TEST_F(DatagramTest, ArrivesAsItWasSent) {
  EXPECT_LT(receive().size, 0) << "nothing there";
  ASSERT_TRUE(send_datagram(one.get(), "abc"));
  ASSERT_TRUE(send_datagram(one.get(), "d"));
  const Datagram first = receive();
  EXPECT_EQ(text(first), "abc");
  EXPECT_EQ(first.descriptors, (std::array<int, kDescriptorsMax>{-1, -1}));
  EXPECT_EQ(text(receive()), "d");
}

TEST_F(DatagramTest, BringsDescriptorsAlong) {
  std::array<int, 2> pipe{-1, -1};
  ASSERT_EQ(::pipe2(pipe.data(), O_CLOEXEC), 0);
  const FileDescriptor reader(pipe[0]);
  FileDescriptor writer(pipe[1]);
  ASSERT_TRUE(send_datagram(one.get(), "with", std::array{writer.get()}));
  writer.reset();
  const Datagram got = receive();
  EXPECT_EQ(text(got), "with");
  const FileDescriptor copy(got.descriptors[0]);
  EXPECT_EQ(got.descriptors[1], -1);
  EXPECT_NE(::fcntl(copy.get(), F_GETFD) & FD_CLOEXEC, 0);
  ASSERT_EQ(::write(copy.get(), "x", 1), 1);
  char byte = 0;
  EXPECT_EQ(::read(reader.get(), &byte, 1), 1);
}

TEST_F(DatagramTest, TellsItsEndAndAFullSocket) {
  bool room = true;
  for (int i = 0; room && i < 100'000; ++i) room = send_datagram(one.get(), std::string(64, 'x'));
  EXPECT_FALSE(room);
  one.reset();
  Datagram got = receive();
  while (got.size > 0) got = receive();
  EXPECT_EQ(got.size, 0);
}

}  // namespace
}  // namespace stellwerk::guard
