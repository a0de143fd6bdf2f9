#include "cli/table.h"

#include <gtest/gtest.h>

namespace stellwerk::cli {
namespace {

TEST(Fit, CutsWhatIsTooLongWithoutBreakingALetter) {
  EXPECT_EQ(fit("abcdef", 6), "abcdef");
  EXPECT_EQ(fit("abcdefg", 6), "abc...");
  EXPECT_EQ(fit("\xc3\xa4\xc3\xb6\xc3\xbc\xc3\xa4\xc3\xb6", 4), "\xc3\xa4...");
  EXPECT_EQ(fit("abcdefg", 2), "..");
  EXPECT_EQ(fit("abc", 0), "");
}

TEST(Table, AlignsByWhatIsSeen) {
  EXPECT_EQ(render_table({{{"A"}, {"B"}}, {{"über"}, {"x"}}, {{""}, {""}}}, false),
            "A     B\n"
            "über  x\n"
            "-     -\n");
  EXPECT_EQ(render_table({}, false), "");
  EXPECT_EQ(render_table({{{"a", Colour::red}, {"b"}}}, true), "\x1b[31ma\x1b[0m  b\n");
  EXPECT_EQ(render_table({{{"a", Colour::red}, {"b"}}}, false), "a  b\n");
}

TEST(Table, Durations) {
  EXPECT_EQ(short_duration(-5), "0 ms");
  EXPECT_EQ(short_duration(999), "999 ms");
  EXPECT_EQ(short_duration(60'000), "1 min");
  EXPECT_EQ(short_duration(90'061'000), "1 d 1 h 1 min 1 s");
}

}  // namespace
}  // namespace stellwerk::cli
