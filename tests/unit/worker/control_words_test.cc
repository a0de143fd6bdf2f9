/// What processes say on their control channels, and what is said to them.
#include "worker/control_words.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace stellwerk::worker {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::string fault(std::string_view line) {
  const auto word = parse_control_line(line);
  return word.has_error() ? word.error().text : "none";
}

TEST(ControlWords, AHelloNamesWords) {
  const auto word = parse_control_line(R"({"type":"hello","words":["ready","later"],"pid":7})");
  ASSERT_TRUE(word.has_value());
  EXPECT_THAT(std::get<said::Hello>(*word).words, ElementsAre("later", "ready"));
  EXPECT_TRUE(std::get<said::Hello>(*parse_control_line(R"({"type":"hello"})")).words.empty());
}

TEST(ControlWords, ReadyProgressAdvertise) {
  EXPECT_TRUE(std::holds_alternative<said::Ready>(*parse_control_line(R"({"type":"ready"})")));
  EXPECT_EQ(std::get<said::Progress>(*parse_control_line(R"({"type":"progress","text":"3 of 30"})")).text, "3 of 30");
  const auto word = parse_control_line(R"({"type":"advertise","port":"in","address":"[::1]:80"})");
  EXPECT_EQ(std::get<said::Advertise>(*word).port, "in");
  EXPECT_EQ(std::get<said::Advertise>(*word).address, "[::1]:80");
}

TEST(ControlWords, FaultsAreSentences) {
  EXPECT_EQ(fault("step 1\x1b"), "\"step 1\\u001b\" is no JSON object");
  EXPECT_EQ(fault("[1]"), "\"[1]\" is no JSON object");
  EXPECT_EQ(fault("{}"), "\"{}\" has no \"type\"");
  EXPECT_THAT(fault(R"({"type":"redy"})"), HasSubstr("the type \"redy\" is not one of hello, ready, progress"));
  EXPECT_THAT(fault(R"({"type":"hello","words":"ready"})"),
              HasSubstr("\"words\" of hello must be a list of at most 64"));
  EXPECT_EQ(fault(R"({"type":"progress","text":"a\nb"})"),
            "\"text\" of progress must be printable text of 0 to 256 bytes");
  for (const char* number : {"0", "\"1\"", "1.5"})
    EXPECT_EQ(fault(R"({"type":"ack","handle":"h","checkpoint":)" + std::string(number) + "}"),
              "\"checkpoint\" of ack must be a whole number from 1");
  for (const char* address : {"host", ":80", "host:0", "host:65536", "host:8a", "a,b:80", "a b:80"})
    EXPECT_EQ(fault(R"({"type":"advertise","port":"in","address":")" + std::string(address) + "\"}"),
              "\"address\" of advertise must be <host>:<port>")
        << address;
}

/// What was answered to checkpoint 1 is a decline for this reason.
std::string reason(const std::string& word, const std::string& rest) {
  const auto parsed = parse_control_line(R"({"type":")" + word + R"(","checkpoint":1,)" + rest + "}");
  const auto* const decline = parsed.has_value() ? std::get_if<said::Decline>(&*parsed) : nullptr;
  return decline != nullptr && decline->checkpoint == 1 ? decline->reason : "none";
}

TEST(ControlWords, AnAnswerWithAFaultDeclines) {
  EXPECT_EQ(reason("ack", R"("handle":")" + std::string(5000, 'x') + '"'),
            "\"handle\" of ack must be printable text of 0 to 4096 bytes");
  EXPECT_EQ(reason("ack", R"("size":1)"), "\"handle\" of ack must be printable text of 0 to 4096 bytes");
  EXPECT_EQ(reason("ack", R"("handle":"h","size":"big")"), "\"size\" of ack must be a whole number from 0");
  EXPECT_EQ(reason("ack", R"("handle":"h","size":9223372036854775807)"),
            "\"size\" of ack must be a whole number to 35184372088832");
  EXPECT_EQ(reason("decline", R"("reason":7)"), "\"reason\" of decline must be text");
}

TEST(ControlWords, AReasonIsCutAndPrintable) {
  EXPECT_EQ(reason("decline", R"("reason":"no \"disk\"")"), "no \"disk\"");
  EXPECT_EQ(reason("decline", R"("reason":"no\ndisk")"), "no\\ndisk");
  EXPECT_EQ(reason("decline", R"("reason":")" + std::string(300, 'x') + '"'), std::string(256, 'x'));
  EXPECT_EQ(reason("decline", R"("reason":")" + std::string(255, 'x') + "ä\""), std::string(255, 'x'))
      << "no half of a letter is left";
  EXPECT_EQ(reason("decline", R"("reason":")" + std::string(255, 'x') + "\\n\"").size(), 256);
}

TEST(ControlWords, AWorkerIntroducesTheTask) {
  link::StartTask start;
  start.attempt = {*JobId::parse("0190a1b2c3d4e5f60718293a4b5c6d7e"), {1, 2}, 3};
  start.vertex = "count";
  EXPECT_THAT(hello_line(start, 7),
              HasSubstr(R"({"type":"hello","job":"0190a1b2c3d4e5f60718293a4b5c6d7e","vertex":"count","subtask":2,)"
                        R"("attempt":3,"epoch":7,"words":["hello","ready","progress","advertise")"));
  EXPECT_EQ(peer_line("STELLWERK_PEERS_A", "h:1"), R"({"type":"peer","variable":"STELLWERK_PEERS_A","value":"h:1"})");
}

}  // namespace
}  // namespace stellwerk::worker
