#include "identity/worker_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include "support/faulty_file_calls.h"
#include "support/temp_dir.h"

namespace stellwerk::identity {
namespace {

using test::FaultyFileCalls;
using test::TempDir;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::MatchesRegex;
using When = FaultyFileCalls::When;

const worker::Place kPlace{"11111111-2222-4333-8444-555555555555", 7};
constexpr std::int64_t kNow = 1'795'000'000'000'000;

class WorkerFolderTest : public testing::Test {
 protected:
  FolderWish wish(std::optional<std::string> id = std::nullopt) const {
    return {dir / "work", "default", std::move(id), "node1", kNow, 42, 4711};
  }
  WorkerFolder take(const FolderWish& of) {
    auto folder = WorkerFolder::take(of);
    if (folder.has_error()) throw std::runtime_error(folder.error().text);
    return std::move(*folder);
  }
  std::string why(const FolderWish& of) {
    const auto folder = WorkerFolder::take(of);
    return folder ? "" : folder.error().text;
  }
  std::string path(const std::string& name) const { return dir / ("work/" + name); }

  TempDir dir{TempDir::On::memory};
};

TEST_F(WorkerFolderTest, TheFirstStartMakesANameAndCountsFromTheClock) {
  const WorkerFolder folder = take(wish());
  EXPECT_EQ(folder.path(), path("tm_default-worker-0"));
  EXPECT_THAT(folder.identity().id, MatchesRegex("node1:[0-9]+"));
  EXPECT_EQ(folder.identity().incarnation, kNow);
  EXPECT_EQ(folder.identity().place, worker::Place{});
  EXPECT_THAT(folder.warnings(), IsEmpty());
}

TEST_F(WorkerFolderTest, ARestartIsTheSameWorkerWithAHigherIncarnation) {
  std::string id;
  {
    WorkerFolder folder = take(wish());
    id = folder.identity().id;
    ASSERT_TRUE(folder.remember(kPlace));
  }
  FolderWish later = wish();
  later.random = 43;
  later.wall_us = kNow - 1'000'000;
  const WorkerFolder folder = take(later);
  EXPECT_EQ(folder.identity().id, id);
  EXPECT_EQ(folder.identity().incarnation, kNow + 1) << "also when the clock was set back";
  EXPECT_EQ(folder.identity().place, kPlace);
}

TEST_F(WorkerFolderTest, ASecondWorkerTakesTheNextFolderAndTheFirstThatIsFreeAgain) {
  auto first = std::make_optional(take(wish()));
  const WorkerFolder second = take(wish());
  EXPECT_EQ(second.path(), path("tm_default-worker-1"));
  first.reset();
  EXPECT_EQ(take(wish()).path(), path("tm_default-worker-0"));
}

TEST_F(WorkerFolderTest, ClustersOfOneHostDoNotMix) {
  FolderWish other = wish();
  other.cluster_id = "team/b";
  EXPECT_EQ(take(other).path(), path("tm_team_b-worker-0"));
}

TEST_F(WorkerFolderTest, AResourceIdNamesTheFolderAndTheWorker) {
  const WorkerFolder folder = take(wish("w-7"));
  EXPECT_EQ(folder.path(), path("tm_w-7"));
  EXPECT_EQ(folder.identity().id, "w-7");
}

TEST_F(WorkerFolderTest, TwoWorkersMayNotHaveOneResourceId) {
  const WorkerFolder folder = take(wish("w-7"));
  EXPECT_EQ(why(wish("w-7")),
            "another worker (pid 4711) has " + path("tm_w-7") + "; each worker needs its own taskmanager.resource-id");
}

TEST_F(WorkerFolderTest, ADamagedFileIsSetAsideAndTheWorkerBeginsAnew) {
  std::filesystem::create_directories(path("tm_w-7"));
  for (int n = 1; n <= 2; ++n) {
    test::write_file(path("tm_w-7/identity.json"), "{\"layout\":1,\"id");
    const WorkerFolder folder = take(wish("w-7"));
    const std::string aside = "identity.json.damaged-" + std::to_string(n);
    ASSERT_EQ(folder.warnings().size(), 1u);
    EXPECT_THAT(folder.warnings()[0], HasSubstr(path("tm_w-7/identity.json") + " is damaged ("));
    EXPECT_THAT(folder.warnings()[0], HasSubstr("it is now " + aside + ", and this worker begins anew"));
    EXPECT_EQ(test::read_file(path("tm_w-7/" + aside)), "{\"layout\":1,\"id");
    EXPECT_EQ(folder.identity().incarnation, kNow);
  }
}

TEST_F(WorkerFolderTest, DamagedFilesAreNotCollectedForEver) {
  std::filesystem::create_directories(path("tm_w-7"));
  for (int n = 1; n <= kDamagedMax; ++n)
    test::write_file(path("tm_w-7/identity.json.damaged-" + std::to_string(n)), "x");
  test::write_file(path("tm_w-7/identity.json"), "x");
  EXPECT_EQ(why(wish("w-7")), path("tm_w-7") + " holds 100 damaged files already; look at the disk, then remove them");
}

TEST_F(WorkerFolderTest, ANewerVersionsFolderIsLeftAlone) {
  std::filesystem::create_directories(path("tm_w-7"));
  test::write_file(path("tm_w-7/identity.json"), "{\"layout\":2}");
  EXPECT_THAT(why(wish("w-7")), HasSubstr("layout 2"));
  EXPECT_EQ(test::read_file(path("tm_w-7/identity.json")), "{\"layout\":2}");
}

TEST_F(WorkerFolderTest, WhatIsNoFolderOfOursIsPassedOver) {
  std::filesystem::create_directories(dir / "work");
  test::write_file(path("tm_default-worker-0"), "");
  std::filesystem::create_directories(dir / "elsewhere");
  std::filesystem::create_directory_symlink(dir / "elsewhere", path("tm_default-worker-1"));
  EXPECT_EQ(take(wish()).path(), path("tm_default-worker-2"));
  std::filesystem::create_directory_symlink(dir / "elsewhere", path("tm_w-7"));
  EXPECT_EQ(why(wish("w-7")), path("tm_w-7") + " is no folder; remove it");
}

TEST_F(WorkerFolderTest, ADirectoryThatCannotBeMadeIsNamed) {
  test::write_file(dir / "work", "");
  EXPECT_THAT(why(wish()), HasSubstr("making " + dir / "work"));
}

TEST_F(WorkerFolderTest, AReadOnlyDiskStopsTheStart) {
  take(wish());
  auto calls = std::make_shared<FaultyFileCalls>();
  calls->set_read_only(EROFS);
  const auto folder = WorkerFolder::take(wish(), calls);
  ASSERT_FALSE(folder);
  EXPECT_THAT(folder.error().text, HasSubstr("the file system is read-only: remount it read-write"));
  EXPECT_THAT(folder.error().text, HasSubstr(path("tm_default-worker-0")));
}

TEST_F(WorkerFolderTest, AFullDiskStopsTheStartAndLeavesWhatWasThere) {
  const Identity before = take(wish("w-7")).identity();
  {
    auto calls = std::make_shared<FaultyFileCalls>();
    calls->set_space(10);
    const auto folder = WorkerFolder::take(wish("w-7"), calls);
    ASSERT_FALSE(folder);
    EXPECT_EQ(folder.error().code, Errc::no_space);
  }
  EXPECT_EQ(take(wish("w-7")).identity().incarnation, before.incarnation + 1);
}

/// Runs `scenario` with call 1, 2, ... failing, until that call is not reached any more.
template <class Scenario>
void for_each_call(When when, std::uint64_t calls_least, Scenario scenario) {
  for (std::uint64_t n = 1;; ++n) {
    SCOPED_TRACE("call " + std::to_string(n));
    const TempDir dir{TempDir::On::memory};
    auto calls = std::make_shared<FaultyFileCalls>();
    scenario(dir.path().string(), calls, n, when);
    if (!calls->failed()) {
      EXPECT_GT(n, calls_least);
      return;
    }
    ASSERT_LT(n, 100u);
  }
}

/// Whatever fails, and when the power goes then: the id stays, and the incarnation never comes twice.
TEST(WorkerFolderFaults, AStartThatFailsAnywhereHarmsNothing) {
  for (const When when : {When::before, When::after, When::for_good}) {
    for_each_call(when, 8, [](const std::string& dir, const auto& calls, std::uint64_t n, When how) {
      const FolderWish wish{dir, "default", "w-7", "node1", 1, 42, 1};
      Identity before;
      {
        auto first = WorkerFolder::take(wish);
        ASSERT_TRUE(first);
        ASSERT_TRUE(first->remember(kPlace));
        before = first->identity();
      }
      calls->fail(n, EIO, how);
      std::int64_t used = before.incarnation;
      if (auto second = WorkerFolder::take(wish, calls)) used = second->identity().incarnation;
      calls->heal();
      calls->lose_power();
      const auto third = WorkerFolder::take(wish);
      ASSERT_TRUE(third) << third.error().text;
      EXPECT_THAT(third->warnings(), IsEmpty());
      EXPECT_EQ(third->identity().place, kPlace);
      EXPECT_GT(third->identity().incarnation, used);
    });
  }
}

TEST(WorkerFolderFaults, WhatIsRememberedIsDurableAndWhatFailsIsTheOldOrTheNew) {
  for (const When when : {When::before, When::after, When::for_good}) {
    for_each_call(when, 4, [](const std::string& dir, const auto& calls, std::uint64_t n, When how) {
      const FolderWish wish{dir, "default", "w-7", "node1", 1, 42, 1};
      worker::Place next = kPlace;
      ++next.epoch;
      bool done = false;
      {
        auto folder = WorkerFolder::take(wish, calls);
        ASSERT_TRUE(folder && folder->remember(kPlace));
        calls->fail(n, EIO, how);
        done = folder->remember(next).has_value();
        calls->heal();
        calls->lose_power();
      }
      const auto again = WorkerFolder::take(wish);
      ASSERT_TRUE(again) << again.error().text;
      EXPECT_TRUE(again->identity().place == next || (!done && again->identity().place == kPlace));
    });
  }
}

}  // namespace
}  // namespace stellwerk::identity
