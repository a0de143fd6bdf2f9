/// The master as its endpoints see it: hands requests to the loop, and the newest view to everybody.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <random>
#include <vector>

#include "api/backend.h"
#include "app/view_waiters.h"
#include "base/executor.h"

namespace boost::asio {
class thread_pool;
}

namespace stellwerk::app {

/// Made before the server and the driver. publish() and attach() only on the loop; the rest from any
/// thread. Destroyed after both the server and the driver.
class MasterBackend : public api::Backend {
 public:
  /// `turns` is the meter of the executor's loop.
  MasterBackend(Executor& executor, const loop::TurnMeter& turns, master::ViewPtr first);
  ~MasterBackend() override;

  /// From now on requests reach the driver; null: never again, they are refused.
  void attach(master::Driver* driver);
  void publish(master::ViewPtr view);
  /// Once the loop has ended: as attach(nullptr), and waits for the workers' current work; what they
  /// had not begun never runs. From then on nothing reaches what the work uses.
  void close();

  master::ViewPtr view() const override;
  std::shared_ptr<const master::Liveness> liveness() const override;
  Time now() const override { return executor_.now(); }
  WallMs wall_ms() const override { return executor_.wall_ms(); }
  loop::TurnTimes turns() const override { return turns_.times(); }
  void wait_for(api::Awaited awaited, Time deadline, std::function<void(api::Waited)> done) override;
  void request(jobs::Change change, Time deadline, Handler done) override;
  void transfer(Time deadline, Handler done) override;
  void end_cluster(Time deadline, Handler done) override;
  JobId mint_job_id() override;
  std::string mint_uuid() override;
  void run_off_thread(std::function<void()> work) override;
  bool run_long(std::function<void()> work) override;

 private:
  /// On the loop: `ask` if there is a driver, else a refusal.
  void on_loop(Handler done, std::function<void(master::Driver&, Handler)> ask);

  Executor& executor_;
  const loop::TurnMeter& turns_;
  std::unique_ptr<boost::asio::thread_pool> workers_;
  std::unique_ptr<boost::asio::thread_pool> readers_;
  std::atomic<std::size_t> long_work_{0};  ///< what the readers do or have to do
  master::Driver* driver_ = nullptr;       ///< the loop's
  ViewWaiters waiters_;                    ///< the loop's

  mutable std::mutex mutex_;  ///< guards what follows
  master::ViewPtr view_;
  std::mt19937_64 random_;
  const std::shared_ptr<const master::Liveness> none_ = std::make_shared<master::Liveness>();
  std::shared_ptr<const master::Liveness> liveness_ = none_;
};

}  // namespace stellwerk::app
