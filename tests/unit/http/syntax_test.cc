#include "http/syntax.h"

#include <gtest/gtest.h>

namespace stellwerk::http {
namespace {

using State = ChunkDecoder::State;

constexpr std::size_t kBodyMax = 1000;

struct Decoded {
  State state = State::more;
  std::string body;
  std::string rest;

  friend bool operator==(const Decoded&, const Decoded&) = default;
};

Decoded decode(std::string_view text, std::size_t step) {
  ChunkDecoder decoder;
  Decoded out;
  while (!text.empty() && out.state == State::more) {
    std::string_view piece = text.substr(0, step);
    const std::size_t offered = piece.size();
    out.state = decoder.feed(piece, out.body, kBodyMax);
    text.remove_prefix(offered - piece.size());
  }
  out.rest = text;
  return out;
}

TEST(Chunks, AreTheSameHoweverTheyArrive) {
  const std::string text = "5\r\nhello\r\n00B;name=value\r\n big\r\nworld\r\n0\r\nTrailer: x\r\n\r\nGET /";
  for (std::size_t step = 1; step <= text.size(); ++step) {
    const Decoded decoded = decode(text, step);
    EXPECT_EQ(decoded, (Decoded{State::done, "hello big\r\nworld", "GET /"})) << step;
  }
}

TEST(Chunks, LastChunkAloneInAnyPieces) {
  for (std::size_t step = 1; step <= 5; ++step) EXPECT_EQ(decode("0\r\n\r\n", step).state, State::done) << step;
}

TEST(Chunks, BrokenOnesAreRefused) {
  for (const std::string_view bad :
       {"\r\n", "x\r\n", "0x5\r\n", "-5\r\n", "+5\r\n", " 5\r\n", "5 \r\n", "5\n", "5\rx\r\n", "5;a\nb\r\n",
        "5;a\x01\r\n", "5,5\r\n", "10000000000000000\r\n", "5\r\nhelloX", "5\r\nhello\n", "5\r\nhello\r\r\n",
        "0\r\nbad trailer\r\n", "0\r\nbad : trailer\r\n", "0\r\nA: b\n\r\n"})
    for (std::size_t step = 1; step < 4; ++step) EXPECT_EQ(decode(bad, step).state, State::bad) << bad;
}

TEST(Chunks, HugeSizesAreTooLargeBeforeTheirBytesCome) {
  EXPECT_EQ(decode("ffffffffffffffff\r\nx", 1).state, State::too_large);
  EXPECT_EQ(decode("3e8\r\n" + std::string(1000, 'x') + "\r\n1\r\nx", 7).state, State::too_large);
  EXPECT_EQ(decode("3e8\r\n" + std::string(1000, 'x') + "\r\n0\r\n\r\n", 7).state, State::done);
}

TEST(Chunks, ExtensionsAndTrailersAreBounded) {
  std::string many;
  for (int i = 0; i < 10; ++i) many += "1;" + std::string(2000, 'e') + "\r\nx\r\n";
  EXPECT_EQ(decode(many, 100).state, State::bad);
  EXPECT_EQ(decode("0\r\nA: " + std::string(20000, 't'), 100).state, State::bad);
}

TEST(Heads, EndIsFoundHoweverTheyArrive) {
  const std::string text = "GET / HTTP/1.1\r\nA: b\r\n\r\nrest";
  std::size_t checked = 0;
  for (std::size_t size = 0; size < text.size(); ++size) {
    const HeadEnd end = find_head_end(std::string_view(text).substr(0, size), checked);
    EXPECT_EQ(end.fault, "");
    EXPECT_EQ(end.size, size < text.size() - 4 ? 0 : text.size() - 4) << size;
    if (end.size != 0) break;
  }
}

TEST(Heads, FoldedAndBareLinesAreFaultsAtOnce) {
  for (const std::string_view bad : {"GET / HTTP/1.1\n", "GET / HTTP/1.1\r\nA: b\n", "GET / HTTP/1.1\r\n A: b",
                                     "GET / HTTP/1.1\r\nA: b\r\n\tc", "\nGET"}) {
    std::size_t checked = 0;
    EXPECT_NE(find_head_end(bad, checked).fault, "") << bad;
  }
}

TEST(Decoding, EscapesAreStrict) {
  std::string out;
  EXPECT_TRUE(percent_decode("a%2fb%C3%A9+c", false, out));
  EXPECT_EQ(out, "a/bé+c");
  out.clear();
  EXPECT_TRUE(percent_decode("a+b%2B", true, out));
  EXPECT_EQ(out, "a b+");
  for (const std::string_view bad : {"%", "%2", "%2g", "%g2", "%%20", "%00", "%1f", "%0a", "%7F", "%ff", "%c3",
                                     "%c3%28", "%c0%af", "%ed%a0%80", "%f5%80%80%80", "%e0%80%80"})
    EXPECT_FALSE(percent_decode(bad, false, out)) << bad;
}

TEST(Numbers, AreDecimalAndNothingElse) {
  EXPECT_EQ(parse_decimal("0"), 0U);
  EXPECT_EQ(parse_decimal("9999999999999999999"), 9999999999999999999U);
  for (const std::string_view bad : {"", " 1", "1 ", "+1", "-1", "1,1", "0x1", "1.0", "99999999999999999999"})
    EXPECT_EQ(parse_decimal(bad), std::nullopt) << bad;
}

TEST(ContentRanges, AreRead) {
  EXPECT_EQ(parse_content_range("bytes 5-9/10"), (ContentRange{5, 10}));
  EXPECT_EQ(parse_content_range("bytes 0-0/1"), (ContentRange{0, 1}));
  EXPECT_EQ(parse_content_range("bytes */10"), (ContentRange{std::nullopt, 10}));
  EXPECT_EQ(parse_content_range("bytes */0"), (ContentRange{std::nullopt, 0}));
  for (const std::string_view bad :
       {"", "5-9/10", "bytes 5-9", "bytes 5-9/", "bytes 5-9/*", "bytes 9-5/10", "bytes 5-10/10", "bytes 5/10",
        "bytes /10", "bytes -/10", "bytes **/10", "bytes a-9/10", "lines 5-9/10"})
    EXPECT_EQ(parse_content_range(bad), std::nullopt) << bad;
}

TEST(Lists, YieldTrimmedElements) {
  std::string_view list = "a , b,,c\t";
  std::vector<std::string_view> found;
  while (const auto element = next_element(list)) found.push_back(*element);
  EXPECT_EQ(found, (std::vector<std::string_view>{"a", "b", "", "c"}));
}

}  // namespace
}  // namespace stellwerk::http
