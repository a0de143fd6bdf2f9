/// Real tasks of a real runner on a loop that the test turns.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "support/real_loop.h"
#include "support/temp_dir.h"
#include "tasks/process_runner.h"

namespace stellwerk::test {

/// One task, and what was heard of it.
struct RunningTask {
  std::unique_ptr<worker::TaskProcess> process;
  std::vector<std::string> lines;
  std::optional<worker::TaskExit> exit;
  std::string output;  ///< path of its files, without the ending

  std::string out() const { return read_file(output + ".out"); }
  std::string err() const { return read_file(output + ".err"); }
};

class TaskFixture : public testing::Test {
 protected:
  /// With `setup`, but for the notes, which go to `notes`. Without this call there is one with the defaults.
  void open_runner(tasks::RunnerSetup setup);
  tasks::ProcessRunner& runner();

  /// Of a shell script, or of another command.
  worker::Launch shell(const std::string& script);
  worker::Launch launch(std::vector<std::string> command);
  /// Fails the test if it does not start. The task stands still in memory.
  std::unique_ptr<RunningTask> start(const worker::Launch& what);
  std::unique_ptr<RunningTask> start(const std::string& script) { return start(shell(script)); }
  /// Started and run to its end.
  std::unique_ptr<RunningTask> run(const worker::Launch& what);
  std::unique_ptr<RunningTask> run(const std::string& script) { return run(shell(script)); }
  /// The error of a start that must fail.
  Error failed_start(const worker::Launch& what);

  bool run_until(const std::function<bool()>& done) { return loop->run_until(done, std::chrono::seconds(100)); }
  bool run_to_exit(const RunningTask& task) {
    return run_until([&] { return task.exit.has_value(); });
  }
  bool noted(const std::string& part) const;

  TempDir folder;
  std::unique_ptr<RealLoop> loop = std::make_unique<RealLoop>();
  std::vector<std::string> notes;

 private:
  std::unique_ptr<tasks::ProcessRunner> runner_;
  int launched_ = 0;

 protected:
  /// Ends the runner, as a worker's end does.
  void close_runner() { runner_.reset(); }
};

/// Whether a process runs; a zombie does not.
bool lives(std::int64_t pid);
/// Whether this process has children, zombies or not.
bool has_children();
/// How many descriptors this process has.
std::size_t count_descriptors();

}  // namespace stellwerk::test
