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
