#include "identity/job_folders.h"

#include <gtest/gtest.h>

#include <atomic>
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

}  // namespace
}  // namespace stellwerk::identity
