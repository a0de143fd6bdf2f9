/// What tasks use, measured in slices and told with heartbeats.
#include <gtest/gtest.h>

#include "link/memory_links.h"
#include "support/sim_executor.h"
#include "worker/driver.h"

namespace stellwerk::worker {
namespace {

using namespace std::chrono_literals;

const std::string kLeader = "host-a:6123";

class ForgetsNothing : public Memory {
 public:
  explicit ForgetsNothing(Executor& executor) : executor_(executor) {}
  void remember(const Place&, Done done) override {
    executor_.post([done = std::move(done)] { done({}); });
  }

 private:
  Executor& executor_;
};

/// What a driver has looked at.
struct Looks {
  Executor& executor;
  std::int64_t processes_of_each = 1;
  int all = 0;
  int in_this_turn = 0;
  int most_in_a_turn = 0;

  void look() {
    ++all;
    if (in_this_turn == 0) executor.post([this] { in_this_turn = 0; });
    most_in_a_turn = std::max(most_in_a_turn, ++in_this_turn);
  }
};

/// Uses as much as its number says; an odd one has just ended.
class CountedProcess : public TaskProcess {
 public:
  CountedProcess(std::int64_t pid, Looks& looks) : pid_(pid), looks_(looks) {}
  std::int64_t pid() const override { return pid_; }
  std::int64_t started() const override { return pid_; }
  void send(std::string_view) override {}
  void signal(int) override {}
  std::optional<model::TaskUsage> usage() const override {
    looks_.look();
    if (pid_ % 2 == 1) return std::nullopt;
    return model::TaskUsage{pid_, 1, looks_.processes_of_each};
  }

 private:
  const std::int64_t pid_;
  Looks& looks_;
};

class CountedTasks : public TaskRunner, public TaskFolders, public AttemptBook {
 public:
  explicit CountedTasks(Executor& executor) : looks{executor}, executor_(executor) {}
  Result<std::unique_ptr<TaskProcess>> start(const Launch&, TaskHandler) override {
    return std::make_unique<CountedProcess>(next_++, looks);
  }
  void prepare(const model::AttemptId&, const TaskNeeds&, Done done) override {
    executor_.post([done = std::move(done)] { done(TaskPlace{}); });
  }
  void release(const model::AttemptId&) override {}
  void discard(const model::AttemptId&) override {}
  void runs(const model::AttemptId&, std::int64_t, std::int64_t) override {}
  void ended(const link::TaskEnded&) override {}
  void forget(const model::AttemptId&) override {}

  Looks looks;

 private:
  Executor& executor_;
  std::int64_t next_ = 0;
};

class MeasuredTasks : public testing::Test {
 protected:
  MeasuredTasks() {
    links.listen(kLeader, [this](std::unique_ptr<link::Link> link) {
      leader = std::move(link);
      leader->listen({[this](link::Message message) {
                        if (const auto* beat = std::get_if<link::Heartbeat>(&message)) {
                          beats.push_back(*beat);
                          leader->send(link::Echo{3, beat->sent_us});
                        }
                      },
                      [](const std::string&) {}});
    });
    DriverHooks hooks;
    hooks.log = [](NoteLevel, const std::string&) {};
    hooks.measure = [] { return model::WorkerLoad{}; };
    hooks.exit = [](int, const std::string&) {};
    WorkerOptions options;
    options.registration.self.worker = {"tm-1", 1, "p-1", "here", 7, 2, "0.1.0"};
    options.registration.masters = {kLeader};
    driver.emplace(loop, DriverPorts{links, memory, tasks, tasks, tasks}, std::move(options), std::move(hooks));
    driver->start();
    time.run_for(1ms);
    leader->send(link::Welcome{"cluster-1", 3, 10'000, 50'000, 70'000, {kLeader}});
    time.run_for(1ms);
  }
  void start(int count) {
    for (std::int32_t i = 0; i < count; ++i) {
      link::StartTask start;
      start.attempt = {job, {0, i}, 0};
      start.vertex = "v";
      start.command = {"true"};
      leader->send(start);
    }
  }

  const JobId job = *JobId::parse(std::string(32, 'a'));
  test::SimTime time;
  test::SimExecutor loop{time};
  link::MemoryLinks links{loop};
  ForgetsNothing memory{loop};
  CountedTasks tasks{loop};
  std::unique_ptr<link::Link> leader;
  std::vector<link::Heartbeat> beats;
  std::optional<Driver> driver;
};

TEST_F(MeasuredTasks, AreToldWithTheNextHeartbeatButOne) {
  constexpr int kTasks = 3 * static_cast<int>(kMeasureSlice) + 4;
  start(kTasks);
  time.run_for(10s);
  ASSERT_EQ(beats.size(), 2);
  EXPECT_TRUE(beats[1].tasks.empty()) << "measured before they began";
  EXPECT_EQ(tasks.looks.all, kTasks) << "each once";
  time.run_for(10s);
  ASSERT_EQ(beats.size(), 3);
  ASSERT_EQ(beats[2].tasks.size(), kTasks / 2);
  EXPECT_EQ(beats[2].tasks[1], (link::AttemptUsage{{job, {0, 2}, 0}, {2, 1, 1}}));
}

TEST_F(MeasuredTasks, ThatHaveManyProcessesTakeMoreTurns) {
  start(8);
  time.run_for(10s);
  EXPECT_EQ(tasks.looks.all, 8);
  EXPECT_EQ(tasks.looks.most_in_a_turn, 8);
  tasks.looks.processes_of_each = static_cast<std::int64_t>(kMeasureSlice);
  tasks.looks.most_in_a_turn = 0;
  time.run_for(10s);
  EXPECT_EQ(tasks.looks.all, 16);
  EXPECT_EQ(tasks.looks.most_in_a_turn, 2) << "every second one has ended, and counts as one process";
}

}  // namespace
}  // namespace stellwerk::worker
