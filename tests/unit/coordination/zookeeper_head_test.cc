#include "coordination/zookeeper_head.h"

#include <gtest/gtest.h>

#include <limits>

namespace stellwerk::coordination {
namespace {

using leadership::ZkStat;

ZkStat layout_made(std::int64_t czxid, std::int64_t at_ms) {
  ZkStat stat;
  stat.czxid = czxid;
  stat.created_ms = at_ms;
  return stat;
}

TEST(ZookeeperHeadTest, AnotherLayoutIsToldFromTheOneBefore) {
  const HeadVersion before = head_version(layout_made(4, 1'000), 0);
  EXPECT_TRUE(same_layout(before, head_version(layout_made(4, 1'000), 7)));
  EXPECT_FALSE(same_layout(before, head_version(layout_made(5, 1'000), 0)));
}

/// They count from the beginning again, so the same number of requests gives the same czxid.
TEST(ZookeeperHeadTest, EmptiedServersMakeAnotherLayoutWithTheSameCzxid) {
  EXPECT_FALSE(same_layout(head_version(layout_made(4, 1'000), 0), head_version(layout_made(4, 1'001), 0)));
}

TEST(ZookeeperHeadTest, AVersionIsNeverTheOneOfAnAbsentHead) {
  const ZkStat layout = layout_made(4, 1'000);
  EXPECT_TRUE(no_head_version(layout).absent());
  for (const std::int32_t znode : {-1, 0, std::numeric_limits<std::int32_t>::min()})
    EXPECT_FALSE(head_version(layout, znode).absent()) << znode;
}

}  // namespace
}  // namespace stellwerk::coordination
