#include "history/checker.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/history/told.h"

namespace stellwerk::history {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using Status = model::JobStatus;

TEST(HistoryTest, OutcomesByStatus) {
  EXPECT_EQ(outcome_of(202), Outcome::done);
  EXPECT_EQ(outcome_of(404), Outcome::not_found);
  EXPECT_EQ(outcome_of(409), Outcome::refused);
  EXPECT_EQ(outcome_of(507), Outcome::refused);
  EXPECT_EQ(outcome_of(503), Outcome::nothing);
  EXPECT_EQ(outcome_of(504), Outcome::unknown);
  EXPECT_EQ(outcome_of(500), Outcome::unknown);
  EXPECT_EQ(outcome_of(0), Outcome::unknown);
}

TEST(HistoryTest, ACallInWords) {
  Told told;
  Call& call = told.cancel("019f", 202, {3, 17});
  call.client = 3;
  EXPECT_EQ(describe(call), "client 3 asked localhost:8081 to cancel 019f (0.000 to 0.010 s): 202 at 3-17");
  call.status = 0;
  call.position.reset();
  call.outcome = Outcome::unknown;
  EXPECT_THAT(describe(call), HasSubstr(": no answer"));
  call.outcome = Outcome::nothing;
  EXPECT_THAT(describe(call), HasSubstr(": not sent"));
}

TEST(CheckerTest, AWholeLife) {
  Told told;
  told.submit("a", 202, {1, 2});
  told.read("a", Status::created, {1, 2});
  told.read("a", Status::running, {1, 5});
  told.cancel("a", 202, {1, 6});
  told.read("a", Status::cancelling, {1, 6});
  told.list({{"a", Status::canceled}}, {2, 9});
  EXPECT_THAT(told.broken(), IsEmpty());
  const Verdict verdict = check(told.history);
  EXPECT_EQ(verdict.acknowledged, 1u);
  EXPECT_EQ(verdict.canceled, 1u);
  EXPECT_EQ(verdict.reads, 4u);
}

// ---- an acknowledged job exists

TEST(CheckerTest, AListWithoutAnAcknowledgedJob) {
  Told told;
  told.submit("a", 202, {1, 2});
  told.list({}, {1, 2});
  EXPECT_THAT(told.broken(), ElementsAre(rules::kLost));
}

TEST(CheckerTest, AnOlderListNeedNotHaveIt) {
  Told told;
  told.submit("a", 202, {1, 2});
  told.list({}, {1, 1});
  EXPECT_THAT(told.broken(), IsEmpty());
}

TEST(CheckerTest, NotFoundAfterItWasAcknowledged) {
  Told told;
  told.submit("a", 202, {1, 2});
  told.missing("a", {1, 1});
  EXPECT_THAT(told.broken(), ElementsAre(rules::kLost));
}

TEST(CheckerTest, AFollowerWithoutALeaderSpeaksForItsPosition) {
  Told told;
  told.submit("a", 202, {1, 2});
  told.missing("a", {1, 1}).follower = true;
  EXPECT_THAT(told.broken(), IsEmpty());
  told.missing("a", {1, 2}).follower = true;
  EXPECT_THAT(told.broken(), ElementsAre(rules::kLost));
}

TEST(CheckerTest, ACancelThatDoesNotFindIt) {
  Told told;
  told.submit("a", 202, {1, 2});
  told.cancel("a", 404, {1, 1});
  EXPECT_THAT(told.broken(), ElementsAre(rules::kLost));
}

TEST(CheckerTest, NotFoundWhileItIsBeingSubmitted) {
  Told told;
  Call& call = told.submit("a", 202, {1, 2});
  call.answered += 2 * kCallTakes;
  told.missing("a", {1, 1});
  EXPECT_THAT(told.broken(), IsEmpty());
}

// ---- a job has one end

TEST(CheckerTest, TwoEnds) {
  Told told;
  told.submit("a", 202, {1, 2});
  told.read("a", Status::finished, {1, 3});
  told.read("a", Status::failed, {1, 4});
  EXPECT_THAT(told.broken(), ElementsAre(rules::kOneEnd));
}

TEST(CheckerTest, ItLivesAgain) {
  Told told;
  told.submit("a", 202, {1, 2});
  told.read("a", Status::finished, {1, 3});
  told.read("a", Status::running, {2, 1});
  EXPECT_THAT(told.broken(), ElementsAre(rules::kOneEnd));
}

TEST(CheckerTest, AnOlderReadStillSeesItRun) {
  Told told;
  told.submit("a", 202, {1, 2});
  told.read("a", Status::finished, {1, 4});
  told.read("a", Status::running, {1, 3});
  EXPECT_THAT(told.broken(), IsEmpty());
}

TEST(CheckerTest, FinishedBeforeItsCancel) {
  Told told;
  told.submit("a", 202, {1, 2});
  told.cancel("a", 409, {1, 4});
  told.read("a", Status::finished, {1, 4});
  EXPECT_THAT(told.broken(), IsEmpty());
}

TEST(CheckerTest, CancelledAlthoughItHadFinished) {
  Told told;
  told.submit("a", 202, {1, 2});
  told.cancel("a", 409, {1, 4});
  told.cancel("a", 202, {1, 5});
  EXPECT_THAT(told.broken(), ElementsAre(rules::kOneEnd));
}

TEST(CheckerTest, RunningAlthoughItHadFinished) {
  Told told;
  told.submit("a", 202, {1, 2});
  told.cancel("a", 409, {1, 4});
  told.read("a", Status::running, {1, 5});
  EXPECT_THAT(told.broken(), ElementsAre(rules::kOneEnd));
}

// ---- a cancelled job stays cancelled

TEST(CheckerTest, RunsOnAfterItsCancel) {
  Told told;
  told.submit("a", 202, {1, 2});
  told.cancel("a", 202, {1, 4});
  told.read("a", Status::running, {1, 4});
  EXPECT_THAT(told.broken(), ElementsAre(rules::kCanceled));
}

TEST(CheckerTest, EndsOtherwiseAfterItsCancel) {
  Told told;
  told.submit("a", 202, {1, 2});
  told.cancel("a", 202, {1, 4});
  told.read("a", Status::finished, {1, 9});
  EXPECT_THAT(told.broken(), ElementsAre(rules::kCanceled));
}

TEST(CheckerTest, AnOlderReadDoesNotKnowOfTheCancel) {
  Told told;
  told.submit("a", 202, {1, 2});
  told.cancel("a", 202, {1, 4});
  told.read("a", Status::running, {1, 3});
  EXPECT_THAT(told.broken(), IsEmpty());
}

// ---- nothing exists that nobody asked for

TEST(CheckerTest, AJobThatNobodyAskedFor) {
  Told told;
  told.list({{"x", Status::running}}, {1, 2});
  EXPECT_THAT(told.broken(), ElementsAre(rules::kAsked));
  told.history.alone = false;
  EXPECT_THAT(told.broken(), IsEmpty()) << "others may have";
}

TEST(CheckerTest, AJobBeforeItWasAskedFor) {
  Told told;
  told.read("a", Status::created, {1, 2});
  told.submit("a", 202, {1, 2});
  EXPECT_THAT(told.broken(), ElementsAre(rules::kAsked));
}

// ---- nothing happened that was refused or answered 503

TEST(CheckerTest, AJobAfter503) {
  Told told;
  told.submit("a", 503);
  told.read("a", Status::created, {1, 2});
  EXPECT_THAT(told.broken(), ElementsAre(rules::kNothing));
}

TEST(CheckerTest, AJobAfterARefusal) {
  Told told;
  told.submit("a", 400);
  told.list({{"a", Status::created}}, {1, 2});
  EXPECT_THAT(told.broken(), ElementsAre(rules::kNothing));
}

TEST(CheckerTest, AJobAfter503AndAnotherTry) {
  Told told;
  told.submit("a", 503);
  told.submit("a", 202, {1, 2});
  told.read("a", Status::created, {1, 2});
  EXPECT_THAT(told.broken(), IsEmpty());
}

TEST(CheckerTest, CancelledAfter503) {
  Told told;
  told.submit("a", 202, {1, 2});
  told.cancel("a", 503);
  told.read("a", Status::cancelling, {1, 3});
  EXPECT_THAT(told.broken(), ElementsAre(rules::kNothing));
}

// ---- unknown is either

TEST(CheckerTest, AnUnknownSubmissionMayBeThereOrNot) {
  Told told;
  told.submit("a", 504);
  told.submit("b", 0);
  told.read("a", Status::created, {1, 2});
  told.missing("b", {1, 2});
  EXPECT_THAT(told.broken(), IsEmpty());
  EXPECT_THAT(check(told.history).unknown, ElementsAre(HasSubstr("to take a"), HasSubstr("to take b")));
}

TEST(CheckerTest, AnUnknownCancelMayHaveHappenedOrNot) {
  Told told;
  told.submit("a", 202, {1, 2});
  told.submit("b", 202, {1, 3});
  told.cancel("a", 504);
  told.cancel("b", 504);
  told.read("a", Status::canceled, {1, 9});
  told.read("b", Status::running, {1, 9});
  EXPECT_THAT(told.broken(), IsEmpty());
  EXPECT_EQ(check(told.history).unknowns, 2u);
}

// ---- positions

TEST(CheckerTest, AnAnswerOlderThanAskedFor) {
  Told told;
  told.submit("a", 202, {1, 2});
  told.read("a", Status::created, {1, 2}).at_least = {1, 3};
  EXPECT_THAT(told.broken(), ElementsAre(rules::kAtLeast));
}

TEST(CheckerTest, AnAnswerAsNewAsAskedFor) {
  Told told;
  told.submit("a", 202, {1, 2});
  told.read("a", Status::created, {1, 2}).at_least = {1, 2};
  EXPECT_THAT(told.broken(), IsEmpty());
}

Told follower_that_says(std::int64_t lag_ms) {
  Told told;
  told.submit("a", 202, {1, 2});
  told.submit("b", 202, {1, 5});
  told.later((kUnheardMax.count() + 1000) * 1000);
  Call& call = told.read("a", Status::created, {1, 4});
  call.follower = true;
  call.lag_ms = lag_ms;
  return told;
}

TEST(CheckerTest, AFollowerOlderThanItSays) {
  EXPECT_THAT(follower_that_says(0).broken(), ElementsAre(rules::kLag));
}

TEST(CheckerTest, AFollowerAsOldAsItSays) {
  EXPECT_THAT(follower_that_says(1200).broken(), IsEmpty());
}

// ---- how it is told

TEST(CheckerTest, ManyViolationsAreCounted) {
  Told told;
  for (std::size_t i = 0; i < kToldMax + 5; ++i) told.list({{"x" + std::to_string(i), Status::running}}, {1, 2});
  const Verdict verdict = check(told.history);
  EXPECT_EQ(verdict.violations.size(), kToldMax);
  EXPECT_EQ(verdict.violated, kToldMax + 5);
  EXPECT_FALSE(verdict.sound());
}

TEST(CheckerTest, AViolationNamesWhatWasToldAndWhatContradictsIt) {
  Told told;
  told.submit("a", 202, {1, 2});
  told.list({}, {1, 7});
  EXPECT_THAT(check(told.history).violations.at(0).text,
              testing::AllOf(HasSubstr("job a was lost"), HasSubstr("202 at 1-2"), HasSubstr("for all jobs"),
                             HasSubstr("at 1-7")));
}

}  // namespace
}  // namespace stellwerk::history
