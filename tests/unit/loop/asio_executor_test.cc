#include "loop/asio_executor.h"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <thread>
#include <vector>

namespace stellwerk::loop {
namespace {

using namespace std::chrono_literals;

class AsioExecutorTest : public testing::Test {
 protected:
  void run_until_stopped() {
    io.restart();
    io.run_for(30s);
  }

  boost::asio::io_context io;
  AsioExecutor executor{io};
  std::vector<int> seen;
};

TEST_F(AsioExecutorTest, PostedTasksRunLaterAndInOrder) {
  executor.post([&] {
    executor.post([&] { io.stop(); });
    seen.push_back(1);
  });
  executor.post([&] { seen.push_back(2); });
  EXPECT_TRUE(seen.empty());
  run_until_stopped();
  EXPECT_EQ(seen, (std::vector<int>{1, 2}));
}

TEST_F(AsioExecutorTest, TimersRunInOrderOfTimeThenOfAsking) {
  const Time now = executor.now();
  executor.at(now + 3ms, [&] { io.stop(); });
  executor.at(now + 2ms, [&] { seen.push_back(3); });
  executor.at(now + 1ms, [&] { seen.push_back(1); });
  executor.at(now + 1ms, [&] { seen.push_back(2); });
  run_until_stopped();
  EXPECT_EQ(seen, (std::vector<int>{1, 2, 3}));
}

TEST_F(AsioExecutorTest, NoTimerRunsBeforeItsTime) {
  const Time when = executor.now() + 5ms;
  Time ran{};
  executor.at(when, [&] {
    ran = executor.now();
    io.stop();
  });
  run_until_stopped();
  EXPECT_GE(ran, when);
}

TEST_F(AsioExecutorTest, TimesInThePastAreDueAtOnceButNotInsideTheCall) {
  executor.at(Time{}, [&] { seen.push_back(1); });
  executor.at(Time(-5s), [&] { seen.push_back(0); });
  EXPECT_TRUE(seen.empty());
  executor.after(1ms, [&] { io.stop(); });
  run_until_stopped();
  EXPECT_EQ(seen, (std::vector<int>{0, 1}));
}

TEST_F(AsioExecutorTest, ATimerCanBeCancelledAlsoByOneThatRunsBeforeIt) {
  Executor::TimerId second = 0;
  const Time now = executor.now();
  executor.at(now, [&] { executor.cancel(second); });
  second = executor.at(now, [&] { seen.push_back(2); });
  const Executor::TimerId third = executor.at(now, [&] { seen.push_back(3); });
  executor.cancel(third);
  executor.cancel(third);
  executor.cancel(0);
  executor.after(2ms, [&] { io.stop(); });
  run_until_stopped();
  EXPECT_TRUE(seen.empty());
}

TEST_F(AsioExecutorTest, ATaskThatAsksForAtOnceAgainDoesNotKeepOthersWaiting) {
  std::function<void()> again = [&] { executor.at(executor.now(), again); };
  again();
  executor.post([&] { io.stop(); });
  run_until_stopped();
  SUCCEED();
}

TEST_F(AsioExecutorTest, PostMayBeCalledFromAnyThread) {
  std::thread other([&] { executor.post([&] { io.stop(); }); });
  run_until_stopped();
  other.join();
  EXPECT_TRUE(io.stopped());
}

TEST(AsioExecutorLifeTest, TimersVanishWithTheExecutor) {
  boost::asio::io_context io;
  bool ran = false;
  {
    AsioExecutor executor(io);
    executor.at(Time{}, [&] { ran = true; });
  }
  io.run_for(std::chrono::seconds(30));  // returns at once: nothing is left to wait for
  EXPECT_FALSE(ran);
}

}  // namespace
}  // namespace stellwerk::loop
