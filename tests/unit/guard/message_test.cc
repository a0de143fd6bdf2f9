#include "guard/message.h"

#include <gtest/gtest.h>

namespace stellwerk::guard {
namespace {

Session session() {
  Session out;
  out.servers = {"10.0.0.7:2181", "::1:2182"};
  out.digest = "user:pass";
  out.id = -0x1234567890abcdef;
  out.password = {'\0', '\xff', 'x'};
  out.timeout = std::chrono::milliseconds(40'000);
  return out;
}

TEST(GuardMessage, EachComesBackAsItWas) {
  const std::vector<Message> all{Settings{Settings::Lock::kernel, std::chrono::milliseconds(2000)},
                                 session(),
                                 Session{},
                                 Place{"/q/leader/latch/a-latch-0000000001", "/q/lock"},
                                 Place{},
                                 Wires{},
                                 Log{},
                                 Log{true},
                                 Beat{},
                                 Farewell{}};
  for (const Message& message : all) {
    const auto read = decode(encode(message));
    ASSERT_TRUE(read.has_value()) << message.index();
    EXPECT_EQ(*read, message);
  }
}

TEST(GuardMessage, WhatIsCutOrLongerIsRefused) {
  for (const Message& message : {Message(session()), Message(Place{"/a", "/b"}), Message(Beat{})}) {
    const std::string bytes = encode(message);
    for (std::size_t size = 0; size < bytes.size(); ++size)
      EXPECT_TRUE(decode(bytes.substr(0, size)).has_error()) << size;
    EXPECT_TRUE(decode(bytes + "x").has_error());
  }
}

TEST(GuardMessage, AnotherVersionKindOrSizeIsRefused) {
  std::string bytes = encode(Beat{});
  bytes[0] = 2;
  EXPECT_TRUE(decode(bytes).has_error());
  bytes = encode(Beat{});
  bytes[1] = 9;
  EXPECT_TRUE(decode(bytes).has_error());
  EXPECT_TRUE(decode(std::string(kMessageBytesMax + 1, '\1')).has_error());
  Session long_text = session();
  long_text.digest = std::string(kTextMax + 1, 'x');
  EXPECT_TRUE(decode(encode(long_text)).has_error());
  Session many = session();
  many.servers.assign(kServersMax + 1, "a");
  EXPECT_TRUE(decode(encode(many)).has_error());
}

}  // namespace
}  // namespace stellwerk::guard
