#include "config/quantity.h"

#include <gtest/gtest.h>

namespace stellwerk::config {
namespace {

using namespace std::chrono_literals;

TEST(Quantity, DurationsAsFlinkWritesThem) {
  EXPECT_EQ(parse_duration("10 s").value(), 10s);
  EXPECT_EQ(parse_duration("5 min").value(), 5min);
  EXPECT_EQ(parse_duration("5m").value(), 5min);
  EXPECT_EQ(parse_duration("1h").value(), 1h);
  EXPECT_EQ(parse_duration("100ms").value(), 100ms);
  EXPECT_EQ(parse_duration(" 2 Days ").value(), 48h);
  EXPECT_EQ(parse_duration("7 \xC2\xB5s").value(), 7us);
  EXPECT_EQ(parse_duration("1 ns").value(), 1us) << "rounded up, so that it is not taken for zero";
  EXPECT_EQ(parse_duration("60000").value(), 60s);
  EXPECT_EQ(parse_duration("3600", BareUnit::seconds).value(), 1h);
  EXPECT_EQ(parse_duration("010").value(), 10ms);
}

TEST(Quantity, DurationsThatAreNone) {
  for (const char* text : {"", "s", "ten s", "-1 s", "1.5 s", "10 parsecs", "10 s s", "1 h 30 min", "\xEF\xBC\x91 s"})
    EXPECT_TRUE(parse_duration(text).has_error()) << text;
  EXPECT_EQ(parse_duration("9223372036854775807").error().text, "is too long; accepted is at most 36500 d");
  EXPECT_EQ(parse_duration("18446744073709551615 d").error().text, "is too long; accepted is at most 36500 d");
  EXPECT_TRUE(parse_duration("18446744073709551616 ns").has_error());
  EXPECT_EQ(parse_duration("36500 d").value(), kDurationMax);
}

TEST(Quantity, DurationsAreWrittenShortAndExact) {
  EXPECT_EQ(format_duration(60s), "1 min");
  EXPECT_EQ(format_duration(1500ms), "1500 ms");
  EXPECT_EQ(format_duration(0s), "0 ms");
  EXPECT_EQ(format_duration(kDurationMax), "36500 d");
  EXPECT_EQ(format_duration(1us), "1 us");
}

TEST(Quantity, Sizes) {
  EXPECT_EQ(parse_bytes("104857600").value(), 104857600U);
  EXPECT_EQ(parse_bytes("64 mb").value(), 64U << 20);
  EXPECT_EQ(parse_bytes("1g").value(), 1U << 30);
  EXPECT_EQ(parse_bytes("10 kb").value(), 10240U);
  EXPECT_EQ(parse_bytes("3 kibibytes").value(), 3072U);
  EXPECT_EQ(parse_bytes("10485760b").value(), 10485760U);
  for (const char* text : {"", "mb", "-1", "1.5 g", "1 pb", "9223372036854775808", "9000000 tb"})
    EXPECT_TRUE(parse_bytes(text).has_error()) << text;
}

TEST(Quantity, Scalars) {
  EXPECT_TRUE(parse_bool("TRUE").value());
  EXPECT_FALSE(parse_bool(" false ").value());
  EXPECT_TRUE(parse_bool("yes").has_error());
  EXPECT_EQ(parse_integer("010").value(), 10);
  EXPECT_EQ(parse_integer("+7").value(), 7);
  EXPECT_EQ(parse_integer("-7").value(), -7);
  for (const char* text : {"", "+", "+-7", "0x10", "1e3", "7 ", "9223372036854775808"})
    EXPECT_EQ(parse_integer(text).has_error(), std::string_view(text) != "7 ") << text;
  EXPECT_DOUBLE_EQ(parse_real("1.5").value(), 1.5);
  for (const char* text : {"", "inf", "nan", "1,5", "1.5x"}) EXPECT_TRUE(parse_real(text).has_error()) << text;
}

TEST(Quantity, Ports) {
  EXPECT_EQ(parse_ports("8081").value(), (PortRanges{{8081, 8081}}));
  EXPECT_EQ(parse_ports("50100-50200, 50300").value(), (PortRanges{{50100, 50200}, {50300, 50300}}));
  EXPECT_EQ(parse_ports("0").value(), (PortRanges{{0, 0}}));
  EXPECT_EQ(format_ports(parse_ports("50100-50200,50300").value()), "50100-50200,50300");
  for (const char* text : {"", ",", "1,", "65536", "-1", "9-8", "1-2-3", "a", "80 81", "+80"})
    EXPECT_TRUE(parse_ports(text).has_error()) << text;
  std::string many = "1";
  for (std::size_t i = 0; i < kPortRangesMax; ++i) many += ",1";
  EXPECT_TRUE(parse_ports(many).has_error());
}

TEST(Quantity, Hosts) {
  const auto list = parse_host_ports("zk1:2182, zk_2 ,[::1]:2183,[fe80::1%eth0],10.0.0.7:1", 2181);
  ASSERT_TRUE(list.has_value()) << list.error().text;
  EXPECT_EQ(*list, (std::vector<HostPort>{
                       {"zk1", 2182}, {"zk_2", 2181}, {"::1", 2183}, {"fe80::1%eth0", 2181}, {"10.0.0.7", 1}}));
  EXPECT_EQ(format_host_port({"::1", 2183}), "[::1]:2183");
  EXPECT_EQ(format_host_port({"zk1", 2182}), "zk1:2182");
  EXPECT_EQ(parse_host_port("::1:2181", 1).error().text,
            "holds \"::1:2181\", which has several colons; accepted is host:port, for IPv6 [address]:port");
  for (const char* text : {"", "a,,b", "h:", "h:0x1", "h:65536", "[::1", "[::1]2181", "[nonsense]:1", "http://h:1",
                           "-h", "h h", "${HOST}:1", "h\xEF\xBC\x8Cg"})
    EXPECT_TRUE(parse_host_ports(text, 2181).has_error()) << text;
}

TEST(Quantity, ListsAndMaps) {
  EXPECT_EQ(parse_list("a; b;'c;d';\"e\"\"f\""), (std::vector<std::string>{"a", "b", "c;d", "e\"f"}));
  EXPECT_TRUE(parse_list("  ").empty());
  using Map = std::map<std::string, std::string>;
  EXPECT_EQ(parse_map("digest:user:pass word").value(), (Map{{"digest", "user:pass word"}}));
  EXPECT_EQ(parse_map("'digest:u:a,b', x:1").value(), (Map{{"digest", "u:a,b"}, {"x", "1"}}));
  const auto bad = parse_map("hunter2");
  ASSERT_TRUE(bad.has_error());
  EXPECT_EQ(bad.error().text.find("hunter2"), std::string::npos) << "the text must not repeat a secret";
}

}  // namespace
}  // namespace stellwerk::config
