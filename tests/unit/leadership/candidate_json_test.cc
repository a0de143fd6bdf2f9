#include "leadership/candidate_json.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace stellwerk::leadership {
namespace {

TEST(CandidateJson, ComesBackAsItWas) {
  const Candidate candidate{"guid", "http://h:8081", "h:6123", "h", 42, 1'795'000'000'000};
  EXPECT_EQ(decode_candidate(encode_candidate(candidate)).value(), candidate);
  EXPECT_EQ(encode_candidate(candidate),
            R"({"host":"h","id":"guid","pid":42,"rest":"http://h:8081","rpc":"h:6123","since":1795000000000})");
}

TEST(CandidateJson, WhatALaterVersionAddsIsPassedOver) {
  const auto candidate = decode_candidate(R"({"id":"g","rest":"http://h:1","zone":{"a":[1]}})");
  ASSERT_TRUE(candidate) << candidate.error().text;
  EXPECT_EQ(candidate->rest, "http://h:1");
}

TEST(CandidateJson, StringsAreBounded) {
  Candidate candidate;
  candidate.id = "g";
  candidate.host = std::string(1000, 'x');
  EXPECT_EQ(decode_candidate(encode_candidate(candidate))->host.size(), kCandidateTextMax) << "cut when written";
  const auto long_one = decode_candidate(R"({"id":"g","rest":")" + std::string(257, 'x') + R"("})");
  ASSERT_FALSE(long_one) << "refused when read";
  EXPECT_EQ(long_one.error().code, Errc::damaged);
}

TEST(CandidateJson, ForeignDataIsDamaged) {
  const std::vector<std::string> texts = {"",
                                          "garbage",
                                          "[]",
                                          R"({"id":7})",
                                          R"({"rest":"http://h:1"})",
                                          std::string("\x00\xac\xed\x00\x05", 5),
                                          R"({"id":"g","rest":"r","x":")" + std::string(5000, 'x') + "\"}"};
  for (const std::string& text : texts) {
    const auto candidate = decode_candidate(text);
    ASSERT_FALSE(candidate) << text;
    EXPECT_EQ(candidate.error().code, Errc::damaged);
  }
}

}  // namespace
}  // namespace stellwerk::leadership
