#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "history/checker.h"
#include "unit/history/told.h"

namespace stellwerk::history {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TaskLook look(std::int64_t attempt, std::int64_t pid, std::vector<std::string> hit = {}) {
  return {.tasks = {{"a", attempt, pid, "w1"}}, .workers_hit = std::move(hit)};
}

TEST(CheckerTasksTest, TheSameProcessThroughout) {
  Told told;
  told.history.looks = {look(0, 100), look(0, 100), look(0, 100)};
  EXPECT_THAT(told.broken(), IsEmpty());
}

TEST(CheckerTasksTest, ANewAttemptThatNothingExplains) {
  Told told;
  told.history.looks = {look(0, 100), look(1, 101, {"w2"})};
  EXPECT_THAT(told.broken(), ElementsAre(rules::kTasks));
}

TEST(CheckerTasksTest, AnotherProcessOfTheSameAttempt) {
  Told told;
  told.history.looks = {look(0, 100), look(0, 101)};
  EXPECT_THAT(told.broken(), ElementsAre(rules::kTasks));
}

TEST(CheckerTasksTest, ATaskThatIsGone) {
  Told told;
  told.history.looks = {look(0, 100), {}};
  EXPECT_THAT(told.broken(), ElementsAre(rules::kTasks));
}

TEST(CheckerTasksTest, ANewAttemptBecauseItsWorkerWasHit) {
  Told told;
  told.history.looks = {look(0, 100), look(1, 101, {"w1"}), look(1, 101)};
  EXPECT_THAT(told.broken(), IsEmpty());
}

TEST(CheckerOnceTest, OneAfterTheOther) {
  Told told;
  told.history.once = {{.pid = 100, .token = 5}, {.pid = 101, .token = 9}};
  EXPECT_THAT(told.broken(), IsEmpty());
}

TEST(CheckerOnceTest, TwoAtATime) {
  Told told;
  told.history.once = {{.pid = 100, .token = 5}, {.pid = 101, .token = 9, .met_another = true}};
  EXPECT_THAT(told.broken(), ElementsAre(rules::kOnce));
}

TEST(CheckerOnceTest, ATokenThatDoesNotGrow) {
  Told told;
  told.history.once = {{.pid = 100, .token = 5}, {.pid = 101, .token = 5}};
  EXPECT_THAT(told.broken(), ElementsAre(rules::kOnce));
}

TEST(CheckerFsckTest, WhatItFindsIsAViolation) {
  Told told;
  EXPECT_THAT(told.broken(), IsEmpty());
  told.history.fsck = "error: a file is not there";
  EXPECT_THAT(told.broken(), ElementsAre(rules::kFsck));
}

}  // namespace
}  // namespace stellwerk::history
