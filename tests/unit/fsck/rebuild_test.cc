// A head from the files alone.

#include <gtest/gtest.h>

#include "fsck/way.h"
#include "unit/fsck/fsck_cluster.h"

namespace stellwerk::fsck::test {
namespace {

class RebuildTest : public testing::Test {
 protected:
  FsckCluster cluster;

  Result<Rebuilt> rebuild(LastSegment last = LastSegment::keep, std::optional<model::Head> older = std::nullopt,
                          const std::string& named = {}) {
    auto surveyed = survey(cluster.store, {});
    if (surveyed.has_error()) return surveyed.error();
    return rebuild_head(*surveyed, older, last, named);
  }
  void expect_same(const model::Head& head) const {
    EXPECT_EQ(head.cluster, cluster.head.cluster);
    EXPECT_EQ(head.seq, cluster.head.seq);
    EXPECT_EQ(head.snapshot, cluster.head.snapshot);
    EXPECT_EQ(head.segments, cluster.head.segments);
    EXPECT_TRUE(model::decode_head(model::encode_head(head)).has_value());
  }
};

TEST_F(RebuildTest, ItIsTheHeadThatStood) {
  cluster.submit(1);
  cluster.take_over();
  cluster.submit(2);
  const auto rebuilt = rebuild();
  ASSERT_TRUE(rebuilt.has_value());
  expect_same(rebuilt->head);
  EXPECT_EQ(rebuilt->head.epoch, 2);
}

TEST_F(RebuildTest, ItBeginsWithTheNewestSnapshot) {
  cluster.submit(1);
  cluster.compact();
  cluster.take_over();
  cluster.submit(2);
  cluster.compact();
  cluster.submit(3);
  const auto rebuilt = rebuild();
  ASSERT_TRUE(rebuilt.has_value());
  expect_same(rebuilt->head);
}

TEST_F(RebuildTest, AStrayOfADeposedLeaderIsNoPartOfIt) {
  cluster.submit(1);
  const model::Head fork = cluster.head;
  cluster.submit(2);  // put, and never named
  cluster.head = fork;
  cluster.take_over();
  cluster.commit({model::Record::put("x", "1")});
  const auto rebuilt = rebuild();
  ASSERT_TRUE(rebuilt.has_value());
  expect_same(rebuilt->head);
}

TEST_F(RebuildTest, AStrayBeyondALaterEpochIsNoPartOfItEither) {
  cluster.submit(1);
  cluster.submit(2);
  const model::Head fork = cluster.head;
  cluster.submit(3);  // at seq 4, never named
  const std::string stray = cluster.bytes(model::segment_name(1, 4));
  cluster.head = fork;
  ASSERT_TRUE(cluster.store.remove(model::segment_name(1, 4)).has_value());
  cluster.take_over();
  cluster.replace(model::segment_name(1, 5), stray);  // as a copy: holds another file
  const auto rebuilt = rebuild();
  ASSERT_TRUE(rebuilt.has_value());
  expect_same(rebuilt->head);
}

TEST_F(RebuildTest, TheLastSegmentIsAQuestionUnlessSomethingProvesIt) {
  cluster.submit(1);
  const model::Head older = cluster.head;
  EXPECT_FALSE(rebuild(LastSegment::ask, older)->unproven) << "an older register names it";
  cluster.submit(2);
  const auto asked = rebuild(LastSegment::ask, older);
  ASSERT_TRUE(asked->unproven.has_value());
  EXPECT_EQ(*asked->unproven, cluster.head.position());
  EXPECT_EQ(asked->head.seq, cluster.head.seq);
  const auto dropped = rebuild(LastSegment::drop, older);
  EXPECT_EQ(dropped->head.segments, older.segments);
  cluster.compact();
  EXPECT_FALSE(rebuild(LastSegment::ask)->unproven) << "a snapshot holds it";
}

TEST_F(RebuildTest, AMissingSegmentLeavesAGapThatIsNamed) {
  cluster.submit(1);
  cluster.submit(2);
  cluster.submit(3);
  ASSERT_TRUE(cluster.store.remove(model::segment_name(1, 3)).has_value());
  const auto rebuilt = rebuild();
  ASSERT_TRUE(rebuilt.has_value());
  expect_same(rebuilt->head);
}

TEST_F(RebuildTest, ADamagedSnapshotIsNamedAndTheWayGoesAroundIt) {
  cluster.submit(1);
  cluster.compact();
  cluster.submit(2);
  cluster.compact();
  cluster.flip_in_line(cluster.snapshot(), "/spec ");
  const auto rebuilt = rebuild();
  ASSERT_TRUE(rebuilt.has_value());
  expect_same(rebuilt->head);
  const auto surveyed = survey(cluster.store, {});
  EXPECT_TRUE(find_way(*surveyed, rebuilt->head).whole());
}

/// Nothing newer that can be read is given up for something older that is whole.
TEST_F(RebuildTest, ADamagedSnapshotComesBeforeAnOlderWholeOneWithoutItsSegments) {
  cluster.submit(1);
  cluster.compact();
  cluster.submit(2);
  cluster.submit(3);
  cluster.compact();
  for (std::int64_t seq = 1; seq <= 4; ++seq)
    ASSERT_TRUE(cluster.store.remove(model::segment_name(1, seq)).has_value());
  cluster.flip_in_line(cluster.snapshot(), "/spec ");
  const auto found = cluster.examine(Register{"the test", std::nullopt, {}}, {true, LastSegment::keep});
  EXPECT_EQ(found.head->position(), cluster.head.position());
  EXPECT_EQ(found.quarantined.size(), 1U) << listed(found);
  EXPECT_EQ(found.recovery.state.jobs().size(), 3U);
}

TEST_F(RebuildTest, AnEmptyFileOfALaterEpochCutsNothing) {
  cluster.submit(1);
  cluster.submit(2);
  cluster.replace(model::segment_name(2, 2), "");
  const auto rebuilt = rebuild();
  ASSERT_TRUE(rebuilt.has_value());
  EXPECT_EQ(rebuilt->head.seq, cluster.head.seq);
}

TEST_F(RebuildTest, WithoutClusterJsonTheFilesTellWhoseTheyAre) {
  cluster.submit(1);
  ASSERT_TRUE(cluster.store.remove("cluster.json").has_value());
  EXPECT_EQ(rebuild()->head.cluster, kCluster);
  journal::FileHeader header;
  header.cluster = kOtherCluster;
  header.at = {9, 9};
  cluster.replace(model::segment_name(9, 9), journal::encode_segment(header, {}));
  const auto refused = rebuild();
  ASSERT_TRUE(refused.has_error());
  EXPECT_NE(refused.error().text.find("several clusters"), std::string::npos) << refused.error().text;
  const auto named = rebuild(LastSegment::keep, std::nullopt, kCluster);
  ASSERT_TRUE(named.has_value()) << "the operator says which";
  EXPECT_EQ(named->head.seq, cluster.head.seq);
}

TEST_F(RebuildTest, WithoutAFileThereIsNothingToRebuild) {
  storage::MemoryBlobStore empty;
  const auto surveyed = survey(empty, {});
  EXPECT_EQ(rebuild_head(*surveyed, std::nullopt, LastSegment::keep).error().code, Errc::not_found);
}

}  // namespace
}  // namespace stellwerk::fsck::test
