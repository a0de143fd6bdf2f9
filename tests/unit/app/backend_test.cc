#include "app/backend.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <future>
#include <optional>

#include "api/waiting.h"
#include "coordination/none_coordination.h"
#include "loop/turn_meter.h"
#include "storage/memory_blob_store.h"
#include "storage/pooled_blob_store.h"
#include "support/sim_executor.h"

namespace stellwerk::app {
namespace {

using master::MasterView;
using master::ViewPtr;

ViewPtr view_at(std::int64_t seq) {
  MasterView view;
  view.applied = {1, seq};
  return std::make_shared<const MasterView>(view);
}

class BackendTest : public testing::Test {
 protected:
  test::SimTime time;
  test::SimExecutor executor{time};
  loop::TurnMeter meter;
  MasterBackend backend{executor, meter, view_at(1)};
};

TEST_F(BackendTest, LivenessIsGoodForAsLongAsItIsHeld) {
  storage::MemoryBlobStore store;
  storage::PooledBlobStore blobs(store, executor);
  coordination::MemoryRegister memory;
  coordination::MemoryCoordination coordination(executor, memory);
  auto driver =
      std::make_unique<master::Driver>(executor, coordination, blobs, master::Options{}, master::DriverHooks{});
  backend.attach(driver.get());
  const auto held = backend.liveness();
  backend.attach(nullptr);
  driver.reset();
  EXPECT_FALSE(held->alive(executor.now()));
  EXPECT_NE(backend.liveness(), held);
}

TEST_F(BackendTest, ClosingWaitsForWorkThatHasBegun) {
  std::promise<void> begun;
  bool ended = false;
  backend.run_off_thread([&] {
    begun.set_value();
    ended = true;
  });
  begun.get_future().get();
  backend.close();
  EXPECT_TRUE(ended);
  backend.run_off_thread([] { ADD_FAILURE() << "it is closed"; });
}

TEST_F(BackendTest, LongWorkKeepsOnlyItsLikeWaiting) {
  std::promise<void> go_on;
  const std::shared_future<void> told = go_on.get_future().share();
  std::atomic<std::size_t> ended{0};
  std::promise<void> all;
  for (std::size_t i = 0; i < api::kLongWorkMax; ++i)
    ASSERT_TRUE(backend.run_long([&] {
      told.wait();
      if (++ended == api::kLongWorkMax) all.set_value();
    }));
  EXPECT_FALSE(backend.run_long([] { ADD_FAILURE() << "there was no room"; }));
  std::promise<void> done;
  backend.run_off_thread([&] { done.set_value(); });
  done.get_future().get();
  EXPECT_EQ(ended, 0U);
  go_on.set_value();
  all.get_future().get();
}

TEST_F(BackendTest, AnIdOfOursIsNeverOneThatWasForgotten) {
  const WallMs forgotten = executor.wall_ms() + 18'000'000;
  jobs::ClusterState state;
  ASSERT_FALSE(state.apply(model::Record::put(std::string(jobs::kEvictedKey),
                                              R"({"count":1,"up-to":)" + std::to_string(forgotten) + R"(,"v":1})")));
  EXPECT_EQ(backend.mint_job_id().minted_ms(), executor.wall_ms());
  MasterView view;
  view.state = std::make_shared<const jobs::ClusterState>(std::move(state));
  backend.publish(std::make_shared<const MasterView>(view));
  EXPECT_GT(backend.mint_job_id().minted_ms(), forgotten) << "however far the clock is behind";
}

// ---- waiting ----

constexpr std::chrono::seconds kPatience{10};

TEST_F(BackendTest, AViewPublishedBeforeTheRegistrationIsNotMissed) {
  std::optional<api::Waited> ended;
  const auto second = [](const MasterView& view) { return view.applied.seq >= 2; };
  EXPECT_FALSE(api::wait_for_view(backend, executor.now() + kPatience, second, [&](api::Waited how) { ended = how; }));
  backend.publish(view_at(2));
  time.run_for({});
  EXPECT_EQ(ended, api::Waited::met);
}

/// What waits for each position in turn: how it ended, as far as it has.
class Waiting {
 public:
  Waiting(MasterBackend& backend, Time deadline) : backend_(backend), deadline_(deadline) {}
  void add(api::Awaited awaited) {
    ends.emplace_back();
    backend_.wait_for(std::move(awaited), deadline_, [this, i = ends.size() - 1](api::Waited how) {
      EXPECT_FALSE(ends[i]) << "once only";
      ends[i] = how;
    });
  }
  std::size_t ended() const {
    return static_cast<std::size_t>(std::count_if(ends.begin(), ends.end(), [](const auto& end) { return end; }));
  }

  std::vector<std::optional<api::Waited>> ends;

 private:
  MasterBackend& backend_;
  const Time deadline_;
};

TEST_F(BackendTest, OnlyThoseWhoseTimeHasComeAreWoken) {
  Waiting waiting(backend, executor.now() + kPatience);
  waiting.add(model::Position{1, 3});
  waiting.add(model::Position{1, 2});
  waiting.add(api::Condition([](const MasterView& view) { return view.applied.seq == 2; }));
  waiting.add(model::Position{9, 9});
  time.run_for({});
  EXPECT_EQ(waiting.ended(), 0U);
  const std::uint64_t before = time.steps();
  backend.publish(view_at(2));
  time.run_for({});
  EXPECT_EQ(time.steps() - before, 2U);
  EXPECT_EQ(waiting.ends[1], api::Waited::met);
  EXPECT_EQ(waiting.ends[2], api::Waited::met);
  EXPECT_EQ(waiting.ended(), 2U);
  backend.publish(view_at(4));
  time.run_for(kPatience);
  EXPECT_EQ(waiting.ends[0], api::Waited::met);
  EXPECT_EQ(waiting.ends[3], api::Waited::late);
}

TEST_F(BackendTest, AViewCostsNothingForThoseWhoWaitForLater) {
  Waiting waiting(backend, executor.now() + kPatience);
  for (std::size_t i = 0; i < api::kWaitersMax; ++i) waiting.add(model::Position{9, 9});
  waiting.add(model::Position{9, 9});
  time.run_for({});
  EXPECT_EQ(waiting.ends.back(), api::Waited::crowded);
  const std::uint64_t before = time.steps();
  for (int seq = 2; seq < 100; ++seq) backend.publish(view_at(seq));
  time.run_for({});
  EXPECT_EQ(time.steps(), before);
  time.run_for(kPatience);
  EXPECT_EQ(time.steps(), before + api::kWaitersMax);  // one timer each
  EXPECT_EQ(waiting.ended(), api::kWaitersMax + 1);
}

}  // namespace
}  // namespace stellwerk::app
