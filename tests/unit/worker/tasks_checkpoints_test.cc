/// What a worker's tasks make of checkpoints that the leader asks for.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "worker/tasks.h"

namespace stellwerk::worker {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class TasksCheckpointsTest : public testing::Test {
 protected:
  TasksCheckpointsTest() {
    link::StartTask message;
    message.attempt = attempt;
    message.vertex = "v";
    message.command = {"x"};
    message.restore = link::Restore{4, "there", false};
    tasks.take(clocks(), 7, message);
    id = std::get<effect::Prepare>(tasks.take_effects().at(0)).task;
    tasks.handle(clocks(), event::Prepared{id, std::map<std::string, std::int64_t>{}});
    (void)lines();
  }
  void launched() { tasks.handle(clocks(), event::Launched{id, {}, 77}); }
  void ask(std::int64_t number) { tasks.take(clocks(), link::TakeCheckpoint{number, {attempt}}); }
  /// Of a job that takes none by itself.
  void wish(std::int64_t number) { tasks.take(clocks(), link::TakeCheckpoint{number, {attempt}, true}); }
  void say(const std::string& line) { tasks.handle(clocks(), event::Line{id, line}); }
  /// That its process was told.
  std::vector<std::string> lines() {
    std::vector<std::string> out;
    for (const auto& effect : tasks.take_effects())
      if (const auto* const told = std::get_if<effect::Say>(&effect)) out.push_back(told->line);
    return out;
  }
  std::vector<link::CheckpointAnswer> answers() {
    std::vector<link::CheckpointAnswer> out;
    for (const auto& message : tasks.take_messages())
      if (const auto* const answer = std::get_if<link::CheckpointAnswer>(&message)) out.push_back(*answer);
    return out;
  }
  Clocks clocks() const { return {now, now.time_since_epoch() / 1ms}; }

