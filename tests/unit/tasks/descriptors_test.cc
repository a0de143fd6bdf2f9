#include "tasks/descriptors.h"

#include <fcntl.h>
#include <gmock/gmock.h>

#include <algorithm>

namespace stellwerk::tasks {
namespace {

using testing::HasSubstr;

FileDescriptor open_null() {
  return FileDescriptor(::open("/dev/null", O_RDONLY | O_CLOEXEC));
}

rlim_t soft_limit() {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  return limit.rlim_cur;
}

/// The limit as it was, after each test.
class DescriptorsTest : public testing::Test {
 protected:
  DescriptorsTest() { ::getrlimit(RLIMIT_NOFILE, &before); }
  ~DescriptorsTest() override { ::setrlimit(RLIMIT_NOFILE, &before); }

  rlimit before{};
};

TEST_F(DescriptorsTest, TheLimitIsRaisedAsFarAsItGoes) {
  rlimit limit = before;
  limit.rlim_cur = 256;
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &limit), 0);
  const DescriptorLimit raised = raise_descriptor_limit();
  EXPECT_EQ(raised.before, 256u);
  EXPECT_EQ(raised.now, std::max<rlim_t>(256, std::min(before.rlim_max, kDescriptorsMax)));
  EXPECT_EQ(soft_limit(), raised.now);
  EXPECT_EQ(raise_descriptor_limit().before, raised.now) << "again, it finds nothing to do";
}

TEST_F(DescriptorsTest, TasksHaveDescriptorsAboveThoseOfTheWorker) {
  EXPECT_EQ(tasks_within(64), 0u);
  EXPECT_EQ(tasks_within(133), 0u);
  EXPECT_EQ(tasks_within(134), 1u);
  EXPECT_GE(tasks_within(kDescriptorsMax), 10'000u);
}

TEST_F(DescriptorsTest, ADescriptorMovesUp) {
  auto moved = move_up(open_null(), 200);
  ASSERT_TRUE(moved);
  EXPECT_GE(moved->get(), 200);
  EXPECT_EQ(::fcntl(moved->get(), F_GETFD), FD_CLOEXEC);
  const int number = moved->get();
  auto stays = move_up(std::move(*moved), 100);
  ASSERT_TRUE(stays);
  EXPECT_EQ(stays->get(), number);
}

TEST_F(DescriptorsTest, WhereNoneIsFreeItIsSaid) {
  const auto moved = move_up(open_null(), static_cast<int>(soft_limit()));
  ASSERT_TRUE(moved.has_error());
  EXPECT_THAT(moved.error().text, HasSubstr("ulimit -n"));
}

}  // namespace
}  // namespace stellwerk::tasks
