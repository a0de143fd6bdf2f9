/// The production loop: the Executor port on a boost::asio::io_context.
#pragma once

#include <memory>

#include "base/executor.h"

namespace boost::asio {
class io_context;
}

namespace stellwerk::loop {

class TurnMeter;

/// Runs on the one thread that calls `io.run()`. now() is CLOCK_BOOTTIME, which counts the time that
/// the machine was suspended; a timer that came due meanwhile runs right after waking. Timers of the
/// same moment run in the order in which they were asked for.
///
/// The owner keeps `io` alive longer than this object, and destroys it on the loop's thread or when
/// `io` no longer runs; timers that are pending then never run. While it lives, `io.run()` does not
/// return by itself: call `io.stop()`. Each task counts as a turn (loop/turn_meter.h).
class AsioExecutor : public Executor {
 public:
  explicit AsioExecutor(boost::asio::io_context& io);
  ~AsioExecutor() override;
  AsioExecutor(const AsioExecutor&) = delete;
  AsioExecutor& operator=(const AsioExecutor&) = delete;

  Time now() const override;
  WallMs wall_ms() const override;
  void post(Task task) override;
  TimerId at(Time when, Task task) override;
  void cancel(TimerId timer) override;

 private:
  class Timers;
  boost::asio::io_context& io_;
  TurnMeter& meter_;
  std::shared_ptr<Timers> timers_;
};

}  // namespace stellwerk::loop
