#include "app/death_post.h"

#include <gmock/gmock.h>

#include <optional>

namespace stellwerk::app {
namespace {

using testing::HasSubstr;
using Kind = master::DeathAnswer::Kind;

class DeathPostTest : public testing::Test {
 protected:
  /// What `post` is answered by a master that answers `kind`.
  websocket::PostAnswer take(const websocket::Post& post, Kind kind = Kind::settled) {
    std::optional<websocket::PostAnswer> got;
    heard.reset();
    take_post(
        post,
        [&](link::Death death, const std::function<void(master::DeathAnswer)>& done) {
          heard = std::move(death);
          done({kind, "why"});
        },
        [&](const websocket::PostAnswer& answer) { got = answer; });
    EXPECT_TRUE(got);
    return got.value_or(websocket::PostAnswer{});
  }

  std::optional<link::Death> heard;
};

TEST_F(DeathPostTest, EachAnswerHasItsStatus) {
  const link::Death death{"w-1", 3, "cluster-1", 5};
  const websocket::Post post{"/workers/gone", link::encode_death(death)};
  for (const auto& [kind, status] : {std::pair(Kind::settled, 200U),
                                     {Kind::taken, 202U},
                                     {Kind::unknown, 404U},
                                     {Kind::refused, 409U},
                                     {Kind::elsewhere, 503U}}) {
    const auto answer = take(post, kind);
    EXPECT_EQ(answer.status, status);
    EXPECT_EQ(answer.text, "why");
    EXPECT_EQ(heard, death);
  }
}

TEST_F(DeathPostTest, WhatIsNoWordIsRefused) {
  EXPECT_EQ(take({"/workers/gone", "{}"}).status, 400U);
  EXPECT_THAT(take({"/workers/gone", "{}"}).text, HasSubstr("worker"));
  EXPECT_EQ(take({"/jobs", "{}"}).status, 404U);
  EXPECT_FALSE(heard);
}

}  // namespace
}  // namespace stellwerk::app
