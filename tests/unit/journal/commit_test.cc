#include "journal/commit.h"

#include <gtest/gtest.h>

namespace stellwerk::journal {
namespace {

using model::Head;
using model::Position;

Head head_at(std::int64_t epoch, std::int64_t seq, std::int64_t counter) {
  Head head;
  head.cluster = "00000000-0000-4000-8000-000000000000";
  head.epoch = epoch;
  head.stamp = {"me", counter};
  for (std::int64_t i = 0; i < seq; ++i) head.append(epoch);
  return head;
}

Commit commit_of_seq_3() {
  return Commit({head_at(5, 3, 9), {1, 10}, Position{5, 3}});
}

HeadReading reading(const Head& head, std::int64_t version) {
  return {model::encode_head(head), {1, version}};
}

TEST(Commit, PutsThenNamesThenIsDone) {
  Commit commit = commit_of_seq_3();
  EXPECT_EQ(commit.start(), CommitStep::put_segment);
  EXPECT_EQ(commit.on_put({PutOutcome::ok, {}}), CommitStep::write_head);
  EXPECT_EQ(commit.on_write({WriteOutcome::ok, {1, 11}, {}}), CommitStep::finished);
  EXPECT_EQ(commit.end().result, CommitResult::committed);
  EXPECT_EQ(commit.end().version, (HeadVersion{1, 11}));
}

TEST(Commit, AnUnknownWriteIsSettledByItsStamp) {
  Commit commit = commit_of_seq_3();
  commit.start();
  commit.on_put({PutOutcome::ok, {}});
  EXPECT_EQ(commit.on_write({WriteOutcome::unknown, {}, {}}), CommitStep::read_head);
  EXPECT_EQ(commit.on_read(reading(head_at(5, 3, 9), 11)), CommitStep::finished);
  EXPECT_EQ(commit.end().result, CommitResult::committed);
}

TEST(Commit, AnUnknownWriteThatDidNotHappenIsSentAgain) {
  Commit commit = commit_of_seq_3();
  commit.start();
  commit.on_put({PutOutcome::ok, {}});
  commit.on_write({WriteOutcome::unknown, {}, {}});
  EXPECT_EQ(commit.on_read(reading(head_at(5, 2, 8), 10)), CommitStep::wait);
  EXPECT_EQ(commit.on_wake(), CommitStep::write_head);
}

TEST(Commit, AConnectionThatComesBackEndsThePauseThatWaitedForIt) {
  Commit commit = commit_of_seq_3();
  commit.start();
  EXPECT_FALSE(commit.on_coordination_back()) << "it waits for a file";
  commit.on_put({PutOutcome::unknown, {}});
  EXPECT_FALSE(commit.on_coordination_back()) << "it pauses before the file is put again";
  EXPECT_EQ(commit.on_wake(), CommitStep::put_segment);
  commit.on_put({PutOutcome::ok, {}});
  EXPECT_FALSE(commit.on_coordination_back()) << "its write is under way";
  commit.on_write({WriteOutcome::not_sent, {}, {}});
  const Duration first = commit.backoff();
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(commit.on_wake(), CommitStep::write_head);
    commit.on_write({WriteOutcome::not_sent, {}, {}});
  }
  EXPECT_GT(commit.backoff(), first);
  EXPECT_TRUE(commit.on_coordination_back());
  EXPECT_EQ(commit.on_wake(), CommitStep::write_head);
  EXPECT_EQ(commit.on_write({WriteOutcome::not_sent, {}, {}}), CommitStep::wait);
  EXPECT_EQ(commit.backoff(), first);
}

TEST(Commit, AHigherEpochTellsWhatBecameOfTheChange) {
  const auto fate = [](Head there) {
    Commit commit = commit_of_seq_3();
    commit.start();
    commit.on_put({PutOutcome::ok, {}});
    commit.on_write({WriteOutcome::mismatch, {}, {}});
    EXPECT_EQ(commit.on_read(reading(there, 12)), CommitStep::finished);
    EXPECT_EQ(commit.end().result, CommitResult::deposed);
    return commit.end().fate;
  };
  Head after = head_at(5, 3, 9);
  after.stamp = {"other", 1};
  after.epoch = 6;
  EXPECT_EQ(fate(after), Fate::durable);
  after.append(6);
  EXPECT_EQ(fate(after), Fate::durable);
  Head instead = head_at(5, 2, 8);
  instead.stamp = {"other", 1};
  instead.epoch = 6;
  EXPECT_EQ(fate(instead), Fate::nothing) << "it ends before us";
  instead.append(6);
  EXPECT_EQ(fate(instead), Fate::nothing) << "another commit has our place";
  Head compacted = instead;
  compacted.compact({6, 3});
  EXPECT_EQ(fate(compacted), Fate::unknown) << "a snapshot hides it";
  Head older = head_at(5, 1, 2);
  EXPECT_EQ(fate(older), Fate::unknown) << "a head of no later epoch was put there by hand";
}

TEST(Commit, AFullDiskLeavesTheNameFree) {
  Commit commit = commit_of_seq_3();
  commit.start();
  EXPECT_EQ(commit.on_put({PutOutcome::not_done, make_error(Errc::no_space, "full")}), CommitStep::finished);
  EXPECT_EQ(commit.end().result, CommitResult::not_done);
  EXPECT_EQ(commit.end().fate, Fate::nothing);
}

TEST(Commit, AnUnknownPutIsRepeatedAndThenSpoilsTheEpoch) {
  Commit commit = commit_of_seq_3();
  commit.start();
  for (int i = 1; i < kPutTriesMax; ++i) {
    EXPECT_EQ(commit.on_put({PutOutcome::unknown, make_error(Errc::unknown, "lost")}), CommitStep::wait);
    EXPECT_EQ(commit.on_wake(), CommitStep::put_segment);
  }
  EXPECT_EQ(commit.on_put({PutOutcome::unknown, make_error(Errc::unknown, "lost")}), CommitStep::finished);
  EXPECT_EQ(commit.end().result, CommitResult::tainted);
}

TEST(Commit, ALostSessionLeavesItUnknownUnlessTheHeadTells) {
  Commit commit = commit_of_seq_3();
  commit.start();
  commit.on_put({PutOutcome::ok, {}});
  EXPECT_EQ(commit.on_write({WriteOutcome::lost, {}, {}}), CommitStep::read_head);
  EXPECT_EQ(commit.on_read(reading(head_at(5, 2, 8), 10)), CommitStep::finished);
  EXPECT_EQ(commit.end().fate, Fate::unknown);
}

TEST(Commit, BeforeTheHeadIsWrittenNothingCanHaveHappened) {
  Commit commit = commit_of_seq_3();
  commit.start();
  EXPECT_EQ(commit.only_settle(), CommitStep::finished);
  EXPECT_EQ(commit.end().fate, Fate::nothing);
}

TEST(Head, RoundTripsAndRefusesWhatDoesNotJoinUp) {
  Head head = head_at(5, 3, 9);
  head.epoch = 6;
  head.append(6);
  head.compact({5, 2});
  const auto decoded = model::decode_head(model::encode_head(head));
  ASSERT_TRUE(decoded.has_value());
  EXPECT_EQ(*decoded, head);
  EXPECT_EQ(head.position(), (Position{6, 4}));
  Head gap = head;
  gap.segments.front().from = 4;
  EXPECT_TRUE(model::decode_head(model::encode_head(gap)).has_error());
  EXPECT_TRUE(model::decode_head("{}").has_error());
  EXPECT_TRUE(model::decode_head("").has_error());
}

}  // namespace
}  // namespace stellwerk::journal
