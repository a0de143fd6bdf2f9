#include "base/size_text.h"

#include <gtest/gtest.h>

namespace stellwerk {
namespace {

TEST(SizeText, UnitsArePowersOf1024) {
  EXPECT_EQ(parse_size("512m").value(), std::uint64_t{512} << 20);
  EXPECT_EQ(parse_size(" 512 MiB ").value(), std::uint64_t{512} << 20);
  EXPECT_EQ(parse_size("0").value(), 0);
  EXPECT_EQ(parse_size("8388607 t").value(), std::uint64_t{8388607} << 40);
  for (const char* bad : {"", " ", "m", "-1", "1.5g", "1 mbit", "8388608 tb", "99999999999999999999"})
    EXPECT_TRUE(parse_size(bad).has_error()) << bad;
}

TEST(SizeText, AreShownInTheLargestExactUnit) {
  EXPECT_EQ(format_size(std::uint64_t{512} << 20), "512 MiB");
  EXPECT_EQ(format_size(std::uint64_t{1} << 40), "1 TiB");
  EXPECT_EQ(format_size(1000), "1000 bytes");
  EXPECT_EQ(format_size(1), "1 byte");
  EXPECT_EQ(format_size(0), "0 bytes");
}

}  // namespace
}  // namespace stellwerk
