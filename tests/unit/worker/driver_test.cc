#include "worker/driver.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "link/memory_links.h"
#include "support/sim_executor.h"

namespace stellwerk::worker {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;

const std::string kMaster = "host-a:6123";

/// Ends when the test says so.
class SlowMemory : public Memory {
 public:
  void remember(const Place& place, Done done) override { asked.emplace_back(place, std::move(done)); }
  std::vector<std::pair<Place, Done>> asked;
};

/// No test of this file runs tasks.
class NoTasks : public TaskRunner, public TaskFolders, public AttemptBook {
 public:
  Result<std::unique_ptr<TaskProcess>> start(const Launch&, TaskHandler) override {
    return make_error(Errc::not_found, "nothing runs here");
  }
  void prepare(const model::AttemptId&, const TaskNeeds&, Done) override {}
  void release(const model::AttemptId&) override {}
  void discard(const model::AttemptId&) override {}
  void runs(const model::AttemptId&, std::int64_t, std::int64_t) override {}
  void ended(const link::TaskEnded&) override {}
  void forget(const model::AttemptId&) override {}
};

/// A driver over links in memory, with a master that a test plays.
class WorkerDriverTest : public testing::Test {
 protected:
  WorkerDriverTest() {
    links.listen(kMaster, [this](std::unique_ptr<link::Link> link) {
      master = std::move(link);
      master->listen({[this](link::Message message) {
                        heard += std::string(link::type_of(message)) + " ";
                        if (const auto* beat = std::get_if<link::Heartbeat>(&message)) load = beat->load;
                      },
                      [this](const std::string&) { heard += "end "; }});
    });
    DriverHooks hooks;
    hooks.log = [this](NoteLevel, const std::string& text) { log += text + "\n"; };
    hooks.measure = [] {
      model::WorkerLoad measured;
      measured.processors = 2;
      return measured;
    };
    hooks.exit = [this](int code, const std::string&) { exits.push_back(code); };
    WorkerOptions options;
    options.registration.self.worker = {"tm-1", 1, "p-1", "here", 7, 2, "0.1.0"};
    options.registration.masters = {kMaster};
    driver.emplace(loop, DriverPorts{links, memory, tasks, tasks, tasks}, std::move(options), std::move(hooks));
    driver->start();
    run();
  }

  void run() { time.run_for(1ms); }
  void welcome(std::int64_t epoch) {
    master->send(link::Welcome{"cluster-1", epoch, 10'000, 50'000, 70'000, {kMaster}});
    run();
  }
  void remembered(Result<void> result = {}) {
    const auto done = std::move(memory.asked.at(0).second);
    memory.asked.erase(memory.asked.begin());
    loop.post([done, result] { done(result); });
    run();
  }

  test::SimTime time;
  test::SimExecutor loop{time};
  link::MemoryLinks links{loop};
  SlowMemory memory;
  NoTasks tasks;
  std::optional<Driver> driver;
  std::unique_ptr<link::Link> master;
  std::string heard;
  model::WorkerLoad load;
  std::string log;
  std::vector<int> exits;
};

TEST_F(WorkerDriverTest, NothingIsSaidToTheLeaderBeforeItsEpochIsDurable) {
  welcome(3);
  EXPECT_EQ(heard, "hello ");
  ASSERT_EQ(memory.asked.size(), 1u);
  EXPECT_EQ(memory.asked[0].first, (Place{"cluster-1", 3}));
  remembered();
  EXPECT_EQ(heard, "hello heartbeat ");
  EXPECT_EQ(load.processors, 2) << "measured at the start";
}

TEST_F(WorkerDriverTest, AnotherEpochMeanwhileWaitsForItsOwnTurn) {
  welcome(3);
  welcome(4);
  ASSERT_EQ(memory.asked.size(), 1u);
  remembered();
  EXPECT_EQ(heard, "hello heartbeat ") << "of epoch 3";
  ASSERT_EQ(memory.asked.size(), 1u);
  EXPECT_EQ(memory.asked[0].first.epoch, 4);
  remembered();
  EXPECT_EQ(heard, "hello heartbeat heartbeat ");
}

TEST_F(WorkerDriverTest, ADiskThatHangsKeepsNothingWaitingForEver) {
  welcome(3);
  time.run_for(kRememberMax);
  EXPECT_EQ(heard, "hello heartbeat ");
  time.run_for(20s);
  EXPECT_EQ(memory.asked.size(), 1u) << "asked once, until it answers";
  remembered(make_error(Errc::failed, "the disk is full"));
  EXPECT_THAT(log, HasSubstr("Epoch 3 is not remembered over a restart: the disk is full"));
  time.run_for(Registration::kRememberPause);
  EXPECT_EQ(memory.asked.size(), 1u);
}

TEST_F(WorkerDriverTest, ToldToStopItSaysGoodbyeAndEnds) {
  welcome(3);
  remembered();
  loop.post([this] { driver->stop(); });
  run();
  EXPECT_EQ(heard, "hello heartbeat leaving end ");
  EXPECT_THAT(exits, ElementsAre(0));
  time.run_for(1h);
  EXPECT_THAT(exits, ElementsAre(0));
}

TEST_F(WorkerDriverTest, WhatComesAfterItsEndIsNotHeard) {
  welcome(3);
  driver.reset();
  run();
  EXPECT_EQ(heard, "hello end ");
  remembered();
  time.run_for(1h);
}

}  // namespace
}  // namespace stellwerk::worker
