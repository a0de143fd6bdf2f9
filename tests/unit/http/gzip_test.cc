#include "http/gzip.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <random>

#include "http/body.h"

namespace stellwerk::http {
namespace {

std::string gunzip(const std::string& packed, std::size_t size) {
  std::string out(size, '\0');
  z_stream stream{};
  EXPECT_EQ(inflateInit2(&stream, 15 + 16), Z_OK);
  std::string in = packed;
  stream.next_in = reinterpret_cast<Bytef*>(in.data());
  stream.avail_in = static_cast<uInt>(in.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(inflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(stream.total_out);
  inflateEnd(&stream);
  return out;
}

TEST(Gzip, ComesBackAsItWas) {
  std::string text;
  for (int i = 0; i < 1000; ++i) text += "{\"id\":" + std::to_string(i) + "},";
  for (const auto effort : {GzipEffort::fast, GzipEffort::small}) {
    const std::string packed = gzip(text, effort);
    ASSERT_FALSE(packed.empty());
    EXPECT_LT(packed.size(), text.size() / 2);
    EXPECT_EQ(gunzip(packed, text.size()), text);
  }
  const Page page(text);
  EXPECT_EQ(gunzip(page.gzip(), text.size()), text);
}

TEST(Gzip, PiecesArePackedOnceAndAreOneWhole) {
  std::mt19937 random(7);
  PagePieces pieces;
  for (int i = 0; i < 40; ++i) {
    std::string text;
    for (std::uint32_t k = random() % 3000; k > 0; --k) text += "{\"id\":" + std::to_string(random() % 100) + "},";
    pieces.push_back(std::make_shared<const PagePiece>(text, i % 2 == 0 ? GzipEffort::fast : GzipEffort::small));
  }
  const Page first(pieces);
  EXPECT_EQ(gunzip(first.gzip(), first.bytes().size()), first.bytes());
  std::rotate(pieces.begin(), pieces.begin() + 7, pieces.end());
  pieces[3] = std::make_shared<const PagePiece>("something else", GzipEffort::fast);
  const Page second(pieces);
  EXPECT_NE(first.bytes(), second.bytes());
  EXPECT_EQ(gunzip(second.gzip(), second.bytes().size()), second.bytes());
}

TEST(Gzip, PiecesThatPackToMoreAreSentAsTheyAre) {
  const Page page(PagePieces{std::make_shared<const PagePiece>("x", GzipEffort::fast)});
  EXPECT_EQ(page.bytes(), "x");
  EXPECT_EQ(page.gzip(), "");
}

TEST(Gzip, WhatCannotShrinkStaysPlain) {
  std::mt19937 random(1);
  std::string noise(4096, '\0');
  for (char& c : noise) c = static_cast<char>(random());
  EXPECT_EQ(gzip(noise, GzipEffort::small), "");
  EXPECT_EQ(gzip("", GzipEffort::small), "");
}

TEST(Gzip, IsSentOnlyWhenAsked) {
  for (const std::string_view yes :
       {"gzip", "GZIP", "deflate, gzip", "x-gzip", "*", "br;q=1.0, gzip;q=0.5", "gzip;q=0.001"})
    EXPECT_TRUE(accepts_gzip(yes)) << yes;
  for (const std::string_view no :
       {"", "br", "gzip;q=0", "gzip; q=0.000", "*;q=0", "identity", "gzipped", "gzip;q=0, *"})
    EXPECT_FALSE(accepts_gzip(no)) << no;
}

}  // namespace
}  // namespace stellwerk::http
