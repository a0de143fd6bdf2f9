#include "api/jobs_overview.h"

#include <gtest/gtest.h>

#include <random>

#include "jobs/job_views.h"

namespace stellwerk::api {
namespace {

using model::Record;

constexpr WallMs kNow = 1'700'000'000'000;

class JobsOverviewTest : public testing::Test {
 protected:
  static std::string id(std::uint32_t number) {
    const std::string digits = std::to_string(number);
    return std::string(32 - digits.size(), '0') + digits;
  }
  void put(std::uint32_t number, const std::string& name, WallMs end = -1) {
    model::JobState job;
    job.status = end < 0 ? model::JobStatus::running : model::JobStatus::finished;
    job.name = name;
    job.start_ms = kNow - 1000;
    job.end_ms = end;
    state.apply(Record::put("jobs/" + id(number) + "/state", model::encode_job_state(job)));
  }
  std::string made(WallMs now) {
    page = overview.make(std::make_shared<const jobs::ClusterState>(state.share()), now);
    return page->bytes();
  }
  /// Without pieces.
  std::string expected(WallMs now) const {
    std::string text;
    for (const auto& [job, entry] : jobs::shown_jobs(state)) {
      text += text.empty() ? "" : ",";
      jobs::append_overview_entry(text, job, *entry, state.attempt_counts().find(job).get(), now);
    }
    return R"({"jobs":[)" + text + "]}";
  }

  jobs::ClusterState state;
  JobsOverview overview;
  std::shared_ptr<const http::Page> page;
};

TEST_F(JobsOverviewTest, IsTheSameAsMadeInOne) {
  std::mt19937 random(20261123);
  EXPECT_EQ(made(kNow), R"({"jobs":[]})");
  for (int round = 0; round < 120; ++round) {
    // Many come at once, then some come, change and go, at last many go.
    const std::uint32_t changes = round == 20 ? 3000 : random() % 12;
    for (std::uint32_t i = 0; i < changes; ++i) {
      const std::uint32_t number = random() % 6000;
      const std::uint32_t kind = random() % 10;
      if (kind == 0 || (round > 90 && kind < 9)) {
        state.apply(Record::erase("jobs/" + id(number) + "/state"));
        state.apply(Record::erase("quarantine/" + id(number)));
      } else if (kind == 1) {
        state.apply(Record::put("quarantine/" + id(number), model::encode_quarantine({"k", "f", "torn", 9})));
      } else {
        put(number, "job-" + std::to_string(random() % 100), kind < 6 ? kNow : -1);
      }
    }
    // Everything that moves is too old by then.
    const WallMs now = kNow + (round + 1) * JobsOverview::kPieceAgeMax.count();
    ASSERT_EQ(made(now), expected(now)) << "seed 20261123, round " << round;
  }
}

TEST_F(JobsOverviewTest, OnlyDurationsAreOldAndNotForLong) {
  for (std::uint32_t i = 0; i < 1000; ++i) put(i, "runs");
  const std::string before = made(kNow);
  EXPECT_EQ(before, expected(kNow));
  EXPECT_EQ(made(kNow + 999), before);
  put(1, "another name");
  EXPECT_NE(made(kNow + 999).find("another name"), std::string::npos);
  EXPECT_EQ(made(kNow + 2000), expected(kNow + 2000));
  EXPECT_EQ(made(kNow - 5000), expected(kNow - 5000)) << "the clock was set back";
}

TEST_F(JobsOverviewTest, AnOlderStateMayComeAfterANewerOne) {
  put(1, "old");
  const auto older = std::make_shared<const jobs::ClusterState>(state.share());
  const std::string old_text = expected(kNow);
  put(1, "new");
  put(2, "newer");
  EXPECT_EQ(made(kNow), expected(kNow));
  EXPECT_EQ(overview.make(older, kNow)->bytes(), old_text);
}

}  // namespace
}  // namespace stellwerk::api
