#include "identity/job_folders.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <thread>

#include "support/temp_dir.h"

namespace stellwerk::identity {
namespace {

namespace fs = std::filesystem;

model::AttemptId attempt_of(std::int32_t subtask) {
  return {*JobId::parse("0190a1b2c3d4e5f60718293a4b5c6d7e"), {0, subtask}, 0};
}

class JobFoldersTest : public testing::Test {
 protected:
  test::TempDir dir;
  JobFolders folders{dir / "tasks", dir / "log"};
};

TEST_F(JobFoldersTest, AJobsFolderGoesWithItsLastAttempt) {
  ASSERT_TRUE(folders.make(attempt_of(0)));
  ASSERT_TRUE(folders.make(attempt_of(1)));
  test::write_file(folders.working(attempt_of(0)) + "/own", "x");
  folders.remove(attempt_of(0));
  EXPECT_FALSE(fs::exists(folders.working(attempt_of(0))));
  EXPECT_TRUE(fs::exists(folders.working(attempt_of(1))));
  folders.remove(attempt_of(1));
  EXPECT_TRUE(fs::is_empty(dir / "tasks"));
  EXPECT_TRUE(fs::exists(folders.output(attempt_of(0).job))) << "what they printed stays";
}

TEST_F(JobFoldersTest, NoneIsMissingItsJobsFolderBecauseAnotherIsRemoved) {
  constexpr std::int32_t kRounds = 500;
  std::atomic<bool> over = false;
  std::thread remover([&] {
    while (!over) folders.remove(attempt_of(0));
  });
  for (std::int32_t i = 1; i <= kRounds; ++i) {
    const auto made = folders.make(attempt_of(i));
    EXPECT_TRUE(made) << made.error().text;
    EXPECT_TRUE(fs::exists(folders.working(attempt_of(i))));
    folders.remove(attempt_of(i));
  }
  over = true;
  remover.join();
}

/// Long ago: before any real clock of today.
fs::file_time_type hour(int number) {
  return fs::file_time_type(std::chrono::hours(number - 24 * 365 * 200));
}

/// One of many jobs.
model::AttemptId of_job(int number) {
  std::string id = std::to_string(number);
  return {*JobId::parse("0190a1b2" + std::string(24 - id.size(), '0') + id), {0, 0}, 0};
}

TEST_F(JobFoldersTest, OfWhatJobsPrintedTheOldestGo) {
  constexpr int kJobs = JobFolders::kOutputsMax + 2 * JobFolders::kOutputsSlice;
  for (int i = 0; i < kJobs; ++i) {
    fs::create_directories(folders.output(of_job(i).job));
    test::write_file(folders.output(of_job(i).job) + "/count-0.out", "1");
    fs::last_write_time(folders.output(of_job(i).job), hour(i));
  }
  fs::create_directories(dir / "log/somebody else's");
  fs::create_directories(folders.output(of_job(kJobs).job) + ".going");
  ASSERT_TRUE(folders.make(of_job(1)));
  fs::last_write_time(folders.output(of_job(1).job), hour(1));
  EXPECT_TRUE(folders.remove_old_outputs());
  EXPECT_TRUE(folders.remove_old_outputs()) << "in slices";
  EXPECT_FALSE(folders.remove_old_outputs());
  constexpr int kGone = 2 * JobFolders::kOutputsSlice;
  for (int i = 0; i < kJobs; ++i)
    EXPECT_EQ(fs::exists(folders.output(of_job(i).job)), i >= kGone || i == 1) << i << ": 1 runs";
  EXPECT_TRUE(fs::exists(dir / "log/somebody else's"));
  EXPECT_FALSE(fs::exists(folders.output(of_job(kJobs).job) + ".going"));
  // It has just ended, so that it is the newest.
  folders.remove(of_job(1));
  EXPECT_FALSE(folders.remove_old_outputs());
  EXPECT_TRUE(fs::exists(folders.output(of_job(1).job)));
  EXPECT_FALSE(fs::exists(folders.output(of_job(kGone).job)));
}

TEST_F(JobFoldersTest, SomebodyLooksForOldOutputsAfterSoManyNewOnes) {
  for (int i = 0; i < static_cast<int>(JobFolders::kOutputsSlice); ++i) {
    EXPECT_FALSE(folders.outputs_due());
    ASSERT_TRUE(folders.make(of_job(i)));
  }
  EXPECT_TRUE(folders.outputs_due());
  EXPECT_FALSE(folders.remove_old_outputs());
  EXPECT_FALSE(folders.outputs_due());
}

}  // namespace
}  // namespace stellwerk::identity
