#include "model/attempt.h"

#include <gtest/gtest.h>

#include <vector>

namespace stellwerk::model {
namespace {

constexpr const char* kJob = "0190a1b2c3d4e5f60718293a4b5c6d7e";

TEST(AttemptId, IsReadAsItWasWritten) {
  const AttemptId id{*JobId::parse(kJob), {3, 32'767}, 12};
  EXPECT_EQ(id.text(), std::string(kJob) + "/3/32767/12");
  const auto again = parse_attempt_id(id.text());
  ASSERT_TRUE(again);
  EXPECT_EQ(*again, id);
}

TEST(AttemptId, AnythingElseIsAnError) {
  const std::string job = kJob;
  for (const auto& text :
       std::vector<std::string>{std::string(), job, job + "/1", job + "/1/2", job + "/1/2/", job + "/1/2/3/",
                                job + "/1/2/3/4", job + "/-1/2/3", job + "//2/3", job + "/1/2/x", job + "/1000/0/0",
                                job + "/0/32768/0", job + "/0/0/2147483648", std::string("job/0/0/0"), job + "/0x/0/0"})
    EXPECT_TRUE(parse_attempt_id(text).has_error()) << text;
}

TEST(Attempt, IsReadAsItWasWritten) {
  Attempt attempt{2, "tm-1", 77, "host-1", 1'000, -1, {}};
  EXPECT_EQ(encode_attempt(attempt), R"({"host":"host-1","incarnation":77,"n":2,"start":1000,"v":1,"worker":"tm-1"})");
  EXPECT_EQ(*decode_attempt(encode_attempt(attempt)), attempt);
  for (const auto end : {AttemptEnd::finished, AttemptEnd::failed, AttemptEnd::canceled}) {
    attempt.end = end;
    attempt.end_ms = 2'000;
    EXPECT_EQ(*decode_attempt(encode_attempt(attempt)), attempt);
  }
}

TEST(Attempt, WhatIsNotOneIsNamed) {
  EXPECT_EQ(decode_attempt("[]").error().code, Errc::damaged);
  EXPECT_EQ(decode_attempt(R"({"v":2})").error().code, Errc::not_supported);
  EXPECT_NE(decode_attempt(R"({"end":5,"host":"h","how":"GONE","incarnation":1,"n":0,"start":1,"v":1,"worker":"w"})")
                .error()
                .text.find("FINISHED, FAILED or CANCELED"),
            std::string::npos);
}

}  // namespace
}  // namespace stellwerk::model
