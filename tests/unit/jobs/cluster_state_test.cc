/// What is counted while records are applied is what a look at all of them would tell.
#include "jobs/cluster_state.h"

#include <gtest/gtest.h>

#include <random>

#include "jobs/changes.h"

namespace stellwerk::jobs {
namespace {

constexpr WallMs kMinted = 1'795'000'000'000;

WorkerAttempts counted(const ClusterState& state, const std::string& worker) {
  WorkerAttempts out;
  state.attempts().for_each([&](const auto&, const model::Attempt& attempt) {
    if (attempt.worker != worker) return;
    out.newest = std::max(out.newest, attempt.incarnation);
    out.open += attempt.open() ? 1 : 0;
    ++out.all;
  });
  return out;
}

TEST(ClusterState, AttemptsOfAWorkerAreCountedAsTheyComeMoveAndGo) {
  std::mt19937 random(1);
  const auto below = [&](std::uint32_t limit) { return random() % limit; };
  ClusterState state;
  for (int step = 0; step < 2'000; ++step) {
    const JobId job = JobId::mint(kMinted, {0, below(3)});
    const std::string key = attempt_key(job, {0, static_cast<int>(below(4))});
    const auto incarnation = static_cast<std::int64_t>(below(9)) + 1;
    model::Attempt attempt{0, "w-" + std::to_string(below(3)), incarnation, "host", kMinted, -1, {}};
    if (below(3) == 0) attempt.end = model::AttemptEnd::finished;
    const bool gone = below(4) == 0;
    ASSERT_FALSE(
        state.apply(gone ? model::Record::erase(key) : model::Record::put(key, model::encode_attempt(attempt))));
    for (const std::string worker : {"w-0", "w-1", "w-2"}) {
      const WorkerAttempts known = state.worker_attempts(worker);
      const WorkerAttempts real = counted(state, worker);
      ASSERT_EQ(known.open, real.open);
      ASSERT_EQ(known.all, real.all);
      ASSERT_GE(known.newest, real.newest);
      ASSERT_EQ(known.newest == 0, real.all == 0);
    }
  }
}

TEST(ClusterState, EndedJobsAreTooManyBeyondLimitAndSlack) {
  ClusterState state;
  JobLimits limits;
  limits.history_max = 2;
  const auto end_one = [&](std::uint64_t n) {
    const JobId id = JobId::mint(kMinted, {0, n});
    for (const Change& change : {Change(SubmitJob{id, R"({"name":"j"})", "h", "j", 3}), Change(CancelJob{id})})
      for (const auto& record : decide(state, change, kMinted, limits).records) state.apply(record);
  };
  for (std::uint64_t n = 0; n < 5; ++n) end_one(n);
  EXPECT_FALSE(too_many_ended(state, limits, 3));
  end_one(5);
  EXPECT_TRUE(too_many_ended(state, limits, 3));
  limits.history_max = 100;
  EXPECT_FALSE(too_many_ended(state, limits, 3));
  limits.ended_max = 2;
  EXPECT_TRUE(too_many_ended(state, limits, 3));
}

}  // namespace
}  // namespace stellwerk::jobs
