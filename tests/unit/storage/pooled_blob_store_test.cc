#include "storage/pooled_blob_store.h"

#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "storage/memory_blob_store.h"
#include "support/real_loop.h"

namespace stellwerk::storage {
namespace {

constexpr auto kLimit = std::chrono::seconds(30);

/// A store whose probe waits at a gate, and which counts who waits there.
class GatedStore : public MemoryBlobStore {
 public:
  Result<void> probe() override {
    std::unique_lock lock(mutex_);
    ++inside_;
    changed_.notify_all();
    changed_.wait(lock, [this] { return open_; });
    return {};
  }
  void open() {
    const std::lock_guard lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }
  void wait_for_inside(int count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return inside_ >= count; });
  }
  int inside() {
    const std::lock_guard lock(mutex_);
    return inside_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool open_ = false;
  int inside_ = 0;
};

class PooledStore : public testing::Test {
 protected:
  bool turn(const std::function<bool()>& done) { return loop_.run_until(done, kLimit); }

  test::RealLoop loop_;
  GatedStore store_;
  std::unique_ptr<PooledBlobStore> pooled_ = std::make_unique<PooledBlobStore>(store_, loop_.executor());
};

TEST_F(PooledStore, PassesEverythingOnAndAnswersOnTheLoop) {
  const auto loop_thread = std::this_thread::get_id();
  std::thread::id made_on;
  std::optional<PutResult> put;
  pooled_->put(
      "journal/a",
      [&made_on] {
        made_on = std::this_thread::get_id();
        return std::string("bytes");
      },
      [&](PutResult result) {
        EXPECT_EQ(std::this_thread::get_id(), loop_thread);
        put = std::move(result);
      });
  EXPECT_FALSE(put.has_value());
  ASSERT_TRUE(turn([&] { return put.has_value(); }));
  EXPECT_EQ(put->outcome, PutOutcome::ok);
  EXPECT_NE(made_on, loop_thread) << "making bytes is work for the pool";

  std::optional<Result<std::string>> got;
  std::optional<Result<std::vector<BlobInfo>>> listed;
  pooled_->get("journal/a", [&](Result<std::string> result) { got = std::move(result); });
  pooled_->list("journal/", [&](Result<std::vector<BlobInfo>> result) { listed = std::move(result); });
  ASSERT_TRUE(turn([&] { return got && listed; }));
  EXPECT_EQ(got->value(), "bytes");
  EXPECT_EQ(listed->value().size(), 1u);

  std::optional<Result<void>> removed;
  pooled_->remove("journal/a", [&](Result<void> result) { removed = std::move(result); });
  ASSERT_TRUE(turn([&] { return removed.has_value(); }));
  EXPECT_TRUE(removed->has_value());
  EXPECT_EQ(store_.get("journal/a").error().code, Errc::not_found);
}

TEST_F(PooledStore, OneStuckOperationDelaysNoOther) {
  bool probed = false;
  pooled_->probe([&](Result<void>) { probed = true; });
  bool got = false;
  pooled_->get("a", [&](Result<std::string>) { got = true; });
  EXPECT_TRUE(turn([&] { return got; }));
  EXPECT_FALSE(probed);
  store_.open();
  EXPECT_TRUE(turn([&] { return probed; }));
}

TEST_F(PooledStore, ComputingGoesOnWhileTheWholeStorageHangs) {
  std::size_t probed = 0;
  for (std::size_t i = 0; i < 2 * kStorageThreads; ++i) pooled_->probe([&](Result<void>) { ++probed; });
  store_.wait_for_inside(static_cast<int>(kStorageThreads));
  std::atomic<bool> worked{false};
  bool told = false;
  pooled_->run([&] { worked = true; }, [&] { told = true; });
  EXPECT_TRUE(turn([&] { return told; }));
  EXPECT_TRUE(worked.load());
  EXPECT_EQ(store_.inside(), static_cast<int>(kStorageThreads)) << "as many at once as there are threads";
  store_.open();
  EXPECT_TRUE(turn([&] { return probed == 2 * kStorageThreads; }));
}

TEST_F(PooledStore, AsManyCallsAtOnceAsThreadsWereAskedFor) {
  pooled_ = std::make_unique<PooledBlobStore>(store_, loop_.executor(), 2);
  std::size_t probed = 0;
  for (int i = 0; i < 5; ++i) pooled_->probe([&](Result<void>) { ++probed; });
  store_.wait_for_inside(2);
  bool told = false;
  pooled_->run([] {}, [&] { told = true; });
  EXPECT_TRUE(turn([&] { return told; }));
  EXPECT_EQ(store_.inside(), 2);
  store_.open();
  EXPECT_TRUE(turn([&] { return probed == 5; }));
}

TEST_F(PooledStore, TheQueueIsBoundedAndSaysSo) {
  std::size_t ok = 0;
  std::size_t refused = 0;
  for (std::size_t i = 0; i < kStorageOperationsMax + 10; ++i) {
    pooled_->probe([&](Result<void> result) {
      if (result)
        ++ok;
      else if (result.error().code == Errc::unavailable)
        ++refused;
    });
  }
  std::optional<PutResult> put;
  pooled_->put(
      "a", [] { return std::string("x"); }, [&](PutResult result) { put = std::move(result); });
  EXPECT_EQ(refused, 0u) << "never from inside the call";
  ASSERT_TRUE(turn([&] { return refused == 10 && put; }));
  EXPECT_EQ(put->outcome, PutOutcome::not_done);
  store_.open();
  EXPECT_TRUE(turn([&] { return ok == kStorageOperationsMax; }));
  EXPECT_EQ(store_.get("a").error().code, Errc::not_found);
}

TEST_F(PooledStore, NothingIsCalledOnceItIsDestroyed) {
  auto held = std::make_shared<int>(0);
  bool called = false;
  for (std::size_t i = 0; i < 3 * kStorageThreads; ++i)
    pooled_->probe([&called, held](Result<void>) { called = true; });
  pooled_->run([] {}, [&called, held] { called = true; });
  store_.wait_for_inside(static_cast<int>(kStorageThreads));
  std::thread opener([this] { store_.open(); });
  pooled_.reset();
  opener.join();
  EXPECT_EQ(held.use_count(), 1) << "handlers go with the store, on the loop's thread";
  bool turned = false;
  loop_.executor().post([&] { turned = true; });
  EXPECT_TRUE(turn([&] { return turned; }));
  EXPECT_FALSE(called);
}

TEST_F(PooledStore, AHandlerMayAskAgainOrDestroyTheStore) {
  bool done = false;
  pooled_->get("a", [&](Result<std::string>) {
    pooled_->get("b", [&](Result<std::string>) {
      pooled_.reset();
      done = true;
    });
  });
  EXPECT_TRUE(turn([&] { return done; }));
}

}  // namespace
}  // namespace stellwerk::storage
