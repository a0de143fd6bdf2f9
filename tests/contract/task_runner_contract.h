/// What every implementation of the port for tasks' processes must do (worker/task_runner.h), as tests that run on all
/// of them.
///
/// A test program links task_runner_contract, implements TaskWorld and says, in namespace stellwerk::test,
///   INSTANTIATE_TEST_SUITE_P(Processes, TaskRunnerContract, testing::Values(TaskRunnerCase{...}));
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <variant>
#include <vector>

#include "worker/task_runner.h"

namespace stellwerk::test {

/// What a task of a test does, one after the other.
namespace act {
struct Say {
  std::string line;  ///< on the control channel
};
struct Complain {
  std::string line;  ///< on stderr
};
struct Ignore {
  int signal;  ///< from now on, its children too
};
struct Leave {};  ///< a child in its group that waits for ever
struct Echo {};   ///< says again each line that it is sent, until "end"
struct Wait {};   ///< for ever
struct Exit {
  int code;
};
struct Die {
  int signal;
};
}  // namespace act
using Act = std::variant<act::Say, act::Complain, act::Ignore, act::Leave, act::Echo, act::Wait, act::Exit, act::Die>;

class TaskWorld {
 public:
  virtual ~TaskWorld() = default;
  virtual worker::TaskRunner& runner() = 0;
  /// A task that does this; each call is another task.
  virtual worker::Launch launch(const std::vector<Act>& acts) = 0;
  virtual worker::Launch no_such_program() = 0;
  virtual worker::Launch not_executable() = 0;
  /// How many processes live in the group of the task with this process.
  virtual std::size_t living(std::int64_t pid) = 0;
  /// Turns the loop until `done()` holds or far too much time has passed; says whether it holds.
  virtual bool run_until(const std::function<bool()>& done) = 0;
  /// Turns it for a moment, for "and nothing more happens".
  virtual void run_on() = 0;
};

struct TaskRunnerCase {
  std::string name;
  std::function<std::unique_ptr<TaskWorld>()> make_world;

  friend std::ostream& operator<<(std::ostream& out, const TaskRunnerCase& c) { return out << c.name; }
};

/// One task, and what was heard of it.
struct TaskEnd {
  std::unique_ptr<worker::TaskProcess> process;
  std::vector<std::string> lines;
  std::optional<worker::TaskExit> exit;

  bool said(const std::string& line) const;
};

class TaskRunnerContract : public testing::TestWithParam<TaskRunnerCase> {
 protected:
  TaskRunnerContract() : world(GetParam().make_world()) {}

  /// Started and watched; it fails the test if that fails.
  void start(TaskEnd& task, const std::vector<Act>& acts);
  /// A handler that writes into `task`.
  worker::TaskHandler handler(TaskEnd& task);
  bool run_until(const std::function<bool()>& done) { return world->run_until(done); }
  bool run_to_exit(TaskEnd& task) {
    return run_until([&] { return task.exit.has_value(); });
  }

  bool inside = false;  ///< of a call of ours
  std::unique_ptr<TaskWorld> world;
};

}  // namespace stellwerk::test
