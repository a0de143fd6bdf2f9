#include "journal/replay.h"

#include <gtest/gtest.h>

namespace stellwerk::journal {
namespace {

using model::FileKind;
using model::Head;
using model::Position;
using model::Record;
using Status = Replay::Status;

constexpr const char* kCluster = "5f0c0f3a-7f43-4a55-9c0e-3f1d8a6c2b10";

/// Snapshot 5-40, then 5-41, 5-42, 7-43.
Head head() {
  Head out;
  out.cluster = kCluster;
  out.epoch = 7;
  out.seq = 43;
  out.snapshot = Position{5, 40};
  out.segments = {{5, 41, 42}, {7, 43, 43}};
  return out;
}

std::vector<std::string> names(const ReplayPlan& plan) {
  std::vector<std::string> out;
  for (const auto& file : plan.files)
    out.push_back((file.kind == FileKind::snapshot ? "snapshot " : "segment ") + to_string(file.at));
  return out;
}

using Names = std::vector<std::string>;
const Names kAll{"snapshot 5-40", "segment 5-41", "segment 5-42", "segment 7-43"};

DecodedFile segment(Position at, Position previous, std::vector<Record> records = {}) {
  DecodedFile out;
  out.header.cluster = kCluster;
  out.header.at = at;
  out.header.previous = previous;
  out.records = std::move(records);
  out.bytes = 100;
  return out;
}

DecodedFile snapshot(Position at, std::vector<Record> records = {}) {
  DecodedFile out = segment(at, at, std::move(records));
  out.header.kind = FileKind::snapshot;
  return out;
}

const std::string kSnapshotName = model::snapshot_name({5, 40});
const std::string k41 = model::segment_name(5, 41);
const std::string k42 = model::segment_name(5, 42);
const std::string k43 = model::segment_name(7, 43);

Error error(Errc code) {
  return make_error(code, "because");
}

// ---- plans

TEST(ReplayPlan, WithoutAStateItBeginsAtTheSnapshot) {
  const ReplayPlan plan = plan_replay(head(), std::nullopt);
  EXPECT_EQ(names(plan), kAll);
  EXPECT_EQ(plan.goal, (Position{7, 43}));
  EXPECT_FALSE(plan.fallback);
}

TEST(ReplayPlan, AStateOnTheWayIsContinued) {
  EXPECT_EQ(names(plan_replay(head(), Position{5, 40})), (Names{"segment 5-41", "segment 5-42", "segment 7-43"}));
  EXPECT_EQ(names(plan_replay(head(), Position{5, 42})), (Names{"segment 7-43"}));
  EXPECT_EQ(names(plan_replay(head(), Position{7, 43})), Names{});
}

TEST(ReplayPlan, AStateOfAnotherEpochAtThatSeqIsNotContinued) {
  EXPECT_EQ(names(plan_replay(head(), Position{6, 42})), kAll);
  EXPECT_EQ(names(plan_replay(head(), Position{4, 40})), kAll);
}

TEST(ReplayPlan, AStateBeforeTheSnapshotOrBeyondTheHeadIsNotContinued) {
  EXPECT_EQ(names(plan_replay(head(), Position{5, 30})), kAll);
  EXPECT_EQ(names(plan_replay(head(), Position{7, 44})), kAll);
}

TEST(ReplayPlan, AFoundedClusterHasNothingToRead) {
  Head founded;
  founded.cluster = kCluster;
  founded.epoch = 1;
  EXPECT_EQ(Replay(plan_replay(founded, std::nullopt)).status(), Status::done);
}

TEST(ReplayPlan, TheWayRoundGoesThroughTheSnapshotBefore) {
  const std::vector<BlobInfo> listing{{.name = model::snapshot_name({3, 38})},
                                      {.name = model::snapshot_name({2, 20})},
                                      {.name = model::segment_name(3, 39)},
                                      {.name = model::segment_name(4, 40)},
                                      {.name = model::segment_name(5, 40)},
                                      {.name = "journal/notes.txt"},
                                      {.name = kSnapshotName}};
  const auto plan = plan_fallback(head(), listing);
  ASSERT_TRUE(plan.has_value());
  EXPECT_TRUE(plan->fallback);
  EXPECT_EQ(names(*plan),
            (Names{"snapshot 3-38", "segment 3-39", "segment 5-40", "segment 5-41", "segment 5-42", "segment 7-43"}))
      << "of two segments with one seq the later epoch's counts";
}

TEST(ReplayPlan, TheWayRoundNamesWhatIsGoneToo) {
  const auto plan =
      plan_fallback(head(), {{.name = model::snapshot_name({3, 38})}, {.name = model::segment_name(5, 40)}});
  ASSERT_TRUE(plan.has_error());
  EXPECT_EQ(plan.error().code, Errc::not_found);
  EXPECT_NE(plan.error().text.find("39"), std::string::npos);
}

// ---- replaying

TEST(Replay, FilesComeInAnyOrderAndAreTakenInOrder) {
  Replay replay(plan_replay(head(), std::nullopt));
  EXPECT_EQ(replay.wanted(), (Names{kSnapshotName, k41, k42, k43}));
  EXPECT_TRUE(replay.wanted().empty()) << "each is asked for once";
  replay.on_loaded(k43, segment({7, 43}, {5, 42}));
  replay.on_loaded(k41, segment({5, 41}, {5, 40}));
  EXPECT_FALSE(replay.take()) << "the first is not there yet";
  replay.on_loaded(kSnapshotName, snapshot({5, 40}));
  EXPECT_EQ(replay.take()->header.at, (Position{5, 40}));
  EXPECT_EQ(replay.take()->header.at, (Position{5, 41}));
  EXPECT_FALSE(replay.take());
  replay.on_loaded(k42, segment({5, 42}, {5, 41}));
  EXPECT_TRUE(replay.take());
  EXPECT_EQ(replay.status(), Status::going);
  EXPECT_TRUE(replay.take());
  EXPECT_EQ(replay.status(), Status::done);
  EXPECT_EQ(replay.applied(), (Position{7, 43}));
  EXPECT_EQ(replay.sizes().snapshot_bytes, 100U);
  EXPECT_EQ(replay.sizes().segment_bytes, 300U);
}

TEST(Replay, NoMoreAreAskedForThanItsLimit) {
  Head many = head();
  many.segments = {{5, 41, 140}};
  many.seq = 140;
  Replay replay(plan_replay(many, std::nullopt));
  EXPECT_EQ(replay.wanted().size(), kLoadsMax);
  replay.on_loaded(kSnapshotName, snapshot({5, 40}));
  ASSERT_TRUE(replay.take());
  EXPECT_EQ(replay.wanted().size(), 1U);
}

TEST(Replay, AnUnavailableFileIsAskedForAgainForEver) {
  Replay replay(plan_replay(head(), Position{5, 42}));
  for (int i = 0; i < 100; ++i) {
    ASSERT_EQ(replay.wanted(), Names{k43});
    replay.on_loaded(k43, error(Errc::unavailable));
  }
  EXPECT_EQ(replay.status(), Status::going);
}

TEST(Replay, AMissingFileMeansThatTheHeadIsReadAgain) {
  Replay replay(plan_replay(head(), Position{5, 42}));
  replay.wanted();
  replay.on_loaded(k43, error(Errc::not_found));
  EXPECT_EQ(replay.status(), Status::file_gone);
}

TEST(Replay, ADamagedFileIsReadTwiceBeforeItIsBelieved) {
  Replay replay(plan_replay(head(), std::nullopt));
  replay.wanted();
  replay.on_loaded(kSnapshotName, error(Errc::damaged));
  EXPECT_EQ(replay.wanted(), Names{kSnapshotName});
  EXPECT_EQ(replay.status(), Status::going);
  replay.on_loaded(kSnapshotName, error(Errc::damaged));
  EXPECT_EQ(replay.status(), Status::file_damaged);
}

TEST(Replay, ADamagedRecordOfASegmentGoesToQuarantineByItsKey) {
  Replay replay(plan_replay(head(), Position{5, 42}));
  DecodedFile damaged = segment({7, 43}, {5, 42}, {Record::put("jobs/a/spec", "{}")});
  damaged.damaged.push_back({"jobs/b/spec", "checksum"});
  replay.wanted();
  replay.on_loaded(k43, damaged);
  EXPECT_EQ(replay.wanted(), Names{k43}) << "a second reading may do better";
  replay.on_loaded(k43, damaged);
  const auto file = replay.take();
  ASSERT_TRUE(file);
  EXPECT_EQ(file->records.size(), 1U);
  ASSERT_EQ(replay.missing().size(), 1U);
  EXPECT_EQ(replay.missing().begin()->first, "jobs/b/spec");
  EXPECT_EQ(replay.missing().begin()->second.source, k43);
  EXPECT_EQ(replay.status(), Status::done);
}

TEST(Replay, ALaterRecordMakesGoodWhatAnEarlierFileLost) {
  Replay replay(plan_replay(head(), Position{5, 41}));
  DecodedFile damaged = segment({5, 42}, {5, 41});
  damaged.damaged.push_back({"jobs/b/spec", "checksum"});
  replay.wanted();
  replay.on_loaded(k42, damaged);
  replay.wanted();
  replay.on_loaded(k42, damaged);
  ASSERT_TRUE(replay.take());
  EXPECT_EQ(replay.missing().size(), 1U);
  replay.on_loaded(k43, segment({7, 43}, {5, 42}, {Record::erase("jobs/b/spec")}));
  ASSERT_TRUE(replay.take());
  EXPECT_TRUE(replay.missing().empty());
}

TEST(Replay, DamageWithoutAKeyIsNotPassedOver) {
  Replay replay(plan_replay(head(), Position{5, 42}));
  DecodedFile damaged = segment({7, 43}, {5, 42});
  damaged.damaged.push_back({"", "a line too many"});
  for (int i = 0; i < 2; ++i) {
    replay.wanted();
    replay.on_loaded(k43, damaged);
  }
  EXPECT_FALSE(replay.take());
  EXPECT_EQ(replay.status(), Status::failed);
  EXPECT_NE(replay.error().text.find("a line too many"), std::string::npos);
}

TEST(Replay, ASnapshotWithDamageIsAppliedOnlyWhenNoWayRoundIsLeft) {
  Replay replay(plan_replay(head(), std::nullopt));
  DecodedFile damaged = snapshot({5, 40}, {Record::put("jobs/a/spec", "{}")});
  damaged.damaged.push_back({"jobs/b/spec", "checksum"});
  for (int i = 0; i < 2; ++i) {
    replay.wanted();
    replay.on_loaded(kSnapshotName, damaged);
  }
  ASSERT_EQ(replay.status(), Status::file_damaged);
  replay.accept_damage();
  EXPECT_EQ(replay.status(), Status::going);
  EXPECT_EQ(replay.wanted().front(), kSnapshotName);
  for (int i = 0; i < 2; ++i) replay.on_loaded(kSnapshotName, damaged);
  ASSERT_TRUE(replay.take());
  EXPECT_EQ(replay.missing().size(), 1U);
}

TEST(Replay, AForeignFileIsNeverApplied) {
  for (const bool other_cluster : {true, false}) {
    Replay replay(plan_replay(head(), Position{5, 42}));
    replay.wanted();
    DecodedFile foreign = segment({7, 43}, {5, 42});
    if (other_cluster)
      foreign.header.cluster = "00000000-0000-4000-8000-000000000000";
    else
      foreign.header.at = {6, 43};
    replay.on_loaded(k43, foreign);
    EXPECT_FALSE(replay.take());
    EXPECT_EQ(replay.status(), Status::failed);
    EXPECT_EQ(replay.error().code, Errc::foreign);
    EXPECT_NE(replay.error().text.find(k43), std::string::npos);
  }
}

TEST(Replay, ASegmentThatFollowsAnotherCommitIsNotApplied) {
  Replay replay(plan_replay(head(), Position{5, 42}));
  replay.wanted();
  replay.on_loaded(k43, segment({7, 43}, {6, 42}));
  EXPECT_FALSE(replay.take());
  EXPECT_EQ(replay.status(), Status::failed);
  EXPECT_NE(replay.error().text.find("it follows 6-42, not 5-42"), std::string::npos) << replay.error().text;
}

TEST(Replay, AnAnswerThatNobodyWaitsForIsNothing) {
  Replay replay(plan_replay(head(), Position{5, 42}));
  replay.on_loaded(k41, segment({5, 41}, {5, 40}));
  replay.on_loaded("journal/other", error(Errc::damaged));
  EXPECT_EQ(replay.status(), Status::going);
  EXPECT_EQ(replay.wanted(), Names{k43});
}

}  // namespace
}  // namespace stellwerk::journal
