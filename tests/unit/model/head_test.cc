#include "model/head.h"

#include <gtest/gtest.h>

namespace stellwerk::model {
namespace {

Head head() {
  Head out;
  out.cluster = "5f0c0f3a-7f43-4a55-9c0e-3f1d8a6c2b10";
  out.stamp = {"p", 1};
  out.epoch = 7;
  out.leader = {"m", "http://m:8081", ""};
  out.seq = 44;
  out.snapshot = Position{5, 40};
  out.segments = {{5, 41, 42}, {7, 43, 44}};
  return out;
}

std::string fault_of(const Head& bad) {
  const auto read = decode_head(encode_head(bad));
  return read.has_error() ? read.error().text : "";
}

TEST(Head, ThePositionIsThatOfTheNewestCommitNotOfTheClaim) {
  Head h = head();
  h.epoch = 9;
  EXPECT_EQ(h.position(), (Position{7, 44}));
  h.segments.clear();
  h.seq = 40;
  EXPECT_EQ(h.position(), (Position{5, 40}));
  h.snapshot.reset();
  h.seq = 0;
  EXPECT_EQ(h.position(), (Position{0, 0}));
}

TEST(Head, AppendingExtendsTheRangeOfItsEpochOrBeginsOne) {
  Head h = head();
  h.append(7);
  EXPECT_EQ(h.segments.back(), (SegmentRange{7, 43, 45}));
  h.append(8);
  EXPECT_EQ(h.segments.back(), (SegmentRange{8, 46, 46}));
  EXPECT_EQ(h.seq, 46);
}

TEST(Head, CompactingKeepsWhatCameAfterTheSnapshot) {
  Head h = head();
  h.compact({7, 43});
  EXPECT_EQ(h.snapshot, (Position{7, 43}));
  EXPECT_EQ(h.segments, (std::vector<SegmentRange>{{7, 44, 44}}));
  EXPECT_EQ(fault_of(h), "");
  h.compact({7, 44});
  EXPECT_TRUE(h.segments.empty());
  EXPECT_EQ(fault_of(h), "");
}

TEST(Head, TheEpochOfACommitIsThatOfItsRange) {
  EXPECT_EQ(head().epoch_at(42), 5);
  EXPECT_EQ(head().epoch_at(43), 7);
  EXPECT_EQ(head().epoch_at(40), std::nullopt);
  EXPECT_EQ(head().epoch_at(45), std::nullopt);
}

TEST(Head, WhatDoesNotJoinUpIsNamed) {
  Head gap = head();
  gap.segments[1].from = 44;
  EXPECT_NE(fault_of(gap).find("do not join up at seq 43"), std::string::npos) << fault_of(gap);

  Head overlap = head();
  overlap.segments[1].from = 42;
  EXPECT_NE(fault_of(overlap).find("do not join up"), std::string::npos);

  Head back = head();
  back.segments[0].epoch = 8;
  EXPECT_NE(fault_of(back).find("do not join up at seq 41"), std::string::npos) << "an epoch above the head's";

  Head shrinking = head();
  shrinking.segments[1].epoch = 5;
  EXPECT_NE(fault_of(shrinking).find("do not join up at seq 43"), std::string::npos);

  Head longer = head();
  longer.seq = 45;
  EXPECT_NE(fault_of(longer).find("seq is not the end"), std::string::npos);

  Head later = head();
  later.snapshot->epoch = 8;
  EXPECT_NE(fault_of(later), "");
}

TEST(Head, EveryFieldIsCheckedAndNamed) {
  const std::string good = encode_head(head());
  const auto with = [&](const std::string& from, const std::string& to) {
    std::string text = good;
    const std::size_t at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    text.replace(at, from.size(), to);
    const auto read = decode_head(text);
    return read.has_error() ? read.error().text : "";
  };
  EXPECT_NE(with("\"epoch\":7,\"leader\"", "\"epoch\":\"7\",\"leader\"").find("epoch"), std::string::npos);
  EXPECT_NE(with("\"epoch\":7,\"leader\"", "\"epoch\":0,\"leader\"").find("epoch"), std::string::npos);
  EXPECT_NE(with("\"cluster\":\"5f", "\"cluster\":\"zz").find("cluster"), std::string::npos);
  EXPECT_NE(with("\"seq\":44", "\"seq\":-1").find("seq"), std::string::npos);
  EXPECT_NE(with("\"counter\":1", "\"counter\":[]").find("counter"), std::string::npos);
  EXPECT_NE(with("\"rest\":\"http://m:8081\"", "\"rest\":7").find("rest"), std::string::npos);
  EXPECT_NE(with("\"layout\":1", "\"layout\":2").find("layout 2; this version reads up to 1"), std::string::npos);
}

TEST(Head, WhatIsNoHeadIsRefusedWhole) {
  for (const std::string bad : {"", "null", "[]", "{}", "{\"layout\":1", "\xff", "42"}) {
    const auto read = decode_head(bad);
    ASSERT_TRUE(read.has_error()) << bad;
    EXPECT_EQ(read.error().code, Errc::damaged) << bad;
  }
  EXPECT_EQ(decode_head(std::string(kHeadBytesMax + 1, ' ')).error().code, Errc::damaged);
}

TEST(Head, OnlyOurOwnNamesAreFilesOfTheJournal) {
  const auto segment = parse_file_name(segment_name(7, 43));
  ASSERT_TRUE(segment.has_value());
  EXPECT_EQ(segment->kind, FileKind::segment);
  EXPECT_EQ(segment->at, (Position{7, 43}));
  EXPECT_EQ(parse_file_name(snapshot_name({5, 40}))->kind, FileKind::snapshot);
  for (const char* const other :
       {"", "journal/", "journal/segment-7-43.jsonl", "journal/segment-0000000007-00000000000000000043.jsonl.tmp",
        "segment-0000000007-00000000000000000043.jsonl", "journal/segment-000000000x-00000000000000000043.jsonl",
        "journal/segment-0000000007_00000000000000000043.jsonl",
        "journal/segment-9999999999-99999999999999999999.jsonl"}) {
    EXPECT_FALSE(parse_file_name(other).has_value()) << other;
  }
}

}  // namespace
}  // namespace stellwerk::model
