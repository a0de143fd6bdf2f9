#include "base/text.h"

#include <gtest/gtest.h>

#include <array>

#include "base/duration_text.h"
#include "base/sha256.h"

namespace stellwerk {
namespace {

using namespace std::string_literals;

TEST(Utf8, FindsTheFirstByteThatIsNone) {
  EXPECT_EQ(find_bad_utf8("plain, ä, 计, 😀"), std::nullopt);
  EXPECT_EQ(find_bad_utf8("ab\xff"), 2U);
  EXPECT_EQ(find_bad_utf8("a\xc3"), 1U) << "cut in the middle";
  EXPECT_EQ(find_bad_utf8("\x80"), 0U) << "begins with a continuation";
  EXPECT_EQ(find_bad_utf8("\xc0\xaf"), 0U) << "overlong, two bytes";
  EXPECT_EQ(find_bad_utf8("\xe0\x80\xaf"), 0U) << "overlong, three bytes";
  EXPECT_EQ(find_bad_utf8("\xed\xa0\x80"), 0U) << "a surrogate";
  EXPECT_EQ(find_bad_utf8("\xf4\x90\x80\x80"), 0U) << "beyond Unicode";
  EXPECT_EQ(find_bad_utf8("\xf4\x8f\xbf\xbf"), std::nullopt);
}

TEST(Utf8, DecodesEveryLength) {
  const std::string_view text = "A\xc3\xa4\xe8\xae\xa1\xf0\x9f\x98\x80";
  std::size_t at = 0;
  EXPECT_EQ(next_code_point(text, at), U'A');
  EXPECT_EQ(next_code_point(text, at), U'\u00e4');
  EXPECT_EQ(next_code_point(text, at), U'\u8ba1');
  EXPECT_EQ(next_code_point(text, at), U'\U0001f600');
  EXPECT_EQ(at, text.size());
  EXPECT_EQ(next_code_point(text, at), std::nullopt);
}

TEST(Printable, RefusesWhatATerminalMustNotGet) {
  EXPECT_TRUE(is_printable_text("word-count → 计数"));
  for (const std::string& bad : {"a\nb"s, "\x1b[31m"s, "\x7f"s, "\xc2\x9b"s /* CSI */, "\xe2\x80\xae"s /* reverses */,
                                 "\xef\xbb\xbf"s /* BOM */, "\xe2\x80\xa8"s /* line end */, "a\0b"s, "\xff"s})
    EXPECT_FALSE(is_printable_text(bad)) << shown(bad);
}

TEST(Shown, EscapesAndCuts) {
  EXPECT_EQ(shown("four"), "\"four\"");
  EXPECT_EQ(shown("a\"b\\c"), "\"a\\\"b\\\\c\"");
  EXPECT_EQ(shown("a\n\t\x1b\xff\xe2\x80\xae"), "\"a\\n\\t\\u001b\\xff\\u202e\"");
  EXPECT_EQ(shown(std::string(64, 'x')), "\"" + std::string(64, 'x') + "\"");
  EXPECT_EQ(shown(std::string(65, 'x')), "\"" + std::string(64, 'x') + "...\"");
  EXPECT_EQ(shown(std::string(63, 'x') + "计"), "\"" + std::string(63, 'x') + "...\"") << "never half a character";
}

TEST(NearestName, FindsSlipsAndNothingElse) {
  constexpr std::array<std::string_view, 3> kSpecNames = {"parallelism", "at-most-one", "env"};
  EXPECT_EQ(nearest_name("paralelism", kSpecNames), "parallelism");
  EXPECT_EQ(nearest_name("at_most_one", kSpecNames), "at-most-one");
  EXPECT_EQ(nearest_name("atMostOne", kSpecNames), "at-most-one");
  EXPECT_EQ(nearest_name("Env", kSpecNames), "env");
  EXPECT_EQ(nearest_name("memory", kSpecNames), std::nullopt);
  EXPECT_EQ(nearest_name(std::string(100'000, 'x'), kSpecNames), std::nullopt);
}

TEST(DurationText, TakesFlinksSpellings) {
  EXPECT_EQ(*parse_duration_ms("10 s"), 10'000);
  EXPECT_EQ(*parse_duration_ms("10s"), 10'000);
  EXPECT_EQ(*parse_duration_ms(" 5  Minutes "), 300'000);
  EXPECT_EQ(*parse_duration_ms("1 m"), 60'000);
  EXPECT_EQ(*parse_duration_ms("500ms"), 500);
  EXPECT_EQ(*parse_duration_ms("2 h"), 7'200'000);
  EXPECT_EQ(*parse_duration_ms("1 day"), 86'400'000);
  EXPECT_EQ(*parse_duration_ms("1500"), 1'500);
  EXPECT_EQ(*parse_duration_ms("0"), 0);
}

TEST(DurationText, RefusesEverythingElse) {
  for (const char* bad : {"", " ", "s", "-1 s", "+1 s", "1.5 s", "1 s 2 ms", "10 parsecs", "1 us", "ten s",
                          "9223372036854775807 s", "99999999999999999999", "PT10S"})
    EXPECT_TRUE(parse_duration_ms(bad).has_error()) << bad;
  EXPECT_EQ(parse_duration_ms("soon").error().text,
            "\"soon\" is not a duration such as 500 ms, 10 s, 5 min, 1 h or 1 d (a bare number is ms)");
}

TEST(Sha256, MatchesPublishedDigestsWholeAndInPieces) {
  EXPECT_EQ(sha256_hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  Sha256 hash;
  hash.update("a");
  hash.update("");
  hash.update("bc");
  EXPECT_EQ(hash.finish(), sha256_hex("abc"));
}

}  // namespace
}  // namespace stellwerk
