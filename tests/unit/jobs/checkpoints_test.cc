/// When checkpoints begin and end, and what the records say of them.
#include "jobs/checkpoints.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "jobs/changes.h"
#include "jobs/checkpoint_views.h"
#include "model/job_spec_reader.h"

namespace stellwerk::jobs {
namespace {

using namespace std::chrono_literals;
using model::TaskRef;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr WallMs kWall = 1'795'000'000'000;

class CheckpointsTest : public testing::Test {
 protected:
  CheckpointsTest() {
    const auto spec = model::read_job_spec(R"({"name":"j","vertices":[
        {"name":"v","command":["x"],"parallelism":2},{"name":"w","command":["x"]}],
        "checkpointing":{"interval":"10 s","timeout":"60 s","min-pause":"1 s","num-retained":2}})",
                                           DocKind::json);
    id = JobId::mint(kWall, {0, 1});
    perform(SubmitJob{id, spec->canonical, spec->sha256, "j", 3});
    StartTasks start{id, {}};
    for (const TaskRef ref : kAll) start.starts.push_back({ref, 0, "w1", 1, "h"});
    perform(start);
    run.emplace(id, spec->spec, state);
    for (const TaskRef ref : kAll) run->task(ref).running = true;
    checkpoints.emplace(checkpoint_policy(spec->spec, {}), id, now);
  }

  void perform(const Change& change) {
    for (const auto& record : decide(state, change, wall(), {}).records) ASSERT_FALSE(state.apply(record).has_value());
  }
  WallMs wall() const { return kWall + now.time_since_epoch() / 1ms; }
  model::CheckpointBook book() const {
    const auto known = state.checkpointing(id);
    return known ? *known : model::CheckpointBook{};
  }
  /// Steps until nothing is asked for; what was asked for is durable at once.
  Checkpoints::Outcome settle() {
    Checkpoints::Outcome all;
    for (int i = 0; i < 5; ++i) {
      auto wish = checkpoints->step(now, wall(), *run, book());
      if (std::holds_alternative<std::monostate>(wish)) return all;
      if (auto* begin = std::get_if<BeginCheckpoint>(&wish)) perform(*begin);
      if (auto* complete = std::get_if<CompleteCheckpoint>(&wish)) perform(*complete);
      if (auto* give_up = std::get_if<GiveUpCheckpoint>(&wish)) perform(*give_up);
      const auto outcome = checkpoints->take(now, *run, book());
      if (outcome.begun != 0 || outcome.completed != 0 || !outcome.fail.empty()) all = outcome;
    }
    ADD_FAILURE() << "it never comes to rest";
    return all;
  }
  void begin() {
    now += 10s;
    const std::int64_t before = book().last;
    ASSERT_EQ(settle().begun, before + 1);
  }
  void ack(TaskRef ref, int attempt = 0) {
    const std::string handle = "h" + std::to_string(ref.vertex) + std::to_string(ref.subtask);
    checkpoints->acknowledge({ref, attempt, wall(), 7, handle}, book().last);
  }
  void ack_all() {
    for (const TaskRef ref : kAll) ack(ref);
  }

  const std::vector<TaskRef> kAll{{0, 0}, {0, 1}, {1, 0}};
  ClusterState state;
  JobId id;
  Time now{1000s};
  std::optional<JobRun> run;
  std::optional<Checkpoints> checkpoints;
};

TEST_F(CheckpointsTest, OneIsTakenEachInterval) {
  EXPECT_EQ(settle().begun, 0);
  EXPECT_EQ(checkpoints->wake_at(), now + first_after(checkpoints->policy(), id));
  now = checkpoints->wake_at();
  auto outcome = settle();
  EXPECT_EQ(outcome.begun, 1);
  EXPECT_EQ(outcome.ask, kAll);
  ack_all();
  outcome = settle();
  EXPECT_EQ(outcome.completed, 1);
  EXPECT_EQ(outcome.oldest, 1);
  EXPECT_EQ(outcome.tell, kAll);
  const auto stored = state.checkpoint(id, 1);
  ASSERT_TRUE(stored);
  EXPECT_EQ(stored->find({0, 1})->handle, "h01");
  EXPECT_EQ(stored->size(), 21);
  EXPECT_EQ(checkpoints->wake_at(), now + 10s);
}