  const model::AttemptId attempt{*JobId::parse("0190a1b2c3d4e5f60718293a4b5c6d7e"), {0, 0}, 0};
  Time now{1000s};
  Tasks tasks{TaskOptions{}};
  TaskId id = 0;
};

TEST_F(TasksCheckpointsTest, AnAnswerIsPassedOnAndKeptForWhoAsksAgain) {
  launched();
  say(R"({"type":"hello"})");
  (void)lines();
  ask(5);
  EXPECT_THAT(lines(), ElementsAre(HasSubstr(R"("type":"checkpoint","checkpoint":5)")));
  say(R"({"type":"ack","checkpoint":5,"handle":"h","size":7})");
  const link::CheckpointAnswer answer{attempt, 5, false, "h", 7};
  EXPECT_THAT(answers(), ElementsAre(answer));
  say(R"({"type":"decline","checkpoint":5})");
  EXPECT_THAT(answers(), IsEmpty()) << "the first one counts";
  ask(5);
  EXPECT_THAT(lines(), IsEmpty());
  EXPECT_THAT(answers(), ElementsAre(answer));
}

TEST_F(TasksCheckpointsTest, ADeclineSaysWhy) {
  launched();
  ask(5);
  say(R"({"type":"decline","checkpoint":5,"reason":"no disk"})");
  EXPECT_THAT(answers(), ElementsAre(link::CheckpointAnswer{attempt, 5, true, "no disk", 0}));
}

TEST_F(TasksCheckpointsTest, AnAckWithAFaultDeclines) {
  launched();
  ask(5);
  say(R"({"type":"ack","checkpoint":5,"handle":"h","size":"big"})");
  EXPECT_THAT(answers(), ElementsAre(link::CheckpointAnswer{attempt, 5, true,
                                                            "\"size\" of ack must be a whole number from 0", 0}));
}

TEST_F(TasksCheckpointsTest, WhoIsBeingStartedIsAskedAsSoonAsItRuns) {
  ask(5);
  EXPECT_THAT(lines(), IsEmpty());
  EXPECT_THAT(answers(), IsEmpty()) << "that it has no process yet is no failure of its job's";
  launched();
  say(R"({"type":"hello"})");
  EXPECT_THAT(lines(), ElementsAre(HasSubstr(R"("hello")"), HasSubstr(R"("restore")"),
                                   HasSubstr(R"("checkpoint","checkpoint":5)")));
  say(R"({"type":"ack","checkpoint":5,"handle":"h"})");
  EXPECT_EQ(answers().size(), 1);
}

TEST_F(TasksCheckpointsTest, WhoSaysHelloIsAskedFromThenOn) {
  launched();
  (void)lines();
  ask(1);
  EXPECT_THAT(lines(), IsEmpty()) << "it may say that it is not ready";
  say(R"({"type":"hello"})");
  EXPECT_THAT(lines(), ElementsAre(HasSubstr(R"("checkpoint":1)")));
  ask(2);
  EXPECT_THAT(lines(), ElementsAre(HasSubstr(R"("checkpoint":2)")));
}

TEST_F(TasksCheckpointsTest, WhoIsNotReadyIsAskedWhenItIs) {
  launched();
  (void)lines();
  ask(1);
  say(R"({"type":"hello","words":["ready"]})");
  EXPECT_THAT(lines(), IsEmpty());
  now += 1h;
  tasks.tick(now);
  EXPECT_THAT(lines(), IsEmpty()) << "how long the leader waits is its own";
  ask(2);
  say(R"({"type":"ready"})");
  EXPECT_THAT(lines(), ElementsAre(HasSubstr(R"("checkpoint":2)"))) << "the last one alone";
  say(R"({"type":"ready"})");
  EXPECT_THAT(lines(), IsEmpty());
}

TEST_F(TasksCheckpointsTest, WhoSaysNoHelloIsAskedAllTheSame) {
  launched();
  (void)lines();
  ask(1);
  const Time due = tasks.wake_at();
  EXPECT_EQ(due, now + Tasks::kHelloMax);
  now = due;
  tasks.tick(now);
  EXPECT_THAT(lines(), ElementsAre(HasSubstr(R"("checkpoint":1)")));
  EXPECT_EQ(tasks.wake_at(), Time::max());
  ask(2);
  EXPECT_THAT(lines(), ElementsAre(HasSubstr(R"("checkpoint":2)")));
}

TEST_F(TasksCheckpointsTest, AWishIsDeclinedAtOnceByAHelloThatDoesNotNameCheckpoints) {
  launched();
  say(R"({"type":"hello","words":["ready"]})");
  (void)lines();
  wish(1);
  EXPECT_THAT(lines(), IsEmpty()) << "it would not understand";
  const auto said = answers();
  ASSERT_EQ(said.size(), 1);
  EXPECT_TRUE(said[0].declined);
  EXPECT_THAT(said[0].text, AllOf(HasSubstr("does not name the word checkpoint"), HasSubstr("docs/job-spec.md")));
  EXPECT_LE(said[0].text.size(), link::kDeclineBytesMax);
}

TEST_F(TasksCheckpointsTest, AWishIsDeclinedForWhoSaysNoHello) {
  launched();
  (void)lines();
  wish(1);
  EXPECT_THAT(answers(), IsEmpty()) << "it may only be slow";
  now = tasks.wake_at();
  tasks.tick(now);
  const auto said = answers();
  ASSERT_EQ(said.size(), 1);
  EXPECT_THAT(said[0].text, HasSubstr("no hello"));
  EXPECT_LE(said[0].text.size(), link::kDeclineBytesMax);
  wish(2);
  EXPECT_EQ(answers().size(), 1) << "at once from then on";
  EXPECT_THAT(lines(), IsEmpty());
}

TEST_F(TasksCheckpointsTest, AWishReachesWhoHasSaidThatItAnswers) {
  launched();
  std::int64_t number = 0;
  for (const std::string word : {"checkpoint", "ack"}) {
    say(R"({"type":"hello","words":[")" + word + R"("]})");
    (void)lines();
    wish(++number);
    EXPECT_THAT(lines(), ElementsAre(HasSubstr(R"("type":"checkpoint")"))) << word;
    EXPECT_THAT(answers(), IsEmpty()) << word;
  }
}

TEST_F(TasksCheckpointsTest, WhoEndsBeforeItsHelloIsForgotten) {
  launched();
  ask(1);
  tasks.handle(clocks(), event::Exited{id, {}});
  EXPECT_EQ(tasks.wake_at(), Time::max());
  now += 1h;
  tasks.tick(now);
  EXPECT_THAT(lines(), ElementsAre(HasSubstr(R"("hello")"), HasSubstr(R"("restore")")));
}

TEST_F(TasksCheckpointsTest, WhoIsBeingStoppedIsNotAskedAndDoesNotDecline) {
  launched();
  tasks.take(now, clocks().wall, link::StopTask{attempt});
  (void)lines();
  ask(5);
  EXPECT_THAT(lines(), IsEmpty());
  EXPECT_THAT(answers(), IsEmpty()) << "its end gives the checkpoint up, and is no failure of it";
}

TEST_F(TasksCheckpointsTest, WhoIsStoppedWhileItIsBeingStartedIsNotAsked) {
  ask(5);
  tasks.take(now, clocks().wall, link::StopTask{attempt});
  launched();
  EXPECT_THAT(lines(), ElementsAre(HasSubstr(R"("hello")"), HasSubstr(R"("restore")")));
}

}  // namespace
}  // namespace stellwerk::worker
