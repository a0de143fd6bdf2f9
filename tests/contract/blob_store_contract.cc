#include "contract/blob_store_contract.h"

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <limits>
#include <string_view>
#include <thread>

namespace stellwerk::test {
namespace {

using Names = std::vector<std::string>;

std::string pattern(std::size_t bytes) {
  std::string out(bytes, '\0');
  for (std::size_t i = 0; i < bytes; ++i) out[i] = static_cast<char>((i * 31 + i / 251) % 256);
  return out;
}

const Names kBadNames = {"", "/", "/a", "a/", "a//b", ".", "..", "a/../b", "a/.", "A", "a b", "a\nb", "\xc3\xa4"};

}  // namespace

void BlobStoreContract::put_ok(const std::string& name, const std::string& bytes) {
  const PutResult result = store().put(name, bytes);
  ASSERT_EQ(result.outcome, PutOutcome::ok) << result.error.text;
}

std::vector<std::string> BlobStoreContract::names(BlobStore& from, const std::string& prefix) {
  Names out;
  const auto listed = from.list(prefix);
  EXPECT_TRUE(listed.has_value()) << listed.error().text;
  if (listed)
    for (const auto& info : *listed) out.push_back(info.name);
  return out;
}

TEST_P(BlobStoreContract, WhatWasPutIsThereForAll) {
  put_ok("journal/segment-1.jsonl", "one\n");
  EXPECT_EQ(store().get("journal/segment-1.jsonl").value(), "one\n");
  EXPECT_EQ(other().get("journal/segment-1.jsonl").value(), "one\n");
  EXPECT_EQ(names(other(), ""), Names{"journal/segment-1.jsonl"});
}

TEST_P(BlobStoreContract, AnEmptyPlaceIsEmpty) {
  EXPECT_EQ(names(store(), ""), Names{});
  EXPECT_EQ(names(store(), "journal/"), Names{});
  EXPECT_EQ(store().get("journal/segment-1.jsonl").error().code, Errc::not_found);
  EXPECT_TRUE(store().remove("journal/segment-1.jsonl").has_value());
}

TEST_P(BlobStoreContract, AFileMayBeEmptyOrHoldAnyByte) {
  put_ok("empty", "");
  EXPECT_EQ(store().get("empty").value(), "");
  const std::string bytes = pattern(70'000);
  put_ok("bytes", bytes);
  EXPECT_TRUE(store().get("bytes").value() == bytes);
}

TEST_P(BlobStoreContract, ALargeFileComesBackWhole) {
  const std::string bytes = pattern(std::size_t{9} << 20);
  put_ok("blobs/ab/large", bytes);
  EXPECT_TRUE(other().get("blobs/ab/large").value() == bytes);
  EXPECT_EQ(store().put("blobs/ab/large", bytes).outcome, PutOutcome::ok);
  std::string differs = bytes;
  differs.back() = static_cast<char>(differs.back() + 1);
  EXPECT_EQ(store().put("blobs/ab/large", differs).outcome, PutOutcome::exists);
}

TEST_P(BlobStoreContract, TheSameBytesAgainAreOk) {
  put_ok("a", "bytes");
  put_ok("a", "bytes");
  EXPECT_EQ(other().put("a", "bytes").outcome, PutOutcome::ok);
}

TEST_P(BlobStoreContract, OtherBytesAreNeverReplaced) {
  put_ok("a", "bytes");
  for (const char* others : {"other", "byte", "bytes!", "", "bytez"}) {
    const PutResult result = other().put("a", others);
    EXPECT_EQ(result.outcome, PutOutcome::exists) << others;
    EXPECT_FALSE(result.error.text.empty());
    EXPECT_EQ(store().get("a").value(), "bytes");
  }
}

TEST_P(BlobStoreContract, BadNamesAreRefusedByAll) {
  for (const auto& name : kBadNames) {
    const PutResult result = store().put(name, "x");
    EXPECT_EQ(result.outcome, PutOutcome::not_done) << name;
    EXPECT_EQ(result.error.code, Errc::invalid) << name;
    EXPECT_EQ(store().get(name).error().code, Errc::invalid) << name;
    EXPECT_EQ(store().get_range(name, 0, 1).error().code, Errc::invalid) << name;
    EXPECT_EQ(store().remove(name).error().code, Errc::invalid) << name;
  }
  EXPECT_EQ(names(store(), ""), Names{});
}

TEST_P(BlobStoreContract, TheLongestNamesAreTaken) {
  const std::string flat(kBlobNameBytesMax, 'x');
  std::string deep;
  while (deep.size() + 2 < kBlobNameBytesMax) deep += "d/";
  deep += 'f';
  ASSERT_TRUE(is_valid_blob_name(deep));
  put_ok(flat, "flat");
  put_ok(deep, "deep");
  EXPECT_EQ(other().get(flat).value(), "flat");
  EXPECT_EQ(other().get(deep).value(), "deep");
  EXPECT_EQ(names(other(), ""), (Names{deep, flat}));
  EXPECT_EQ(store().put(flat + "x", "long").error.code, Errc::invalid);
}

TEST_P(BlobStoreContract, TooLargeIsCertainlyNotDone) {
  const char byte = 'x';  // is not read: the size alone decides
  const PutResult result = store().put("huge", std::string_view(&byte, kBlobBytesMax + 1));
  EXPECT_EQ(result.outcome, PutOutcome::not_done);
  EXPECT_EQ(result.error.code, Errc::too_large);
  EXPECT_EQ(store().get("huge").error().code, Errc::not_found);
}

TEST_P(BlobStoreContract, AFileIsNoFolderAndAFolderIsNoFile) {
  put_ok("a/b", "file");
  EXPECT_EQ(store().put("a/b/c", "below").outcome, PutOutcome::not_done);
  EXPECT_EQ(store().put("a", "above").outcome, PutOutcome::exists);
  EXPECT_EQ(store().get("a").error().code, Errc::not_found);
  EXPECT_EQ(store().get("a/b/c").error().code, Errc::not_found);
  EXPECT_TRUE(store().remove("a").has_value());
  EXPECT_TRUE(store().remove("a/b/c").has_value());
  EXPECT_EQ(store().get("a/b").value(), "file");
}

TEST_P(BlobStoreContract, ARangeEndsWhereTheFileEnds) {
  put_ok("a", "0123456789");
  constexpr auto kAll = std::numeric_limits<std::uint64_t>::max();
  EXPECT_EQ(store().get_range("a", 0, 10).value(), "0123456789");
  EXPECT_EQ(store().get_range("a", 3, 4).value(), "3456");
  EXPECT_EQ(store().get_range("a", 8, 10).value(), "89");
  EXPECT_EQ(store().get_range("a", 9, 1).value(), "9");
  EXPECT_EQ(store().get_range("a", 10, 1).value(), "");
  EXPECT_EQ(store().get_range("a", 11, 1).value(), "");
  EXPECT_EQ(store().get_range("a", kAll, kAll).value(), "");
  EXPECT_EQ(store().get_range("a", 4, kAll).value(), "456789");
  EXPECT_EQ(store().get_range("a", 4, 0).value(), "");
  EXPECT_EQ(store().get_range("b", 0, 1).error().code, Errc::not_found);
}

TEST_P(BlobStoreContract, AListIsOrderedByNameAndCutByPrefix) {
  const Names all = {"blobs/ab/1",         "blobs/ab-1",         "blobs/b",
                     "cluster.json",       "journal/segment-10", "journal/segment-2",
                     "journal/snapshot-1", "journal.old",        "journal2/segment-1"};
  for (const auto& name : all) put_ok(name, name);
  Names sorted = all;
  std::sort(sorted.begin(), sorted.end());
  EXPECT_EQ(names(other(), ""), sorted);
  EXPECT_EQ(names(other(), "journal/"), (Names{"journal/segment-10", "journal/segment-2", "journal/snapshot-1"}));
  EXPECT_EQ(names(other(), "journal/seg"), (Names{"journal/segment-10", "journal/segment-2"}));
  EXPECT_EQ(names(other(), "journal/segment-2"), Names{"journal/segment-2"});
  EXPECT_EQ(names(other(), "journal"), (Names{"journal.old", "journal/segment-10", "journal/segment-2",
                                              "journal/snapshot-1", "journal2/segment-1"}));
  EXPECT_EQ(names(other(), "blobs/ab"), (Names{"blobs/ab-1", "blobs/ab/1"}));
  EXPECT_EQ(names(other(), "blobs/ab/"), Names{"blobs/ab/1"});
  for (const char* nothing : {"x", "journal/segment-2/", "journal/x/", "/", "../", "..", "journal//", "Journal"})
    EXPECT_EQ(names(other(), nothing), Names{}) << nothing;
}

TEST_P(BlobStoreContract, AListTellsSizes) {
  put_ok("a", "12345");
  put_ok("b", "");
  const auto listed = store().list("").value();
  ASSERT_EQ(listed.size(), 2u);
  EXPECT_EQ(listed[0].bytes, 5u);
  EXPECT_EQ(listed[1].bytes, 0u);
  for (const auto& info : listed) EXPECT_TRUE(info.modified_ms == -1 || info.modified_ms > 1'500'000'000'000);
}

TEST_P(BlobStoreContract, WhatIsRemovedIsGone) {
  put_ok("journal/a", "a");
  put_ok("journal/b", "b");
  EXPECT_TRUE(other().remove("journal/a").has_value());
  EXPECT_EQ(store().get("journal/a").error().code, Errc::not_found);
  EXPECT_EQ(names(store(), ""), Names{"journal/b"});
  EXPECT_TRUE(store().remove("journal/a").has_value()) << "what is not there is removed";
}

TEST_P(BlobStoreContract, ProbingLeavesNoTrace) {
  EXPECT_TRUE(store().probe().has_value()) << store().probe().error().text;
  EXPECT_TRUE(other().probe().has_value());
  EXPECT_EQ(names(store(), ""), Names{});
  EXPECT_FALSE(store().describe().empty());
}

TEST_P(BlobStoreContract, OfManyWritersOfOneNameExactlyOneWins) {
  constexpr int kRounds = 10;
  constexpr int kWriters = 6;
  for (int round = 0; round < kRounds; ++round) {
    const std::string name = "journal/segment-" + std::to_string(round);
    std::vector<PutOutcome> outcomes(kWriters, PutOutcome::unknown);
    std::vector<std::thread> writers;
    for (int i = 0; i < kWriters; ++i) {
      writers.emplace_back([&, i] {
        BlobStore& mine = i % 2 == 0 ? store() : other();
        outcomes[static_cast<std::size_t>(i)] = mine.put(name, "writer " + std::to_string(i)).outcome;
      });
    }
    for (auto& writer : writers) writer.join();
    ASSERT_EQ(std::count(outcomes.begin(), outcomes.end(), PutOutcome::ok), 1);
    ASSERT_EQ(std::count(outcomes.begin(), outcomes.end(), PutOutcome::exists), kWriters - 1);
    const auto winner = std::find(outcomes.begin(), outcomes.end(), PutOutcome::ok) - outcomes.begin();
    EXPECT_EQ(store().get(name).value(), "writer " + std::to_string(winner));
  }
}

TEST_P(BlobStoreContract, ManyWritersOfTheSameBytesAllSucceed) {
  std::vector<PutOutcome> outcomes(6, PutOutcome::unknown);
  std::vector<std::thread> writers;
  for (std::size_t i = 0; i < outcomes.size(); ++i)
    writers.emplace_back(
        [&, i] { outcomes[i] = (i % 2 == 0 ? store() : other()).put("blobs/00/same", "bytes").outcome; });
  for (auto& writer : writers) writer.join();
  EXPECT_EQ(std::count(outcomes.begin(), outcomes.end(), PutOutcome::ok), 6);
  EXPECT_EQ(store().get("blobs/00/same").value(), "bytes");
}

TEST_P(BlobStoreContract, AListHoldsAllThatWasPutBeforeIt) {
  constexpr int kFiles = 40;
  std::atomic<int> done{0};
  std::thread writer([&] {
    for (int i = 0; i < kFiles; ++i) {
      EXPECT_EQ(store().put("journal/segment-" + std::to_string(1000 + i), "x").outcome, PutOutcome::ok);
      done.store(i + 1);
    }
  });
  for (int before = 0; before < kFiles;) {
    before = done.load();
    const auto seen = names(other(), "journal/");
    ASSERT_GE(seen.size(), static_cast<std::size_t>(before));
    for (std::size_t i = 0; i < seen.size(); ++i) ASSERT_EQ(seen[i], "journal/segment-" + std::to_string(1000 + i));
  }
  writer.join();
}

}  // namespace stellwerk::test