TEST_F(CheckpointsTest, NothingBeginsWhileATaskDoesNotRun) {
  run->task({0, 1}).running = false;
  now += 60s;
  EXPECT_EQ(settle().begun, 0);
  EXPECT_EQ(checkpoints->wake_at(), now + Checkpoints::kLookEvery);
  run->task({0, 1}).running = true;
  run->task({0, 1}).initializing = true;
  EXPECT_EQ(settle().begun, 0);
  run->task({0, 1}).initializing = false;
  EXPECT_EQ(settle().begun, 1);
}

TEST_F(CheckpointsTest, WhoHasFinishedIsLeftOut) {
  perform(EndTasks{id, {{{id, {1, 0}, 0}, "w1", model::AttemptEnd::finished, Blame::task, "w (1/1)", {}}}, {}, 0});
  run->take({1, 0}, *state.attempt(id, {1, 0}), 0);
  begin();
  ack({0, 0});
  ack({0, 1});
  EXPECT_EQ(settle().completed, 1);
  EXPECT_EQ(state.checkpoint(id, 1)->find({1, 0}), nullptr);
}

TEST_F(CheckpointsTest, OldOnesGo) {
  for (int i = 1; i <= 4; ++i) {
    begin();
    ack_all();
    const auto outcome = settle();
    EXPECT_EQ(outcome.completed, i);
    EXPECT_EQ(outcome.oldest, std::max(1, i - 1));
  }
  EXPECT_THAT(book().retained, ElementsAre(3, 4));
  EXPECT_FALSE(state.checkpoint(id, 2));
  EXPECT_TRUE(state.checkpoint(id, 3));
}

TEST_F(CheckpointsTest, StaleAnswersChangeNothing) {
  begin();
  ack({0, 0}, 1);
  checkpoints->acknowledge({{0, 0}, 0, 0, 0, "x"}, 2);
  ack({0, 1});
  ack({1, 0});
  EXPECT_EQ(settle().completed, 0);
  ack({0, 0});
  EXPECT_EQ(settle().completed, 1);
  EXPECT_EQ(state.checkpoint(id, 1)->find({0, 0})->handle, "h00");
}

TEST_F(CheckpointsTest, WhoIsLateIsNamedAndFails) {
  begin();
  ack({0, 0});
  now += 60s;
  const auto outcome = settle();
  EXPECT_THAT(outcome.fail, ElementsAre(TaskRef{0, 1}, TaskRef{1, 0}));
  EXPECT_THAT(outcome.fault,
              HasSubstr("Exceeded checkpoint tolerable failure threshold: checkpoint 1 was given up: not "
                        "acknowledged within 60000 ms by v (2/2), w (1/1); a process answers"));
  EXPECT_EQ(book().failed, 1);
  EXPECT_EQ(book().history.back().acknowledged, 1);
  EXPECT_FALSE(book().pending);
}

TEST_F(CheckpointsTest, SomeFailuresAreTolerated) {
  CheckpointPolicy policy = checkpoints->policy();
  policy.tolerable = 1;
  checkpoints.emplace(policy, id, now);
  begin();
  checkpoints->decline(*run, {0, 1}, 0, 1, "the disk is full");
  EXPECT_THAT(settle().fail, IsEmpty());
  EXPECT_EQ(book().history.back().cause, "v (2/2) declined it: the disk is full");
  begin();
  checkpoints->decline(*run, {0, 1}, 0, 2, "");
  EXPECT_THAT(settle().fail, ElementsAre(TaskRef{0, 1}));
}

TEST_F(CheckpointsTest, ATasksEndGivesItUpWithoutBeingAFailureOfTheCheckpoints) {
  begin();
  ack_all();
  perform(EndTasks{id, {{{id, {0, 0}, 0}, "w1", model::AttemptEnd::failed, Blame::task, "v (1/2)", "x"}}, {}, 0});
  const auto outcome = checkpoints->take(now, *run, book());
  EXPECT_EQ(outcome.completed, 0);
  EXPECT_THAT(outcome.fail, IsEmpty());
}

