#include "model/versioned.h"

#include <gtest/gtest.h>

namespace stellwerk::model {
namespace {

TEST(Versioned, ANewerFormIsNotReadAsIfItWereKnown) {
  EXPECT_TRUE(parse_versioned(R"({"a":2,"v":1})", "a thing").has_value());
  const auto newer = parse_versioned(R"({"a":2,"v":2})", "a thing");
  ASSERT_TRUE(newer.has_error());
  EXPECT_EQ(newer.error(), make_error(Errc::not_supported, "a thing was written by a newer version (schema 2)"));
}

TEST(Versioned, WithoutAVersionItIsDamaged) {
  for (const char* text : {R"({"a":2})", R"({"v":"1"})", "[1]", "{\"v\":1", ""}) {
    const auto read = parse_versioned(text, "a thing");
    ASSERT_TRUE(read.has_error()) << text;
    EXPECT_EQ(read.error().code, Errc::damaged) << text;
    EXPECT_NE(read.error().text.find("a thing"), std::string::npos) << read.error().text;
  }
}

}  // namespace
}  // namespace stellwerk::model
