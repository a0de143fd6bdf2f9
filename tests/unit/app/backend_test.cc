#include "app/backend.h"

#include <gtest/gtest.h>

#include <future>

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

}  // namespace
}  // namespace stellwerk::app
