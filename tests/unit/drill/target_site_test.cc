#include "drill/target_site.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/cli/fake_host.h"

namespace stellwerk::drill {
namespace {

using testing::HasSubstr;

constexpr char kStatus[] = R"({"role":"leader","id":"A","rest":"http://a:8081","acting":true,"epoch":7,"pid":4711})";

TEST(TargetSiteTest, AMasterThatDoesNotAnswer) {
  cli::FakeHost host;
  const auto found = TargetSite::find(host, {{"a", 8081}});
  ASSERT_TRUE(found.has_error());
  EXPECT_EQ(found.error().code, Errc::unavailable);
  EXPECT_EQ(found.error().text, "http://a:8081 does not answer");
}

TEST(TargetSiteTest, AMasterOfAnotherHostIsNotHit) {
  cli::FakeHost host;
  host.network = [](const cli::Question&) { return cli::reply(200, kStatus); };
  const auto found = TargetSite::find(host, {{"a", 8081}});
  ASSERT_TRUE(found.has_error());
  EXPECT_EQ(found.error().code, Errc::refused);
  EXPECT_THAT(found.error().text, HasSubstr("the master http://a:8081 (process 4711) does not run on this host"));
}

}  // namespace
}  // namespace stellwerk::drill
