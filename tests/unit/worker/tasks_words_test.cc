/// What processes say of themselves, and what becomes of it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "worker/tasks.h"

namespace stellwerk::worker {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class TasksWordsTest : public testing::Test {
 protected:
  TasksWordsTest() {
    link::StartTask message;
    message.attempt = attempt;
    message.vertex = "v";
    message.command = {"x"};
    message.ports = {"in"};
    tasks.take(clocks(), 7, message);
    id = std::get<effect::Prepare>(tasks.take_effects().at(0)).task;
    tasks.handle(clocks(), event::Prepared{id, std::map<std::string, std::int64_t>{{"in", 40'000}}});
    tasks.handle(clocks(), event::Launched{id, {}, 77});
    look();
    reports();
  }
  void say(const std::string& line) {
    tasks.handle(clocks(), event::Line{id, line});
    look();
  }
  void look() {
    lines.clear();
    for (const auto& effect : tasks.take_effects()) {
      if (const auto* const told = std::get_if<effect::Say>(&effect)) lines.push_back(told->line);
      if (const auto* const note = std::get_if<effect::Note>(&effect)) notes.push_back(note->text);
    }
  }
  std::vector<link::TaskReport> reports() {
    std::vector<link::TaskReport> out;
    for (const auto& message : tasks.take_messages()) out.push_back(std::get<link::TaskReport>(message));
    return out;
  }
  Clocks clocks() const { return {now, now.time_since_epoch() / 1ms}; }

  const model::AttemptId attempt{*JobId::parse("0190a1b2c3d4e5f60718293a4b5c6d7e"), {0, 0}, 0};
  Time now{1000s};
  Tasks tasks{TaskOptions{}};
  TaskId id = 0;
  std::vector<std::string> lines;
  std::vector<std::string> notes;
};

TEST_F(TasksWordsTest, WhoWillSayReadyIsInitializingUntilThen) {
  say(R"({"type":"hello","words":["ready"]})");
  auto told = reports();
  ASSERT_EQ(told.size(), 1);
  EXPECT_TRUE(told[0].initializing);
  now += 5s;
  say(R"({"type":"ready"})");
  told = reports();
  ASSERT_EQ(told.size(), 1);
  EXPECT_FALSE(told[0].initializing);
  EXPECT_EQ(told[0].for_ms, 0);
  now += 7s;
  EXPECT_EQ(tasks.reports(now).at(0).for_ms, 7'000) << "whatever the worker's wall clock says";
}

TEST_F(TasksWordsTest, ReadyWithoutAnnouncementChangesNothing) {
  say(R"({"type":"hello"})");
  say(R"({"type":"ready"})");
  EXPECT_THAT(reports(), IsEmpty());
}

TEST_F(TasksWordsTest, MuchProgressIsToldNowAndThen) {
  for (int i = 1; i <= 1000; ++i) say(R"({"type":"progress","text":")" + std::to_string(i) + "\"}");
  EXPECT_EQ(reports().size(), Tasks::kWordsMax);
  EXPECT_EQ(tasks.wake_at(), now + Tasks::kWordsEvery);
  now += Tasks::kWordsEvery;
  tasks.tick(now);
  const auto told = reports();
  ASSERT_EQ(told.size(), 1);
  EXPECT_EQ(told[0].progress, "1000");
  EXPECT_EQ(tasks.wake_at(), Time::max());
}

TEST_F(TasksWordsTest, WhatEndsIsNotToldOfAgain) {
  for (int i = 1; i <= 10; ++i) say(R"({"type":"progress","text":")" + std::to_string(i) + "\"}");
  tasks.handle(clocks(), event::Exited{id, {}});
  EXPECT_EQ(tasks.wake_at(), Time::max());
}

TEST_F(TasksWordsTest, NonsenseIsNotedOnceAndDisturbsNothing) {
  say("hello, world");
  say("{");
  say(R"({"type":"advertise","port":"out","address":"h:1"})");
  EXPECT_THAT(reports(), IsEmpty());
  EXPECT_THAT(notes, ElementsAre(HasSubstr("Task v (1/1) of job 0190a1b2c3d4e5f60718293a4b5c6d7e said on its control "
                                           "channel what is not understood")));
}

TEST_F(TasksWordsTest, AnAddressIsPassedOnWhenItChanges) {
  say(R"({"type":"advertise","port":"in","address":"h:1"})");
  say(R"({"type":"advertise","port":"in","address":"h:1"})");
  const auto told = reports();
  ASSERT_EQ(told.size(), 1);
  EXPECT_EQ(told[0].advertised, (std::map<std::string, std::string>{{"in", "h:1"}}));
}

TEST_F(TasksWordsTest, PeersThatHaveMovedAreToldOnce) {
  link::Peers peers{attempt, {{"STELLWERK_PEERS_A", "h:1,h:2"}, {"STELLWERK_PEERS_B", "h:3"}}};
  link::Peers same = peers;
  tasks.take(now, peers);
  look();
  EXPECT_THAT(lines, ElementsAre(HasSubstr("PEERS_A"), HasSubstr("PEERS_B")));
  same.environment["STELLWERK_PEERS_B"] = "h:4";
  tasks.take(now, same);
  look();
  EXPECT_THAT(lines, ElementsAre(R"({"type":"peer","variable":"STELLWERK_PEERS_B","value":"h:4"})"));
}

}  // namespace
}  // namespace stellwerk::worker