TEST_F(CheckpointsTest, WhatALeaderLeftBehindCostsNothing) {
  begin();
  checkpoints.emplace(checkpoints->policy(), id, now);
  EXPECT_THAT(settle().fail, IsEmpty());
  EXPECT_EQ(book().failed, 0);
  EXPECT_EQ(book().failed_in_row, 0);
  EXPECT_FALSE(book().pending);
  now += 10s;
  EXPECT_EQ(settle().begun, 2) << "no number is given twice";
}

TEST_F(CheckpointsTest, HandlesHaveToFitTheirRecord) {
  begin();
  std::string handle(model::kCheckpointBytesMax, 'h');
  checkpoints->acknowledge({{0, 0}, 0, 0, 0, handle}, 1);
  settle();
  EXPECT_THAT(book().history.back().cause, HasSubstr("longer than 3145728 bytes together"));
}

TEST_F(CheckpointsTest, WhoAsksIsAnsweredByTheNextOne) {
  const std::string trigger(32, 'a');
  perform(AskCheckpoint{id, trigger});
  EXPECT_THAT(*trigger_json(state, id, trigger), HasSubstr(R"("IN_PROGRESS"},"operation":null)"));
  checkpoints->take(now, *run, book());
  ASSERT_EQ(settle().begun, 1) << "at once";
  ack_all();
  settle();
  EXPECT_EQ(*trigger_json(state, id, trigger), R"({"status":{"id":"COMPLETED"},"operation":{"checkpointId":1}})");
}

TEST_F(CheckpointsTest, WhoTakesNoneByItselfIsNotPunishedForAnothersWish) {
  CheckpointPolicy policy = checkpoints->policy();
  policy.interval.reset();
  checkpoints.emplace(policy, id, now);
  const std::string trigger(32, 'a');
  perform(AskCheckpoint{id, trigger});
  checkpoints->take(now, *run, book());
  ASSERT_EQ(settle().begun, 1);
  now += 60s;
  EXPECT_THAT(settle().fail, IsEmpty());
  EXPECT_EQ(book().failed, 0);
  EXPECT_THAT(*trigger_json(state, id, trigger), HasSubstr("not acknowledged"));
}

TEST_F(CheckpointsTest, TimeInWhichNobodyCouldBeHeardDoesNotCount) {
  begin();
  now += 60s;
  checkpoints->extend(10s);
  EXPECT_THAT(settle().fail, IsEmpty());
  ack_all();
  EXPECT_EQ(settle().completed, 1);
}

TEST_F(CheckpointsTest, WhoAskedALeaderThatIsGoneIsAnsweredByTheNext) {
  const std::string trigger(32, 'a');
  perform(AskCheckpoint{id, trigger});
  checkpoints->take(now, *run, book());
  settle();
  checkpoints.emplace(checkpoints->policy(), id, now);
  EXPECT_EQ(settle().begun, 2);
  ack_all();
  settle();
  EXPECT_THAT(*trigger_json(state, id, trigger), HasSubstr(R"("checkpointId":2)"));
}

TEST_F(CheckpointsTest, AJobsEndEndsItsCheckpoints) {
  const std::string trigger(32, 'a');
  begin();
  ack_all();
  settle();
  perform(AskCheckpoint{id, trigger});
  perform(CancelJob{id});
  EndTasks end{id, {}, {}, 0};
  for (const TaskRef ref : kAll)
    end.ends.push_back({{id, ref, 0}, "w1", model::AttemptEnd::canceled, Blame::task, "v", "stopped"});
  perform(end);
  EXPECT_FALSE(state.checkpoint(id, 1));
  EXPECT_THAT(*trigger_json(state, id, trigger), HasSubstr("the job has ended"));
  EXPECT_THAT(*checkpoints_json(state, id), HasSubstr(R"("completed":1)")) << "shown as long as the job is";
  EXPECT_EQ(decide(state, AskCheckpoint{id, std::string(32, 'b')}, wall(), {}).reply.kind, Reply::Kind::conflict);
  JobLimits limits;
  limits.history_ms = 0;
  limits.trigger_ms = 0;
  now += 1s;
  for (int i = 0; i < 2; ++i)
    for (const auto& record : decide(state, ForgetOldJobs{wall()}, wall(), limits).records) state.apply(record);
  EXPECT_FALSE(state.checkpointing(id));
  EXPECT_EQ(state.triggers().size(), 0);
}

