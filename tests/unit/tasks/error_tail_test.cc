#include "tasks/error_tail.h"

#include <gtest/gtest.h>

#include "base/text.h"

namespace stellwerk::tasks {
namespace {

std::string tail_of(std::size_t bytes_max, const std::vector<std::string>& parts) {
  ErrorTail tail(bytes_max);
  for (const std::string& part : parts) tail.add(part);
  return tail.text();
}

TEST(ErrorTailTest, WhatIsShortIsKeptAsItIs) {
  EXPECT_EQ(tail_of(10, {}), "");
  EXPECT_EQ(tail_of(10, {"a\nb"}), "a\nb");
  EXPECT_EQ(tail_of(10, {"a\n", "b\n"}), "a\nb");
  EXPECT_EQ(tail_of(10, {"0123456789\n"}), "0123456789");
}

TEST(ErrorTailTest, EmptyLinesAtTheEndSayNothing) {
  EXPECT_EQ(tail_of(10, {"why\n\n\n"}), "why");
  EXPECT_EQ(tail_of(10, {"\n\n\n"}), "");
  EXPECT_EQ(tail_of(10, {"a long line before\nwhy\n\n\n\n\n\n\n\n"}), "why");
}

TEST(ErrorTailTest, OnlyWholeLinesAreKept) {
  EXPECT_EQ(tail_of(10, {"first\nsecond\nthird\n"}), "third");
  EXPECT_EQ(tail_of(12, {"first\nsecond\nthird\n"}), "second\nthird");
  EXPECT_EQ(tail_of(11, {"first\nsecond\nthird\n"}), "third");
}

TEST(ErrorTailTest, HowItArrivesMakesNoDifference) {
  std::string text;
  for (int i = 0; i < 100; ++i) text += std::string(static_cast<std::size_t>(i % 13), 'x') + std::to_string(i) + "\n";
  const std::string whole = tail_of(50, {text});
  EXPECT_TRUE(whole.ends_with("\nxxxxxxxx99"));
  EXPECT_LE(whole.size(), 50u);
  for (std::size_t part : {1U, 2U, 7U, 49U, 50U, 51U, 52U, 101U, 103U}) {
    std::vector<std::string> parts;
    for (std::size_t at = 0; at < text.size(); at += part) parts.push_back(text.substr(at, part));
    EXPECT_EQ(tail_of(50, parts), whole) << part;
  }
}

TEST(ErrorTailTest, OfALineThatIsTooLongTheEndIsKept) {
  EXPECT_EQ(tail_of(4, {"0123456789"}), "6789");
  EXPECT_EQ(tail_of(4, {"01234", "56789\n"}), "6789");
  EXPECT_EQ(tail_of(4, {"x\n0123456789\n"}), "6789");
}

TEST(ErrorTailTest, WhatIsNoUtf8IsReplaced) {
  EXPECT_EQ(tail_of(100, {"a\xff\xfe z\n"}), "a\uFFFD\uFFFD z");
  EXPECT_EQ(tail_of(100, {"\xc3", "\xa9t\xc3\xa9\n"}), "\u00e9t\u00e9") << "a character that comes in two parts";
  const std::string tail = tail_of(10, {std::string(100, '\xff')});
  EXPECT_LE(tail.size(), 10u);
  EXPECT_EQ(find_bad_utf8(tail), std::nullopt);
  EXPECT_EQ(tail_of(4, {"\u00e9\u00e9\u00e9x"}), "\u00e9x") << "not cut inside of a character";
}

}  // namespace
}  // namespace stellwerk::tasks
