/// What the log says of jobs.
#include "master/job_notes.h"

#include <gmock/gmock.h>

namespace stellwerk::master {
namespace {

using model::JobStatus;
using testing::ElementsAre;
using testing::HasSubstr;

jobs::JobEntry job(JobStatus status) {
  jobs::JobEntry entry;
  entry.state.emplace();
  entry.state->status = status;
  entry.state->name = "shop";
  entry.state->tasks = 3;
  return entry;
}

class JobNotesTest : public testing::Test {
 protected:
  std::vector<std::string> told() {
    std::vector<std::string> lines;
    for (const auto& effect : out.take())
      if (const auto* const note = std::get_if<Note>(&effect)) {
        lines.push_back(note->text);
        level = note->level;
      }
    return lines;
  }
  std::vector<std::string> told_of(const jobs::JobEntry* before, const jobs::JobEntry* after) {
    notes.changed(now, "0f", before, after, out);
    return told();
  }

  Time now{std::chrono::seconds(100)};
  Outbox out;
  JobNotes notes;
  NoteLevel level{};
};

TEST_F(JobNotesTest, FromItsReceptionToItsEnd) {
  const auto created = job(JobStatus::created);
  const auto running = job(JobStatus::running);
  const auto finished = job(JobStatus::finished);
  EXPECT_THAT(told_of(nullptr, &created), ElementsAre("Received job shop (0f) with 3 tasks."));
  EXPECT_THAT(told_of(&created, &running), ElementsAre("Job shop (0f) switched from state CREATED to RUNNING."));
  EXPECT_THAT(told_of(&running, &finished), ElementsAre("Job shop (0f) switched from state RUNNING to FINISHED."));
  EXPECT_EQ(level, NoteLevel::info);
  EXPECT_THAT(told_of(&finished, &finished), ElementsAre());
  EXPECT_THAT(told_of(&finished, nullptr), ElementsAre()) << "forgotten";
}

TEST_F(JobNotesTest, AFailureIsNamedOnceWithItsFirstLine) {
  const auto running = job(JobStatus::running);
  auto failed = job(JobStatus::failed);
  failed.state->failures.push_back({1, "map (1/3)", "w-1", "host1", "exit code 3\nno luck"});
  EXPECT_THAT(told_of(&running, &failed),
              ElementsAre("Job shop (0f) switched from state RUNNING to FAILED: map (1/3) on host1: exit code 3"));
  EXPECT_EQ(level, NoteLevel::warn);
  auto anew = failed;
  anew.state->status = JobStatus::running;
  EXPECT_THAT(told_of(&failed, &anew), ElementsAre("Job shop (0f) switched from state FAILED to RUNNING."));
}

TEST_F(JobNotesTest, ARestartOfAPartIsTold) {
  const auto running = job(JobStatus::running);
  auto again = running;
  again.state->restarts = 2;
  EXPECT_THAT(told_of(&running, &again), ElementsAre("Job shop (0f) starts tasks anew, restart 2."));
  again.state->failures.push_back({1, "", "", "", "worker w-1 is lost"});
  EXPECT_THAT(told_of(&running, &again), ElementsAre("Job shop (0f) starts tasks anew, restart 2: worker w-1 is lost"));
}

TEST_F(JobNotesTest, AStormIsCounted) {
  const auto created = job(JobStatus::created);
  for (int i = 0; i < JobNotes::kPerSecondMax + 7; ++i) notes.changed(now, "0f", nullptr, &created, out);
  EXPECT_EQ(told().size(), static_cast<std::size_t>(JobNotes::kPerSecondMax));
  now += std::chrono::seconds(1);
  notes.beat(now, out);
  EXPECT_THAT(told(), ElementsAre(HasSubstr("7 more changes of jobs")));
  EXPECT_THAT(told_of(nullptr, &created), ElementsAre(HasSubstr("Received job")));
}

}  // namespace
}  // namespace stellwerk::master
