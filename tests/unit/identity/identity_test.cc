#include "identity/identity.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace stellwerk::identity {
namespace {

using testing::HasSubstr;

const std::string kUuid = "11111111-2222-4333-8444-555555555555";

TEST(Identity, ReadsWhatItWrites) {
  const Identity one{"node1:12345678", 1795000000000000, {kUuid, 7}};
  const std::string text = encode_identity(one);
  EXPECT_EQ(text, "{\"layout\":1,\"id\":\"node1:12345678\",\"incarnation\":1795000000000000,\"cluster\":\"" + kUuid +
                      "\",\"epoch\":7}\n");
  const auto again = decode_identity(text);
  ASSERT_TRUE(again) << again.error().text;
  EXPECT_EQ(*again, one);
  EXPECT_TRUE(decode_identity(encode_identity({"a", 1, {}})));
}

TEST(Identity, NamesWhatIsDamaged) {
  const auto why = [](const std::string& text) {
    const auto result = decode_identity(text);
    return result ? "" : result.error().text;
  };
  EXPECT_NE(why(""), "");
  EXPECT_NE(why("{\"layout\":1"), "");
  EXPECT_THAT(why("{\"layout\":1,\"id\":\"a/b\",\"incarnation\":1,\"cluster\":\"\",\"epoch\":0}"), HasSubstr("id"));
  EXPECT_THAT(why("{\"layout\":1,\"id\":\"a\",\"incarnation\":0,\"cluster\":\"\",\"epoch\":0}"),
              HasSubstr("incarnation"));
  EXPECT_THAT(why("{\"layout\":1,\"id\":\"a\",\"incarnation\":9223372036854775807,\"cluster\":\"\",\"epoch\":0}"),
              HasSubstr("incarnation"));
  EXPECT_THAT(why("{\"layout\":1,\"id\":\"a\",\"incarnation\":1,\"cluster\":\"x\",\"epoch\":0}"), HasSubstr("cluster"));
  EXPECT_THAT(why("{\"layout\":1,\"id\":\"a\",\"incarnation\":1,\"cluster\":\"\",\"epoch\":-1}"), HasSubstr("epoch"));
  EXPECT_THAT(why(std::string(kIdentityBytesMax + 1, ' ')), HasSubstr("at most 16384"));
}

TEST(Identity, ANewerVersionsIsNotDamaged) {
  const auto result = decode_identity("{\"layout\":2}");
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, Errc::not_supported);
}

}  // namespace
}  // namespace stellwerk::identity
