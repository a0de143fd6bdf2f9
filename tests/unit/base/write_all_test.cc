#include "base/write_all.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string>
#include <thread>

#include "base/file_descriptor.h"
#include "support/temp_dir.h"

namespace stellwerk {
namespace {

TEST(WriteAll, FollowsWhatStandsThere) {
  const test::TempDir dir;
  const FileDescriptor file(::open((dir / "file").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
  ASSERT_TRUE(file);
  EXPECT_EQ(write_all(file.get(), "one, "), 0);
  EXPECT_EQ(write_all(file.get(), ""), 0);
  EXPECT_EQ(write_all(file.get(), std::string("t\0o", 3)), 0);
  EXPECT_EQ(test::read_file(dir / "file"), std::string("one, t\0o", 8));
}

TEST(WriteAll, MoreThanFitsAtOnce) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
  const FileDescriptor out(ends[0]);
  FileDescriptor in(ends[1]);
  std::string bytes(std::size_t{1} << 20, 'x');
  bytes.back() = 'y';
  std::string got;
  std::thread reader([&] {
    std::array<char, 4096> some;
    for (ssize_t size = 0; (size = ::read(out.get(), some.data(), some.size())) > 0;)
      got.append(some.data(), static_cast<std::size_t>(size));
  });
  EXPECT_EQ(write_all(in.get(), bytes), 0);
  in.reset();
  reader.join();
  EXPECT_EQ(got, bytes);
}

TEST(WriteAll, SaysWhyNot) {
  const FileDescriptor full(::open("/dev/full", O_WRONLY | O_CLOEXEC));
  ASSERT_TRUE(full);
  EXPECT_EQ(write_all(full.get(), "x"), -ENOSPC);
  EXPECT_EQ(write_all(-1, "x"), -EBADF);
  EXPECT_EQ(write_all(-1, ""), 0);
}

}  // namespace
}  // namespace stellwerk