TEST_F(CheckpointsTest, TriggersAreBounded) {
  for (std::size_t i = 0; i < model::kCheckpointAsksMax; ++i)
    perform(AskCheckpoint{id, std::string(31, 'a') + "0123456789abcdef"[i]});
  const auto refused = decide(state, AskCheckpoint{id, std::string(32, 'b')}, wall(), {});
  EXPECT_EQ(refused.reply.kind, Reply::Kind::refused);
  EXPECT_THAT(refused.records, IsEmpty());
  const auto again = decide(state, AskCheckpoint{id, std::string(31, 'a') + "0"}, wall(), {});
  EXPECT_EQ(again.reply.kind, Reply::Kind::accepted);
  EXPECT_THAT(again.records, IsEmpty());
}

TEST_F(CheckpointsTest, ACallersWishIsDroppedForNoOther) {
  const auto trigger = [](std::size_t number) {
    std::string text = std::to_string(number);
    return std::string(32 - text.size(), '0') + text;
  };
  std::vector<JobId> jobs;
  for (std::size_t i = 0; i < kTriggersMax; ++i) {
    const JobId other = JobId::mint(kWall, {7, i});
    perform(SubmitJob{other, "{}", "h", "j", 1});
    perform(AskCheckpoint{other, trigger(i)});
    jobs.push_back(other);
  }
  const auto refused = decide(state, AskCheckpoint{id, std::string(32, 'b')}, wall(), {});
  EXPECT_EQ(refused.reply.kind, Reply::Kind::refused) << "all of them wait";
  perform(CancelJob{jobs.at(7)});
  perform(AskCheckpoint{id, std::string(32, 'b')});
  EXPECT_FALSE(state.triggers().contains(trigger(7))) << "it had its answer";
  EXPECT_TRUE(state.triggers().contains(trigger(0)));
  EXPECT_TRUE(state.triggers().contains(std::string(32, 'b')));
}

TEST_F(CheckpointsTest, WhoIsForgottenTakesNoPlace) {
  for (std::size_t i = 0; i < model::kCheckpointAsksMax; ++i)
    perform(AskCheckpoint{id, std::string(31, 'a') + "0123456789abcdef"[i]});
  now += 2h;
  perform(ForgetOldJobs{wall()});
  EXPECT_EQ(state.triggers().size(), 0);
  EXPECT_EQ(decide(state, AskCheckpoint{id, std::string(32, 'b')}, wall(), {}).reply.kind, Reply::Kind::accepted);
}

TEST_F(CheckpointsTest, FirstOnesOfManyJobsAreSpread) {
  CheckpointPolicy policy;
  EXPECT_EQ(first_after(policy, id), Duration::max());
  policy.interval = 10s;
  std::set<Duration> seen;
  for (std::uint64_t i = 0; i < 100; ++i) {
    const Duration after = first_after(policy, JobId::mint(kWall, {i, i * 0x9e3779b97f4a7c15ULL}));
    EXPECT_GE(after, 5s);
    EXPECT_LE(after, 10s);
    seen.insert(after);
  }
  EXPECT_GT(seen.size(), 80U);
}

TEST_F(CheckpointsTest, RecordsAreReadAsTheyWereWritten) {
  begin();
  ack_all();
  settle();
  now += 10s;
  perform(AskCheckpoint{id, std::string(32, 'a')});
  begin();
  const auto text = model::encode_checkpoint_book(book());
  EXPECT_EQ(*model::decode_checkpoint_book(text), book());
  const auto stored = *state.checkpoint(id, 1);
  EXPECT_EQ(*model::decode_checkpoint(model::encode_checkpoint(stored)), stored);
  EXPECT_TRUE(model::decode_checkpoint(R"({"begun":1,"ended":1,"n":1,"tasks":[[0,0,0,1,1]],"v":1})").has_error());
  EXPECT_EQ(model::decode_checkpoint_book(R"({"v":2})").error().code, Errc::not_supported);
}

}  // namespace
}  // namespace stellwerk::jobs
