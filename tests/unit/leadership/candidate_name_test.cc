#include "leadership/candidate_name.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <random>

namespace stellwerk::leadership {
namespace {

using testing::ElementsAre;

constexpr std::int32_t kLast = std::numeric_limits<std::int32_t>::max();
constexpr std::int32_t kFirst = std::numeric_limits<std::int32_t>::min();

CandidateName with_sequence(std::int32_t sequence) {
  return CandidateName{"g-latch-" + std::to_string(sequence), "g", sequence};
}

std::vector<std::int32_t> ordered(const std::vector<std::int32_t>& sequences) {
  std::vector<CandidateName> names;
  for (const std::int32_t each : sequences) names.push_back(with_sequence(each));
  std::vector<std::int32_t> out;
  for (const CandidateName& name : in_queue_order(std::move(names))) out.push_back(name.sequence);
  return out;
}

TEST(CandidateName, IsReadAsAServerCompletesIt) {
  EXPECT_EQ(parse_candidate_name("ab-cd-latch-0000000007"), (CandidateName{"ab-cd-latch-0000000007", "ab-cd", 7}));
  EXPECT_EQ(parse_candidate_name("x-latch-2147483647")->sequence, kLast);
  EXPECT_EQ(parse_candidate_name("x-latch--2147483648")->sequence, kFirst) << "eleven characters";
  EXPECT_EQ(parse_candidate_name("x-latch--000000001")->sequence, -1) << "ten, the minus counts";
  EXPECT_EQ(parse_candidate_name(candidate_prefix("x") + "0000000000")->guid, "x");
}

TEST(CandidateName, OthersAreNotCandidates) {
  for (const char* name :
       {"", "latch", "-latch-0000000001", "x-latch-", "x-latch-1", "x-latch-00000000012x", "x-latch-4294967296",
        "x-latch-000000000000", "x-lock-0000000001", "x-latch-+000000001", "x-latch-0000000001 "}) {
    EXPECT_FALSE(parse_candidate_name(name)) << name;
  }
  EXPECT_FALSE(parse_candidate_name(std::string(65, 'x') + "-latch-0000000001")) << "a guid has at most 64 characters";
}

TEST(CandidateName, TheQueueIsInTheOrderOfMaking) {
  EXPECT_THAT(ordered({}), ElementsAre());
  EXPECT_THAT(ordered({7}), ElementsAre(7));
  EXPECT_THAT(ordered({12, 3, 7}), ElementsAre(3, 7, 12));
  EXPECT_THAT(ordered({0, 1'000'000'000}), ElementsAre(0, 1'000'000'000));
}

TEST(CandidateName, TheOrderSurvivesTheWrap) {
  EXPECT_THAT(ordered({kFirst, kLast}), ElementsAre(kLast, kFirst));
  EXPECT_THAT(ordered({kFirst + 1, kLast, kFirst, kLast - 5}), ElementsAre(kLast - 5, kLast, kFirst, kFirst + 1));
  EXPECT_THAT(ordered({0, -1, 1, -2}), ElementsAre(-2, -1, 0, 1)) << "and the way through zero";
}

TEST(CandidateName, AnyWindowOfLivingCandidatesKeepsItsOrderWhateverTheListing) {
  std::mt19937_64 random(3);
  for (int round = 0; round < 2000; ++round) {
    std::uint32_t next = static_cast<std::uint32_t>(random());
    std::vector<std::int32_t> made;
    // In all less than half of the circle.
    for (int i = 0; i < 8; ++i) {
      made.push_back(static_cast<std::int32_t>(next));
      next += 1 + static_cast<std::uint32_t>(random() % 200'000'000);
    }
    auto listed = made;
    std::shuffle(listed.begin(), listed.end(), random);
    EXPECT_EQ(ordered(listed), made);
  }
}

TEST(CandidateName, NumbersThatNoQueueHoldsStillHaveOneOrder) {
  std::vector<std::int32_t> sequences = {kFirst, -1'000'000'000, 0, 1'000'000'000, kLast, 5, 5};
  const auto expected = ordered(sequences);
  std::mt19937_64 random(3);
  for (int round = 0; round < 100; ++round) {
    std::shuffle(sequences.begin(), sequences.end(), random);
    EXPECT_EQ(ordered(sequences), expected);
  }
}

}  // namespace
}  // namespace stellwerk::leadership
