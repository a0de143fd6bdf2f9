#include "loop/turn_meter.h"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <numeric>

#include "loop/asio_executor.h"

namespace stellwerk::loop {
namespace {

using namespace std::chrono_literals;

std::uint64_t all(const TurnTimes& times) {
  return std::accumulate(times.counts.begin(), times.counts.end(), std::uint64_t{0});
}

TEST(TurnMeterTest, CountsByUpperEndAndKeepsTheLongest) {
  TurnMeter meter;
  meter.add(1ms);
  meter.add(1001us);
  meter.add(2s);
  meter.add(50ms);
  const TurnTimes times = meter.times();
  EXPECT_EQ(times.counts, (decltype(times.counts){1, 1, 0, 0, 1, 0, 0, 1}));
  EXPECT_EQ(times.longest, 2s);
  EXPECT_EQ(times.sum, 2s + 50ms + 2001us);
}

TEST(TurnMeterTest, EveryTaskAndTimerOfALoopIsATurn) {
  boost::asio::io_context io;
  AsioExecutor executor(io);
  executor.post([] {});
  executor.at(executor.now(), [] {});
  executor.at(executor.now() + 1ms, [&] { io.stop(); });
  io.run_for(30s);
  EXPECT_EQ(all(turn_meter(io).times()), 3U);
}

}  // namespace
}  // namespace stellwerk::loop
