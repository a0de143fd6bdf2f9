#include "http/ports.h"

#include <gtest/gtest.h>

namespace stellwerk::http {
namespace {

TEST(Ports, AreNumbersRangesAndLists) {
  EXPECT_EQ(*parse_ports("8081", "k"), (std::vector<PortRange>{{8081, 8081}}));
  EXPECT_EQ(*parse_ports("0", "k"), (std::vector<PortRange>{{0, 0}}));
  EXPECT_EQ(*parse_ports("50100,50101-50105, 65535", "k"),
            (std::vector<PortRange>{{50100, 50100}, {50101, 50105}, {65535, 65535}}));
}

TEST(Ports, BadOnesAreNamed) {
  for (const std::string_view bad : {"", "x", "65536", "5-3", "0-5", "1,,2", "-1", "1-", "1-2-3", "80 81"})
    EXPECT_TRUE(parse_ports(bad, "rest.bind-port").has_error()) << bad;
  EXPECT_EQ(parse_ports("9-8", "rest.bind-port").error().text,
            "rest.bind-port: \"9-8\" must be a port (0 to 65535), a range such as 50100-50200, or a list of both "
            "separated by commas");
}

}  // namespace
}  // namespace stellwerk::http
