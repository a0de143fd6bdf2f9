/// The port for tasks' processes as the simulator has it: what production code sees there, it sees of real ones too.
#include "contract/task_runner_contract.h"
#include "simulation/cluster/sim_tasks.h"
#include "support/sim_executor.h"

namespace stellwerk::test {
namespace {

std::string words(const act::Say& act) {
  return "say " + act.line;
}
std::string words(const act::Complain& act) {
  return "complain " + act.line;
}
std::string words(const act::Ignore& act) {
  return "ignore " + std::to_string(act.signal);
}
std::string words(const act::Leave&) {
  return "leave";
}
std::string words(const act::Echo&) {
  return "echo";
}
std::string words(const act::Wait&) {
  return "wait";
}
std::string words(const act::Exit& act) {
  return "exit " + std::to_string(act.code);
}
std::string words(const act::Die& act) {
  return "die " + std::to_string(act.signal);
}

class NobodyWatches : public TaskWatch {
 public:
  void on_task_runs(const std::string&, std::int64_t, const model::AttemptId&) override {}
  void on_task_restores(const model::AttemptId&, std::int64_t, const std::string&) override {}
  void on_checkpoint_told(const model::AttemptId&, std::int64_t) override {}
  void on_asked_too_early(const model::AttemptId&) override {}
  void on_checkpoint_acked(const model::AttemptId&, std::int64_t, const std::string&) override {}
  void on_task_ends(const std::string&, const model::AttemptId&, bool) override {}
};

class SimTaskWorld : public TaskWorld {
 public:
  worker::TaskRunner& runner() override { return tasks_; }

  worker::Launch launch(const std::vector<Act>& acts) override {
    std::vector<std::string> command{"sim", "acts"};
    for (const Act& act : acts) command.push_back(std::visit([](const auto& each) { return words(each); }, act));
    return launch_of(std::move(command));
  }
  worker::Launch no_such_program() override { return launch_of({"no-such-program-anywhere", "--now"}); }
  worker::Launch not_executable() override { return launch_of({"./plain"}); }

  std::size_t living(std::int64_t pid) override { return tasks_.living(pid); }
  bool run_until(const std::function<bool()>& done) override { return time_.run_until(done, std::chrono::seconds(60)); }
  void run_on() override { time_.run_for(std::chrono::milliseconds(50)); }

 private:
  worker::Launch launch_of(std::vector<std::string> command) {
    return {std::move(command),
            {{"STELLWERK_JOB_ID", std::string(32, 'a')},
             {"STELLWERK_VERTEX", "v0"},
             {"STELLWERK_SUBTASK", "0"},
             {"STELLWERK_ATTEMPT", std::to_string(launched_++)}},
            "/sim",
            "/sim/out",
            ""};
  }

  SimTime time_;
  SimExecutor loop_{time_};
  SimBook book_;
  NobodyWatches watch_;
  SimTasks tasks_{time_, loop_, "w", 1, book_, watch_, [](const guard::worker_mode::Message&) {}};
  int launched_ = 0;
};

}  // namespace

INSTANTIATE_TEST_SUITE_P(Simulated, TaskRunnerContract,
                         testing::Values(TaskRunnerCase{"simulated", [] { return std::make_unique<SimTaskWorld>(); }}));

}  // namespace stellwerk::test
