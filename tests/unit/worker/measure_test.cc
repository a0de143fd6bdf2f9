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

/// Uses as much as its number says; an odd one has just ended.
class CountedProcess : public TaskProcess {
 public:
  CountedProcess(std::int64_t pid, int& looked) : pid_(pid), looked_(looked) {}
  std::int64_t pid() const override { return pid_; }
  std::int64_t started() const override { return pid_; }
  void send(std::string_view) override {}
  void signal(int) override {}
  std::optional<model::TaskUsage> usage() const override {
    ++looked_;
    if (pid_ % 2 == 1) return std::nullopt;
    return model::TaskUsage{pid_, 1, 1};
  }

 private:
  const std::int64_t pid_;
  int& looked_;
};

class CountedTasks : public TaskRunner, public TaskFolders, public AttemptBook {
 public:
  explicit CountedTasks(Executor& executor) : executor_(executor) {}
  Result<std::unique_ptr<TaskProcess>> start(const Launch&, TaskHandler) override {
    return std::make_unique<CountedProcess>(next_++, looked);
  }
  void prepare(const model::AttemptId&, const TaskNeeds&, Done done) override {
    executor_.post([done = std::move(done)] { done(TaskPlace{}); });
  }
  void release(const model::AttemptId&) override {}
  void discard(const model::AttemptId&) override {}
  void runs(const model::AttemptId&, std::int64_t, std::int64_t) override {}
  void ended(const link::TaskEnded&) override {}
  void forget(const model::AttemptId&) override {}

  int looked = 0;

 private:
  Executor& executor_;
  std::int64_t next_ = 0;
};

TEST(MeasuredTasks, AreToldWithTheNextHeartbeatButOne) {
  test::SimTime time;
  test::SimExecutor loop{time};
  link::MemoryLinks links{loop};
  ForgetsNothing memory{loop};
  CountedTasks tasks{loop};
  std::unique_ptr<link::Link> leader;
  std::vector<link::Heartbeat> beats;
  links.listen(kLeader, [&](std::unique_ptr<link::Link> link) {
    leader = std::move(link);
    leader->listen({[&](link::Message message) {
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
  Driver driver(loop, {links, memory, tasks, tasks, tasks}, std::move(options), std::move(hooks));
  driver.start();
  time.run_for(1ms);
  leader->send(link::Welcome{"cluster-1", 3, 10'000, 50'000, 70'000, {kLeader}});
  time.run_for(1ms);
  constexpr int kTasks = 3 * static_cast<int>(kMeasureSlice) + 4;
  const JobId job = *JobId::parse(std::string(32, 'a'));
  for (std::int32_t i = 0; i < kTasks; ++i) {
    link::StartTask start;
    start.attempt = {job, {0, i}, 0};
    start.vertex = "v";
    start.command = {"true"};
    leader->send(start);
  }
  time.run_for(10s);
  ASSERT_EQ(beats.size(), 2);
  EXPECT_TRUE(beats[1].tasks.empty()) << "measured before they began";
  EXPECT_EQ(tasks.looked, kTasks) << "each once";
  time.run_for(10s);
  ASSERT_EQ(beats.size(), 3);
  ASSERT_EQ(beats[2].tasks.size(), kTasks / 2);
  EXPECT_EQ(beats[2].tasks[1], (link::AttemptUsage{{job, {0, 2}, 0}, {2, 1, 1}}));
}

}  // namespace
}  // namespace stellwerk::worker
