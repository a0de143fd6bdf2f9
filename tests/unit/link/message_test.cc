#include "link/message.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace stellwerk::link {
namespace {

using testing::HasSubstr;

model::AttemptId attempt(std::int32_t number) {
  return {*JobId::parse("0190a1b2c3d4e5f60718293a4b5c6d7e"), {1, 2}, number};
}

model::ArtifactRef artifact() {
  return {std::string(64, 'a'), 4711, "word-count.tar.gz", model::ArtifactKind::bundle};
}

Hello hello() {
  Hello out;
  out.worker = {"tm-1", 3, "p-1", "host-1", 4711, 8, "0.1.0", 9100, {"gpu", "zone=a"}, {true, false, true}, "no cpu"};
  out.home = "boot/8:15";
  out.cluster = "0b0fb9c1-5a0c-4d3a-8a5e-3f6f0b9c6f01";
  out.epoch = 7;
  out.tasks = {{attempt(1), TaskPhase::prepared, 0, {{"in", 40'001}}, 1'000},
               {attempt(2), TaskPhase::running, 77, {}, 1'001}};
  out.ended = {{attempt(3), model::AttemptEnd::failed, false, "exit code 3", 1'002}};
  return out;
}

StartTask restored(Restore restore) {
  StartTask out{attempt(4), 99, "j", "v", 1, {"./v"}, {}, {}, false, false, {}};
  out.restore = std::move(restore);
  return out;
}

std::vector<Message> one_of_each() {
  Heartbeat heartbeat;
  heartbeat.sent_us = 123'456'789;
  heartbeat.load = {16'000'000'000, 8'000'000'000, 12'000'000, 4, 1500, 7};
  heartbeat.tasks = {{attempt(1), {4096, 12, 1}}, {attempt(2), {8192, 0, 3}}};
  return {
      hello(),
      heartbeat,
      Leaving{},
      Refused{"host-2:6123", {"host-1:6123", "host-2:6123"}},
      Wait{{"host-1:6123"}},
      Welcome{"0b0fb9c1-5a0c-4d3a-8a5e-3f6f0b9c6f01", 8, 10'000, 50'000, 70'000, {"host-1:6123"}},
      Masters{{"host-1:6123", "host-2:6123"}},
      Echo{8, 123'456'789},
      Rejected{"another worker has the same id"},
      StartTask{attempt(4), 99, "word-count", "count", 4, {"python3", "count.py"}, {{"LANG", "C"}}, {"in"}, true, true},
      StartTask{attempt(4), 99, "j", "v", 1, {"./v"}, {}, {}, false, false, artifact()},
      StartTask{attempt(4), 99, "j", "v", 1, {"./v"}, {}, {}, false, false, {}, {1 << 20, 1500, 7, 64, 8192, 0}},
      Peers{attempt(4), {{"STELLWERK_PEERS_SOURCE", "host-1:40001"}}},
      StopTask{attempt(4)},
      Acknowledge{{attempt(3), attempt(5)}},
      TaskReport{attempt(4), TaskPhase::running, 4712, {{"in", 65'535}}, 1'003},
      TaskReport{attempt(5), TaskPhase::running, 4713, {}, 1'004, true, "3 of 30", {{"in", "h:1"}}},
      TaskEnded{attempt(4), model::AttemptEnd::canceled, true, "the worker leaves", 1'004},
      restored({7, "file:///data/7-0", false}),
      restored({7, "", true}),
      TakeCheckpoint{7, {attempt(3), attempt(5)}},
      TakeCheckpoint{8, {attempt(3)}, true},
      CheckpointCompleted{7, 5, {attempt(3)}},
      CheckpointAnswer{attempt(4), 7, false, "file:///data/7-0", 1'024},
      CheckpointAnswer{attempt(4), 7, true, "the disk is full", 0}};
}

std::string refusal(std::string_view text) {
  const auto message = decode(text);
  return message.has_error() ? message.error().text : "taken";
}

TEST(LinkMessage, IsReadAsItWasWritten) {
  for (const auto& message : one_of_each()) {
    const auto again = decode(encode(message));
    ASSERT_TRUE(again) << again.error().text;
    EXPECT_EQ(*again, message) << encode(message);
  }
}

TEST(LinkMessage, LooksLikeThis) {
  EXPECT_EQ(
      encode(hello()),
      R"({"type":"hello","v":1,"worker":"tm-1","incarnation":3,"process":"p-1","host":"host-1","pid":4711,"slots":8,)"
      R"("data-port":9100,"version":"0.1.0","labels":["gpu","zone=a"],"limits":["memory","processes"],"limits-why":"no cpu","home":"boot/8:15","cluster":"0b0fb9c1-5a0c-4d3a-8a5e-3f6f0b9c6f01","epoch":7,)"
      R"("tasks":[{"attempt":"0190a1b2c3d4e5f60718293a4b5c6d7e/1/2/1","phase":"prepared","pid":0,"ports":{"in":40001},)"
      R"("for":1000},{"attempt":"0190a1b2c3d4e5f60718293a4b5c6d7e/1/2/2","phase":"running","pid":77,"ports":{},)"
      R"("for":1001}],"ended":[{"attempt":"0190a1b2c3d4e5f60718293a4b5c6d7e/1/2/3","end":"FAILED","given-back":false,)"
      R"("why":"exit code 3","at":1002}]})");
  EXPECT_EQ(encode(Echo{8, 5}), R"({"type":"echo","epoch":8,"sent-us":5})");
  EXPECT_EQ(encode(Leaving{}), R"({"type":"leaving"})");
}

TEST(LinkMessage, MembersOfLaterVersionsAreSkipped) {
  const auto message = decode(R"({"type":"echo","epoch":8,"sent-us":5,"mood":"fine"})");
  ASSERT_TRUE(message);
  EXPECT_EQ(*message, Message(Echo{8, 5}));
}

TEST(LinkMessage, AnotherProtocolIsRefusedBeforeAnythingElse) {
  const auto message = decode(R"({"type":"hello","v":2,"whatever":true})");
  ASSERT_TRUE(message.has_error());
  EXPECT_EQ(message.error().code, Errc::not_supported);
  EXPECT_EQ(message.error().text, "it speaks protocol 2, here it is 1; use the same version of Stellwerk");
}

TEST(LinkMessage, BadInputIsNamed) {
  EXPECT_THAT(refusal("{"), HasSubstr("message"));
  EXPECT_THAT(refusal("[]"), HasSubstr("message"));
  EXPECT_THAT(refusal(R"({"type":"bye"})"), HasSubstr("hello, heartbeat"));
  EXPECT_THAT(refusal(R"({"type":"echo","epoch":8})"), HasSubstr("sent-us"));
  EXPECT_THAT(refusal(R"({"type":"echo","epoch":0,"sent-us":5})"), HasSubstr("epoch"));
  EXPECT_THAT(refusal(R"({"type":"echo","epoch":8,"sent-us":-1})"), HasSubstr("sent-us"));
  EXPECT_THAT(refusal(R"({"type":"echo","epoch":"8","sent-us":1})"), HasSubstr("epoch"));
  EXPECT_THAT(refusal(R"({"type":"wait","masters":["a:1",7]})"), HasSubstr("masters"));
  EXPECT_THAT(refusal(R"({"type":"wait","masters":[""]})"), HasSubstr("masters"));
}

TEST(LinkMessage, BadInputAboutTasksIsNamed) {
  const std::string id = attempt(4).text();
  EXPECT_THAT(refusal(R"({"type":"stop","attempt":"x/1"})"), HasSubstr("<job>/<vertex>/<subtask>/<number>"));
  EXPECT_THAT(refusal(R"({"type":"stop","attempt":")" + id + R"(/1"})"), HasSubstr("attempt"));
  EXPECT_THAT(refusal(R"({"type":"acknowledge","attempts":[")" + id + R"(",5]})"), HasSubstr("attempts"));
  const auto ended = [&](const std::string& rest) {
    return refusal(R"({"type":"ended","attempt":")" + id + "\"," + rest + "}");
  };
  EXPECT_THAT(ended(R"("end":"DONE","why":"","at":1)"), HasSubstr("FINISHED, FAILED or CANCELED"));
  EXPECT_THAT(ended(R"("end":"FAILED","why":")" + std::string(kWhyBytesMax + 1, 'x') + R"(","at":1)"),
              HasSubstr("why"));
  const auto report = [&](const std::string& rest) {
    return refusal(R"({"type":"task","attempt":")" + id + R"(","pid":1,"for":1,)" + rest + "}");
  };
  EXPECT_THAT(report(R"("phase":"asleep","ports":{})"), HasSubstr("phase"));
  EXPECT_THAT(report(R"("phase":"running","ports":{"in":0})"), HasSubstr("65535"));
  EXPECT_THAT(
      refusal(R"({"type":"start","attempt":")" + id +
              R"(","token":1,"job":"j","vertex":"v","parallelism":1,"command":[],"environment":{},"ports":[]})"),
      HasSubstr("at least a program"));
}

TEST(LinkMessage, AnArtifactIsReadWhole) {
  const auto start = [](const std::string& artifact) {
    return refusal(R"({"type":"start","attempt":")" + attempt(4).text() +
                   R"(","token":1,"job":"j","vertex":"v","parallelism":1,"command":["v"],"environment":{},"ports":[],)"
                   R"("artifact":)" +
                   artifact + "}");
  };
  const std::string hash = R"({"sha256":")" + std::string(64, 'a') + "\",";
  EXPECT_EQ(start(hash + R"("size":1,"name":"x.jar","kind":"jar"})"), "taken");
  EXPECT_THAT(start("7"), HasSubstr("artifact"));
  EXPECT_THAT(start(hash + R"("size":0,"name":"x.jar","kind":"jar"})"), HasSubstr("artifact"));
  EXPECT_THAT(start(hash + R"("size":67108865,"name":"x.jar","kind":"jar"})"), HasSubstr("artifact"));
  EXPECT_THAT(start(hash + R"("size":1,"name":"../x.jar","kind":"jar"})"), HasSubstr("artifact"));
  EXPECT_THAT(start(hash + R"("size":1,"name":"x.jar","kind":"war"})"), HasSubstr("artifact"));
  EXPECT_THAT(start(R"({"sha256":"../..","size":1,"name":"x.jar","kind":"jar"})"), HasSubstr("artifact"));
}

TEST(LinkMessage, AHelloNamesTheEntryThatIsWrong) {
  Hello big = hello();
  big.tasks.front().ports["in"] = 70'000;
  EXPECT_THAT(refusal(encode(big)), HasSubstr("tasks"));
}

TEST(LinkMessage, LimitsAreKept) {
  Hello big = hello();
  big.worker.slots = model::kWorkerSlotsMax + 1;
  EXPECT_THAT(refusal(encode(big)), HasSubstr("slots"));
  big = hello();
  big.worker.id = std::string(kTextBytesMax + 1, 'x');
  EXPECT_THAT(refusal(encode(big)), HasSubstr("worker"));
  big.worker.id.clear();
  EXPECT_THAT(refusal(encode(big)), HasSubstr("worker"));
  std::string many = R"({"type":"wait","masters":["a:1")";
  for (std::size_t i = 0; i < kMastersMax; ++i) many += R"(,"a:1")";
  EXPECT_THAT(refusal(many + "]}"), HasSubstr("at most 64"));
  const auto large = decode(std::string(kMessageBytesMax + 1, ' '));
  ASSERT_TRUE(large.has_error());
  EXPECT_EQ(large.error().code, Errc::too_large);
}

}  // namespace
}  // namespace stellwerk::link
