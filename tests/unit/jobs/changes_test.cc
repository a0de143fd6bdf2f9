#include "jobs/changes.h"

#include <gtest/gtest.h>

namespace stellwerk::jobs {
namespace {

using model::JobStatus;

constexpr WallMs kNow = 1'795'000'000'000;

JobId id_of(int n, WallMs minted = kNow) {
  return JobId::mint(minted, {0, static_cast<std::uint64_t>(n)});
}

SubmitJob job(int n, std::string hash = "h") {
  return {id_of(n), "{\"name\":\"j\"}", std::move(hash), "j", 3};
}

class Changes : public testing::Test {
 protected:
  Reply ask(const Change& change, WallMs now = kNow) {
    const Decision decision = decide(state_, change, now, limits_);
    for (const auto& record : decision.records) EXPECT_FALSE(state_.apply(record).has_value());
    return decision.reply;
  }
  ClusterState state_;
  JobLimits limits_;
};

TEST_F(Changes, ASubmittedJobWaitsInCreated) {
  EXPECT_EQ(ask(job(1)).kind, Reply::Kind::accepted);
  const auto entry = state_.jobs().find(id_of(1).text());
  ASSERT_TRUE(entry && entry->healthy());
  EXPECT_EQ(entry->state->status, JobStatus::created);
  EXPECT_EQ(state_.counts().running, 1);
}

TEST_F(Changes, SameContentAgainIsAcceptedOtherContentIsAConflict) {
  ask(job(1));
  EXPECT_EQ(ask(job(1)).kind, Reply::Kind::accepted);
  EXPECT_EQ(ask(job(1, "other")).kind, Reply::Kind::conflict);
  EXPECT_EQ(state_.jobs().size(), 1U);
}

TEST_F(Changes, ACancelledJobIsShownAndNeverRunsAgain) {
  ask(job(1));
  EXPECT_EQ(ask(CancelJob{id_of(1)}, kNow + 5).kind, Reply::Kind::accepted);
  EXPECT_EQ(ask(CancelJob{id_of(1)}).kind, Reply::Kind::accepted);
  EXPECT_EQ(ask(job(1)).kind, Reply::Kind::accepted) << "the same submission, late";
  const auto entry = state_.jobs().find(id_of(1).text());
  EXPECT_EQ(entry->state->status, JobStatus::canceled);
  EXPECT_EQ(entry->state->end_ms, kNow + 5);
  EXPECT_FALSE(state_.records().contains(job_spec_key(id_of(1))));
  EXPECT_EQ(state_.counts(), (JobCounts{0, 0, 1, 0}));
}

TEST_F(Changes, AnUnknownJobCannotBeCancelled) {
  EXPECT_EQ(ask(CancelJob{id_of(9)}).kind, Reply::Kind::not_found);
}

TEST_F(Changes, ATakeoversRecordIsAmendedOnlyWhereItStands) {
  ask(BeginEpoch{7, R"({"epoch":7})", {}});
  ask(AmendTakeover{7, R"({"epoch":7,"first-write-us":3})"});
  EXPECT_EQ(*state_.takeovers().at(7), R"({"epoch":7,"first-write-us":3})");
  EXPECT_TRUE(decide(state_, AmendTakeover{6, "{}"}, kNow, limits_).records.empty()) << "it was forgotten already";
}

TEST_F(Changes, WhatIsForgottenStaysRefused) {
  limits_.ended_max = 1;
  ask(job(1));
  ask(CancelJob{id_of(1)});
  SubmitJob second = job(2);
  second.id = id_of(2, kNow + 10);
  ask(second);
  ask(CancelJob{second.id}, kNow + 20);
  ask(ForgetOldJobs{kNow + 30}, kNow + 30);
  EXPECT_FALSE(state_.ended().contains(id_of(1).text()));
  EXPECT_EQ(state_.evicted_count(), 1);
  EXPECT_EQ(ask(job(1), kNow + 40).kind, Reply::Kind::conflict);
  SubmitJob fresh = job(3);
  fresh.id = id_of(3, kNow + 40);
  EXPECT_EQ(ask(fresh, kNow + 40).kind, Reply::Kind::accepted);
}

TEST_F(Changes, AnIdWhoseTimeHasNotComeIsNotForgotten) {
  limits_.ended_max = 1;
  SubmitJob ahead = job(7);
  ahead.id = id_of(7, kNow + 1000);
  ask(ahead);
  ask(CancelJob{ahead.id});
  ask(job(1));
  ask(CancelJob{id_of(1)});
  ask(ForgetOldJobs{kNow + 10}, kNow + 10);
  EXPECT_TRUE(state_.ended().contains(ahead.id.text()));
  EXPECT_EQ(ask(ahead, kNow + 20).kind, Reply::Kind::accepted) << "a repeat of what ended";
  EXPECT_EQ(state_.counts().running, 0);
  SubmitJob further = job(8);
  further.id = id_of(8, kNow + 1000);
  EXPECT_EQ(ask(further, kNow + 30).kind, Reply::Kind::refused) << "there must not be any number of them";
  ask(ForgetOldJobs{kNow + 2000}, kNow + 2000);
  EXPECT_EQ(state_.ended().size(), 1U) << "its time has come";
}

TEST_F(Changes, WhatIsForgottenAtOnceIsBoundedAndTheOldestGoFirst) {
  limits_.history_max = 5;
  const int all = static_cast<int>(kForgottenMax) + 10;
  for (int n = 0; n < all; ++n) {
    ask(job(n));
    ask(CancelJob{id_of(n)}, kNow + (n * 7) % all);
  }
  const Decision decision = decide(state_, ForgetOldJobs{kNow + all}, kNow + all, limits_);
  EXPECT_EQ(decision.records.size(), kForgottenMax);
  ask(ForgetOldJobs{kNow + all}, kNow + all);
  EXPECT_EQ(state_.jobs().size(), 10U);
  state_.jobs().for_each([&](const auto&, const JobEntry& entry) { EXPECT_GE(entry.state->end_ms, kNow + all - 10); });
  ask(ForgetOldJobs{kNow + all}, kNow + all);
  EXPECT_EQ(state_.jobs().size(), 5U);
}

TEST_F(Changes, AttemptsGoWithTheHistoryOfTheirJob) {
  ask(job(1));
  ask(CancelJob{id_of(1)});
  const model::Attempt attempt{0, "w-1", 1, "host", kNow, kNow, model::AttemptEnd::canceled};
  EXPECT_FALSE(state_.apply(model::Record::put(attempt_key(id_of(1), {0, 0}), model::encode_attempt(attempt))));
  ask(ForgetOldJobs{kNow + limits_.history_ms + 1}, kNow + limits_.history_ms + 1);
  EXPECT_TRUE(state_.attempts().empty());
}

TEST_F(Changes, HistoriesAgeAndTheJobStaysKnownAsEnded) {
  ask(job(1));
  ask(CancelJob{id_of(1)});
  ask(ForgetOldJobs{kNow + limits_.history_ms + 1}, kNow + limits_.history_ms + 1);
  EXPECT_FALSE(state_.jobs().contains(id_of(1).text()));
  EXPECT_TRUE(state_.ended().contains(id_of(1).text()));
  EXPECT_EQ(ask(job(1)).kind, Reply::Kind::accepted) << "a repeat of what ended";
  EXPECT_FALSE(state_.jobs().contains(id_of(1).text()));
}

TEST_F(Changes, NothingIsOldByAClockThatIsNotBelieved) {
  for (int i = 1; i <= 3; ++i) {
    ask(job(i));
    ask(CancelJob{id_of(i)}, kNow + i);
  }
  const WallMs ahead = kNow + 2 * limits_.ended_ms;
  ask(ForgetOldJobs{kNow + 10}, ahead);
  ask(ForgetOldJobs{}, ahead);
  EXPECT_EQ(state_.jobs().size(), 3U);
  EXPECT_EQ(state_.ended().size(), 3U);
  limits_.history_max = 2;
  limits_.ended_max = 2;
  ask(ForgetOldJobs{}, ahead);
  EXPECT_EQ(state_.jobs().size(), 2U) << "what is too many is forgotten by any clock";
  EXPECT_EQ(state_.ended().size(), 2U);
  ask(ForgetOldJobs{ahead}, ahead);
  EXPECT_EQ(state_.ended().size(), 0U);
}

TEST_F(Changes, ASpecWithoutAStateIsIncompleteNeverCreated) {
  ask(job(1));
  state_.apply(model::Record::erase(job_state_key(id_of(1))));
  EXPECT_EQ(state_.incomplete_jobs().count(id_of(1).text()), 1U);
  EXPECT_EQ(state_.counts().running, 0);
}

TEST_F(Changes, AnEndedJobHidesWhateverElseIsThere) {
  ask(job(1));
  const auto spec = state_.records().find(job_spec_key(id_of(1)));
  const auto created = state_.records().find(job_state_key(id_of(1)));
  ask(CancelJob{id_of(1)});
  state_.apply({job_spec_key(id_of(1)), spec});
  state_.apply({job_state_key(id_of(1)), created});
  EXPECT_EQ(state_.jobs().find(id_of(1).text())->state->status, JobStatus::canceled);
  EXPECT_EQ(state_.counts().running, 0);
}

TEST_F(Changes, SharedStatesDoNotSeeEachOthersChanges) {
  ask(job(1));
  ClusterState before = state_.share();
  ask(job(2));
  EXPECT_EQ(before.jobs().size(), 1U);
  EXPECT_EQ(state_.jobs().size(), 2U);
}

}  // namespace
}  // namespace stellwerk::jobs
