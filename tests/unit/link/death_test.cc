#include "link/death.h"

#include <gmock/gmock.h>

namespace stellwerk::link {
namespace {

using testing::HasSubstr;

const Death kDeath{"w-\"1\"", 3, "cluster-1", 5};

TEST(DeathTest, ItComesBackAsItWas) {
  const auto read = decode_death(encode_death(kDeath));
  ASSERT_TRUE(read) << read.error().text;
  EXPECT_EQ(*read, kDeath);
  EXPECT_EQ(encode_death({"w-1", 3, "c", 5}), R"({"worker":"w-1","incarnation":3,"cluster":"c","epoch":5})");
}

TEST(DeathTest, WhatIsWrongIsNamed) {
  const auto error = [](const std::string& text) {
    const auto read = decode_death(text);
    return read ? "" : read.error().text;
  };
  EXPECT_THAT(error(R"({"worker":"","incarnation":3,"cluster":"c","epoch":5})"), HasSubstr("worker"));
  EXPECT_THAT(error(R"({"worker":"w","incarnation":0,"cluster":"c","epoch":5})"), HasSubstr("incarnation"));
  EXPECT_THAT(error(R"({"worker":"w","incarnation":1,"cluster":5,"epoch":5})"), HasSubstr("cluster"));
  EXPECT_THAT(error(R"({"worker":"w","incarnation":1,"cluster":"c","epoch":99999999999})"), HasSubstr("epoch"));
  EXPECT_THAT(error(R"({"worker":"w","incarnation":1,"cluster":"c"})"), HasSubstr("epoch"));
  EXPECT_THAT(error("[]"), HasSubstr("the word of a worker's guard"));
  EXPECT_THAT(error(std::string(kDeathBytesMax + 1, ' ')), HasSubstr("at most 8192"));
}

}  // namespace
}  // namespace stellwerk::link
