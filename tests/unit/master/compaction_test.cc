#include "master/compaction.h"

#include <gtest/gtest.h>

#include "jobs/cluster_state.h"

namespace stellwerk::master {
namespace {

using namespace std::chrono_literals;

/// A journal whose newest snapshot, and the one before it, leave `files` segments to remove.
class CompactionTest : public testing::Test {
 protected:
  CompactionTest() {
    head.epoch = 1;
    head.seq = 10'000;
    head.snapshot = model::Position{1, 10'000};
  }
  void look() { compaction.beat(clocks, head, state, {}, out); }
  /// What the last call wants removed; 0: nothing.
  OpId removal() {
    OpId op = 0;
    for (const Effect& effect : out.take()) {
      if (const auto* const list = std::get_if<ListBlobs>(&effect)) listing = list->op;
      if (const auto* const remove = std::get_if<RemoveBlob>(&effect)) {
        op = remove->op;
        name = remove->name;
      }
    }
    return op;
  }
  OpId begin(std::int64_t files, std::vector<std::string> more = {}) {
    std::vector<BlobInfo> blobs = {{.name = model::snapshot_name({1, 10'000})},
                                   {.name = model::snapshot_name({1, files})}};
    for (std::int64_t seq = 1; seq <= files; ++seq) blobs.push_back({.name = model::segment_name(1, seq)});
    for (auto& each : more) blobs.push_back({.name = std::move(each)});
    look();
    (void)removal();
    compaction.on_listed(clocks, listing, blobs, head, out);
    look();
    return removal();
  }
  OpId removed(OpId op) {
    EXPECT_TRUE(compaction.on_removed(clocks, op, {}, out));
    return removal();
  }

  Options options;
  model::Head head;
  jobs::ClusterState state;
  Outbox out;
  Clocks clocks{Time(1000s), 5'000'000};
  Compaction compaction{options};
  OpId listing = 0;
  std::string name;  ///< of what was removed last
};

TEST_F(CompactionTest, OldFilesAreRemovedWithPauses) {
  const OpId first = begin(3);
  ASSERT_NE(first, 0u);
  EXPECT_EQ(removed(first), 0u);
  look();
  EXPECT_EQ(removal(), 0u);
  clocks.now += options.limits.compaction.sweep_pause;
  look();
  EXPECT_NE(removal(), 0u);
}

/// A term may end before all segments are gone, and one snapshot is as large as thousands of them.
TEST_F(CompactionTest, OldSnapshotsAreRemovedBeforeSegments) {
  const std::vector<std::string> old = {model::snapshot_name({1, 10}), model::snapshot_name({1, 20})};
  OpId op = begin(1'200, old);
  EXPECT_EQ(name, old[1]);
  op = removed(op);
  EXPECT_EQ(name, old[0]);
  removed(op);
  EXPECT_EQ(name, model::segment_name(1, 1));
}

TEST_F(CompactionTest, ManyOldFilesAreRemovedWithoutAPause) {
  OpId op = begin(1'200);
  int removals = 0;
  for (; op != 0; op = removed(op)) ++removals;
  EXPECT_EQ(removals, 201) << "until fewer than a thousand are left";
  clocks.now += options.limits.compaction.sweep_pause;
  look();
  EXPECT_NE(removal(), 0u);
}

TEST_F(CompactionTest, StorageThatRemovesNothingIsNotHurried) {
  const OpId op = begin(1'200);
  EXPECT_TRUE(compaction.on_removed(clocks, op, make_error(Errc::unavailable, "gone"), out));
  EXPECT_EQ(removal(), 0u);
}

}  // namespace
}  // namespace stellwerk::master
