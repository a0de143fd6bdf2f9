#include "guard/worker_message.h"

#include <gtest/gtest.h>

#include "guard/message.h"

namespace stellwerk::guard::worker_mode {
namespace {

std::vector<Message> all_messages() {
  Runs many;
  for (std::int64_t i = 0; i < static_cast<std::int64_t>(kTaskListMax); ++i) many.tasks.push_back({i + 1, 7 * i});
  RunsLeased leased;
  for (std::int64_t i = 0; i < static_cast<std::int64_t>(kLeasedListMax); ++i)
    leased.tasks.push_back({{i + 1, 7 * i}, "4194304.12345678901234." + std::to_string(i)});
  return {Self{"w \"1\"", 77, {4711, 123456789}},
          Place{"cluster", 5, {"10.0.0.7:6123", "[::1]:6124"}},
          Place{},
          Starts{"4711.5.1"},
          Starts{"4711.5.2", true},
          RunsLeased{{{{12, 13}, "4711.5.2"}}},
          leased,
          Lease{1'795'000'000'000'000},
          Runs{{{12, 13}}},
          Runs{},
          many,
          NotStarted{},
          Log{true},
          Ended{{12, 13}},
          Farewell{}};
}

TEST(WorkerGuardMessage, EachComesBackAsItWas) {
  for (const Message& message : all_messages()) {
    const std::string bytes = encode(message);
    EXPECT_LE(bytes.size(), kMessageBytesMax);
    const auto read = decode(bytes);
    ASSERT_TRUE(read.has_value()) << message.index();
    EXPECT_EQ(*read, message);
  }
}

TEST(WorkerGuardMessage, WhatIsCutOrLongerIsRefused) {
  for (const Message& message : all_messages()) {
    const std::string bytes = encode(message);
    for (std::size_t size = 0; size < bytes.size(); size += 1 + size / 50)
      EXPECT_TRUE(decode(bytes.substr(0, size)).has_error()) << size;
    EXPECT_TRUE(decode(bytes + "x").has_error());
  }
}

TEST(WorkerGuardMessage, AMastersIsNone) {
  EXPECT_TRUE(decode(guard::encode(guard::Message(guard::Beat{}))).has_error());
  EXPECT_TRUE(guard::decode(encode(Message(NotStarted{}))).has_error());
}

}  // namespace
}  // namespace stellwerk::guard::worker_mode
