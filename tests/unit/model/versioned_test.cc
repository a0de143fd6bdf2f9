#include "model/versioned.h"

#include <gtest/gtest.h>

#include "base/text.h"

#include "model/attempt.h"
#include "model/checkpoint.h"
#include "model/head.h"
#include "model/job.h"

namespace stellwerk::model {
namespace {

TEST(Versioned, ANewerFormIsNotReadAsIfItWereKnown) {
  EXPECT_TRUE(parse_versioned(R"({"a":2,"v":1})", "a thing").has_value());
  const auto newer = parse_versioned(R"({"a":2,"v":2})", "a thing");
  ASSERT_TRUE(newer.has_error());
  EXPECT_EQ(newer.error(), make_error(Errc::not_supported, "a thing was written by a newer version (schema 2)"));
}

TEST(Versioned, WithoutAVersionItIsDamaged) {
  for (const char* text : {R"({"a":2})", R"({"v":"1"})", "[1]", "{\"v\":1", ""}) {
    const auto read = parse_versioned(text, "a thing");
    ASSERT_TRUE(read.has_error()) << text;
    EXPECT_EQ(read.error().code, Errc::damaged) << text;
    EXPECT_NE(read.error().text.find("a thing"), std::string::npos) << read.error().text;
  }
}

TEST(Versioned, ANameOfALaterVersionIsShownInAWayThatCannotSpoilALog) {
  const auto read = decode_head("{\"ep\x7f\":1,\"layout\":1}");
  ASSERT_TRUE(read.has_error());
  EXPECT_TRUE(is_printable_text(read.error().text)) << read.error().text;
  EXPECT_NE(read.error().text.find("\"ep\\u007f\""), std::string::npos) << read.error().text;
}

/// What decode() says of a text in which this object has one member more.
template <class Decode>
void expect_newer(Decode decode, std::string text, std::string_view begin_of_object) {
  ASSERT_TRUE(decode(text).has_value()) << decode(text).error().text;
  const auto at = text.find(begin_of_object);
  ASSERT_NE(at, std::string::npos) << text;
  text.insert(at + begin_of_object.size(), R"("later":1,)");
  const auto read = decode(text);
  ASSERT_TRUE(read.has_error()) << text;
  EXPECT_EQ(read.error().code, Errc::not_supported) << read.error().text;
  EXPECT_NE(read.error().text.find("a newer version (this one does not know \"later\")"), std::string::npos)
      << read.error().text;
}

// Whoever reads, changes and writes these would lose it.
TEST(Versioned, AMemberOfALaterVersionIsNotLost) {
  JobState state;
  state.restart.attempts = 1;
  state.failures = {{1, "task", "worker", "host", "text"}};
  const std::string job = encode_job_state(state);
  for (const char* object : {"{", "\"restart\":{", "\"failures\":[{"})
    expect_newer([](std::string_view text) { return decode_job_state(text); }, job, object);

  expect_newer([](std::string_view text) { return decode_attempt(text); },
               encode_attempt({0, "worker", 1, "host", 5, 6, AttemptEnd::finished}), "{");

  CheckpointBook book;
  book.last = 2;
  book.pending = {2, 1, 1, {}};
  book.remember({1, 1, 2, 1, 1, 1, "why"});
  for (const char* object : {"{", "\"pending\":{", "\"history\":[{"})
    expect_newer([](std::string_view text) { return decode_checkpoint_book(text); }, encode_checkpoint_book(book),
                 object);

  expect_newer([](std::string_view text) { return decode_trigger(text); },
               encode_trigger({JobId::mint(1, {2, 3}), 1, 1, "why"}), "{");

  Head head;
  head.cluster = "5f0c0f3a-7f43-4a55-9c0e-3f1d8a6c2b10";
  head.stamp = {"process", 1};
  head.epoch = 1;
  head.append(1);
  for (const char* object : {"{", "\"stamp\":{", "\"leader\":{", "\"segments\":[{"})
    expect_newer([](std::string_view text) { return decode_head(text); }, encode_head(head), object);
}

// These are written once, and kept as they are.
TEST(Versioned, WhatIsNeverWrittenAgainMayHaveMore) {
  const std::string history = encode_job_history({JobState{}, "{}"});
  EXPECT_TRUE(decode_job_history(R"({"later":1,)" + history.substr(1)).has_value());
}

}  // namespace
}  // namespace stellwerk::model
