#include "drill/ending.h"

#include <gtest/gtest.h>

#include "unit/cli/fake_host.h"

namespace stellwerk::drill {
namespace {

using history::Call;
using model::JobStatus;

Call list_of(std::vector<history::Seen> seen) {
  Call out{.action = history::Action::list_jobs, .outcome = history::Outcome::done};
  out.seen = std::move(seen);
  return out;
}

TEST(LivingTest, TheFirstOfOursThatHasNotEnded) {
  const std::vector<JobAsked> ours = {{"c"}, {"b"}, {"a"}};
  EXPECT_EQ(
      living(ours, list_of({{"a", JobStatus::running}, {"b", JobStatus::cancelling}, {"c", JobStatus::canceled}})),
      "b");
  EXPECT_EQ(living(ours, list_of({{"others", JobStatus::running}, {"a", JobStatus::finished}})), "")
      << "what is not there any more has ended";
}

/// Ports on which nobody listens.
class EndingTest : public testing::Test {
 protected:
  Clients clients_{{.masters = {{"127.0.0.1", 1}}, .clients = 1}};
  cli::FakeHost host_;
};

TEST_F(EndingTest, MastersThatAreGoneAreNotWaitedForAsOftenAsThereAreJobs) {
  for (const char* job : {"a", "b", "c"}) {
    Wish wish{.action = history::Action::submit, .job = job};
    clients_.put_down({.action = wish.action, .job = wish.job, .outcome = history::Outcome::done});
  }
  Ending(host_, clients_, {{"127.0.0.1", 1}}).cancel_jobs(false);
  EXPECT_EQ(clients_.take_calls().size(), 3u + 20u);
}

TEST_F(EndingTest, TheNewestIsCancelledFirstAndWhatIsKnownToEndIsLeftAlone) {
  for (const char* job : {"019a", "019b", "019c"})
    clients_.put_down({.action = history::Action::submit, .job = job, .outcome = history::Outcome::done});
  clients_.put_down({.action = history::Action::cancel, .job = "019c", .outcome = history::Outcome::done});
  const auto jobs = clients_.jobs();
  ASSERT_EQ(jobs.size(), 3u);
  EXPECT_EQ(jobs[0].id, "019c");
  EXPECT_TRUE(jobs[0].ends);
  EXPECT_FALSE(jobs[1].ends);
  Ending(host_, clients_, {{"127.0.0.1", 1}}).cancel_jobs(false);
  EXPECT_EQ(clients_.take_calls()[4].job, "019b");
}

TEST_F(EndingTest, AMasterThatNeverGivesAListIsNamed) {
  EXPECT_EQ(Ending(host_, clients_, {{"127.0.0.1", 1}}).look_at_all(),
            "60 s after their cancel nobody gave a list of all jobs");
  host_.was_interrupted = true;
  EXPECT_EQ(Ending(host_, clients_, {{"127.0.0.1", 1}}).look_at_all(), "");
}

}  // namespace
}  // namespace stellwerk::drill
