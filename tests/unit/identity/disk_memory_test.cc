#include "identity/disk_memory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <condition_variable>
#include <mutex>

#include "support/real_loop.h"
#include "support/temp_dir.h"

namespace stellwerk::identity {
namespace {

using testing::HasSubstr;

constexpr Duration kLimit = std::chrono::seconds(30);
const std::string kCluster = "11111111-2222-4333-8444-555555555555";

/// A disk whose writes stand still while the test holds it.
class HeldCalls : public storage::FileCalls {
 public:
  void hold(bool on) {
    {
      const std::lock_guard lock(mutex_);
      held_ = on;
    }
    wake_.notify_all();
  }
  ssize_t write(int fd, const char* from, std::size_t bytes) override {
    std::unique_lock lock(mutex_);
    wake_.wait(lock, [this] { return !held_; });
    return FileCalls::write(fd, from, bytes);
  }

 private:
  std::mutex mutex_;
  std::condition_variable wake_;
  bool held_ = false;
};

class DiskMemoryTest : public testing::Test {
 protected:
  DiskMemoryTest() : folder(WorkerFolder::take(wish(), calls).value()) { memory.emplace(loop.executor(), folder); }
  FolderWish wish() const { return {dir.path().string(), "default", "w-7", "node1", 1, 1, 1}; }
  void remember(std::int64_t epoch) {
    memory->remember({kCluster, epoch}, [this](Result<void> result) {
      ++ended;
      last = std::move(result);
    });
  }

  test::TempDir dir{test::TempDir::On::memory};
  std::shared_ptr<HeldCalls> calls = std::make_shared<HeldCalls>();
  test::RealLoop loop;
  WorkerFolder folder;
  std::optional<DiskMemory> memory;
  int ended = 0;
  Result<void> last;
};

TEST_F(DiskMemoryTest, WhatItRemembersIsInTheFile) {
  remember(3);
  EXPECT_EQ(ended, 0) << "never from inside the call";
  remember(4);
  ASSERT_TRUE(loop.run_until([this] { return ended == 2; }, kLimit));
  EXPECT_TRUE(last);
  EXPECT_THAT(test::read_file(folder.path() + "/identity.json"), HasSubstr("\"epoch\":4"));
}

TEST_F(DiskMemoryTest, ADiskThatHangsHasABoundedQueue) {
  calls->hold(true);
  for (int n = 1; n <= DiskMemory::kWaitingMax; ++n) remember(n);
  remember(99);
  ASSERT_TRUE(loop.run_until([this] { return ended == 1; }, kLimit));
  ASSERT_FALSE(last);
  EXPECT_THAT(last.error().text, HasSubstr("does not answer: 16 writes wait"));
  calls->hold(false);
  ASSERT_TRUE(loop.run_until([this] { return ended == DiskMemory::kWaitingMax + 1; }, kLimit));
  EXPECT_THAT(test::read_file(folder.path() + "/identity.json"), HasSubstr("\"epoch\":16"));
}

TEST_F(DiskMemoryTest, WhoStillWaitsAtItsEndIsNotCalled) {
  remember(3);
  memory.reset();
  loop.run_for(std::chrono::milliseconds(1));
  EXPECT_EQ(ended, 0);
}

}  // namespace
}  // namespace stellwerk::identity
