/// The port for tasks' processes with real ones: shells.
#include <unistd.h>

#include <algorithm>
#include <fstream>

#include "contract/task_runner_contract.h"
#include "processes/proc.h"
#include "support/real_loop.h"
#include "support/temp_dir.h"
#include "tasks/process_runner.h"

namespace stellwerk::test {
namespace {

std::string words(const act::Say& act) {
  return "printf '%s\\n' '" + act.line + "' >&3";
}
std::string words(const act::Complain& act) {
  return "printf '%s\\n' '" + act.line + "' >&2";
}
std::string words(const act::Ignore& act) {
  return "trap '' " + std::to_string(act.signal);
}
std::string words(const act::Leave&) {
  return "sleep 1000 &";
}
std::string words(const act::Echo&) {
  return "while read -r line <&3 && [ \"$line\" != end ]; do printf '%s\\n' \"$line\" >&3; done";
}
std::string words(const act::Wait&) {
  return "sleep 1000";
}
std::string words(const act::Exit& act) {
  return "exit " + std::to_string(act.code);
}
std::string words(const act::Die& act) {
  return "kill -" + std::to_string(act.signal) + " $$";
}

class ProcessWorld : public TaskWorld {
 public:
  ProcessWorld() {
    auto opened = tasks::ProcessRunner::open(loop_.io(), loop_.executor(), {});
    EXPECT_TRUE(opened) << opened.error().text;
    runner_ = std::move(*opened);
  }

  worker::TaskRunner& runner() override { return *runner_; }

  worker::Launch launch(const std::vector<Act>& acts) override {
    std::string script;
    for (const Act& act : acts) script += std::visit([](const auto& each) { return words(each); }, act) + "\n";
    return launch_of({"sh", "-c", script});
  }

  worker::Launch no_such_program() override { return launch_of({"no-such-program-anywhere", "--now"}); }

  worker::Launch not_executable() override {
    write_file(folder_ / "plain", "just a text\n");
    return launch_of({"./plain"});
  }

  std::size_t living(std::int64_t pid) override {
    const auto pids = processes::list_processes();
    return static_cast<std::size_t>(std::count_if(pids.begin(), pids.end(), [&](std::int64_t each) {
      const auto stat = processes::read_stat(each);
      return stat && stat->group == pid && !stat->ended();
    }));
  }

  bool run_until(const std::function<bool()>& done) override { return loop_.run_until(done, std::chrono::seconds(60)); }
  void run_on() override { loop_.run_for(std::chrono::milliseconds(50)); }

 private:
  worker::Launch launch_of(std::vector<std::string> command) {
    return {std::move(command), {{"PATH", "/usr/bin:/bin"}}, folder_.path(), folder_ / std::to_string(++launched_), ""};
  }

  TempDir folder_;
  RealLoop loop_;
  std::unique_ptr<tasks::ProcessRunner> runner_;
  int launched_ = 0;
};

}  // namespace

INSTANTIATE_TEST_SUITE_P(Processes, TaskRunnerContract,
                         testing::Values(TaskRunnerCase{"processes", [] { return std::make_unique<ProcessWorld>(); }}));

}  // namespace stellwerk::test
