#include "http/endpoint.h"

#include <gtest/gtest.h>

namespace stellwerk::http {
namespace {

TEST(Endpoint, IsReadFromWhatPeopleWrite) {
  EXPECT_EQ(*parse_endpoint("host:8081", "-m"), (Endpoint{"host", 8081, ""}));
  EXPECT_EQ(*parse_endpoint("http://host:8081/", "-m"), (Endpoint{"host", 8081, ""}));
  EXPECT_EQ(*parse_endpoint("http://host/flink/ui/", "-m"), (Endpoint{"host", 80, "/flink/ui"}));
  EXPECT_EQ(*parse_endpoint("[::1]:8081", "-m"), (Endpoint{"::1", 8081, ""}));
  EXPECT_EQ(parse_endpoint("http://[fe80::1%eth0]:1/x", "-m")->url(), "http://[fe80::1%eth0]:1/x");
  EXPECT_EQ(parse_endpoint("10.0.0.1:1", "-m")->authority(), "10.0.0.1:1");
}

TEST(Endpoint, BadOnesAreNamed) {
  for (const std::string_view bad : {"", "host", ":8081", "host:", "host:0", "host:65536", "host:x", "::1:8081", "[::1",
                                     "[::1]x:1", "ho st:1", "http://", "user@host:1", "host:1\r\nX: y", "host:1/a b"})
    EXPECT_EQ(parse_endpoint(bad, "-m").error().code, Errc::invalid) << bad;
  EXPECT_EQ(parse_endpoint("https://host:1", "-m").error().code, Errc::not_supported);
}

}  // namespace
}  // namespace stellwerk::http
