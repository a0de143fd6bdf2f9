#include "coordination/system_resolver.h"

#include <gmock/gmock.h>

#include <optional>

#include "support/real_loop.h"

namespace stellwerk::coordination {
namespace {

class SystemResolverTest : public testing::Test {
 protected:
  Result<Resolver::Addresses> resolve(const std::string& host) {
    std::optional<Result<Resolver::Addresses>> answer;
    resolver.resolve(host, [&](Result<Resolver::Addresses> found) { answer = std::move(found); });
    EXPECT_FALSE(answer) << "answered from inside the call";
    EXPECT_TRUE(loop.run_until([&] { return answer.has_value(); }, std::chrono::seconds(60)));
    return answer.value_or(make_error(Errc::failed, "never answered"));
  }

  test::RealLoop loop;
  SystemResolver resolver{loop.executor()};
};

TEST_F(SystemResolverTest, LocalhostHasAddresses) {
  const auto found = resolve("localhost");
  ASSERT_TRUE(found) << found.error().text;
  EXPECT_THAT(*found, testing::Contains(testing::AnyOf("127.0.0.1", "::1")));
}

TEST_F(SystemResolverTest, AddressesStayThemselves) {
  EXPECT_EQ(resolve("127.0.0.1").value(), Resolver::Addresses{"127.0.0.1"});
}

TEST_F(SystemResolverTest, AFailureSaysWhy) {
  const auto found = resolve("no spaces in names");
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code, Errc::unavailable);
  EXPECT_FALSE(found.error().text.empty());
}

TEST_F(SystemResolverTest, AnswersAfterItsEndAreDropped) {
  {
    SystemResolver brief(loop.executor());
    for (int i = 0; i < 3; ++i) brief.resolve("localhost", [](const auto&) {});
  }
  resolve("localhost");
}

}  // namespace
}  // namespace stellwerk::coordination
