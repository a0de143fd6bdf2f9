#include "processes/use.h"

#include <gmock/gmock.h>
#include <unistd.h>

namespace stellwerk::processes {
namespace {

// tty, tpgid, flags, four kinds of faults; four times; priority, nice, threads, -; start, address space, pages
const std::string kStat =
    "10 (a) b (sh) S 11 12 13 0 -1 4194560 1 2 3 4 100 50 30 20 20 0 9 0 987654 18446744073709551615 250";

TEST(ProcessUseTest, IsReadFromItsStat) {
  EXPECT_EQ(parse_use(kStat, 100, 4096), (ProcessUse{2'000, 250 * 4096})) << "with children that it has waited for";
  EXPECT_EQ(parse_use("10 (sh) S 11 12", 100, 4096), std::nullopt);
  EXPECT_EQ(parse_use("", 100, 4096), std::nullopt);
  EXPECT_EQ(parse_use("10 (sh) ", 100, 4096), std::nullopt);
}

TEST(ProcessUseTest, ThisProcessUsesSomething) {
  const auto use = read_use(::getpid());
  ASSERT_TRUE(use);
  EXPECT_GT(use->resident_bytes, 0);
  EXPECT_THAT(read_tree(::getpid()), testing::Contains(::getpid()));
  EXPECT_EQ(read_use(0), std::nullopt);
}

}  // namespace
}  // namespace stellwerk::processes
