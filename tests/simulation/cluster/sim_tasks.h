/// The processes of a simulated worker's tasks, their folders, and the book on its disk.
///
/// A command is what a process does: {"sim", "forever"}, {"sim", "finish", "<ms>"}, {"sim", "fail", "<ms>"},
/// {"sim", "flaky", "<ms>"} (fails at its first attempt), {"sim", "deaf", ...} (takes no SIGTERM). Each acknowledges
/// checkpoints soon; {"sim", "slow", ...} late, {"sim", "mute", ...} each third one never, {"sim", "picky", ...}
/// declines each third one. {"sim", "acts", ...} does what simulation/cluster/sim_script.h says, and speaks for itself.
/// There is no other program: one with a slash in its name is there, and may not be executed.
#pragma once

#include <csignal>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "guard/worker_message.h"
#include "simulation/cluster/sim_script.h"
#include "support/sim_executor.h"
#include "worker/task_folders.h"
#include "worker/task_runner.h"

namespace stellwerk::test {

/// Who watches from outside what really runs.
class TaskWatch {
 public:
  virtual ~TaskWatch() = default;
  virtual void on_task_runs(const std::string& worker, std::int64_t incarnation, const model::AttemptId& attempt) = 0;
  /// What it was told to begin from; 0: nothing.
  virtual void on_task_restores(const model::AttemptId& attempt, std::int64_t checkpoint,
                                const std::string& handle) = 0;
  virtual void on_checkpoint_told(const model::AttemptId& attempt, std::int64_t checkpoint) = 0;
  /// It had said that it would say when it is ready, and has not yet.
  virtual void on_asked_too_early(const model::AttemptId& attempt) = 0;
  virtual void on_checkpoint_acked(const model::AttemptId& attempt, std::int64_t checkpoint,
                                   const std::string& handle) = 0;
  virtual void on_task_ends(const std::string& worker, const model::AttemptId& attempt, bool finished) = 0;
};

/// What survives the worker's process: what has ended and is not acknowledged.
using SimBook = std::map<model::AttemptId, link::TaskEnded>;

/// On one process' executor; dies with it, and all that runs dies too.
class SimTasks : public worker::TaskRunner, public worker::TaskFolders, public worker::AttemptBook {
 public:
  /// `tell`: what a guard hears.
  SimTasks(SimTime& time, SimExecutor& executor, std::string worker, std::int64_t incarnation, SimBook& book,
           TaskWatch& watch, std::function<void(const guard::worker_mode::Message&)> tell);
  ~SimTasks() override;

  /// What runs now.
  std::set<model::AttemptId> running() const;
  /// By their numbers.
  std::set<std::int64_t> pids() const;
  /// Processes in the group of this one.
  std::size_t living(std::int64_t pid) const;
  /// What runs goes on without this object, but what is leased, which the kernel ends; nobody hears of it any more.
  std::set<model::AttemptId> let_go();
  /// By somebody else: kill -9.
  void kill(std::int64_t pid) { end(pid, {0, SIGKILL, {}}); }
  /// Of `pids()`, those that are leased, with their marks.
  std::vector<guard::worker_mode::LeasedTask> leased() const;

  Result<std::unique_ptr<worker::TaskProcess>> start(const worker::Launch& launch,
                                                     worker::TaskHandler handler) override;
  void prepare(const model::AttemptId& attempt, const worker::TaskNeeds& needs, Done done) override;
  void release(const model::AttemptId&) override {}
  void discard(const model::AttemptId&) override {}
  void runs(const model::AttemptId&, std::int64_t, std::int64_t) override {}
  void ended(const link::TaskEnded& ended) override { book_.emplace(ended.attempt, ended); }
  void forget(const model::AttemptId& attempt) override { book_.erase(attempt); }

 private:
  class Process;
  struct Running {
    model::AttemptId attempt;
    worker::TaskHandler handler;
    bool deaf = false;
    bool leased = false;
    std::uint64_t timer = 0;
    std::string habit;       ///< the second word of its command
    bool restoring = false;  ///< it is not ready yet, and will say so
    std::optional<SimScript> script{};
  };
  void act(std::int64_t pid);
  void hear(std::int64_t pid, std::string_view line);
  void greet(std::int64_t pid);
  void after(std::int64_t pid, Duration span, std::function<void(Running&)> act);
  void say(const Running& task, std::string line);
  void answer(std::int64_t pid, std::int64_t checkpoint, bool declines);
  void end(std::int64_t pid, worker::TaskExit exit);

  SimTime& time_;
  SimExecutor& executor_;
  const std::string worker_;
  const std::int64_t incarnation_;
  SimBook& book_;
  TaskWatch& watch_;
  const std::function<void(const guard::worker_mode::Message&)> tell_;
  std::map<std::int64_t, Running> running_;  ///< by pid
  std::int64_t last_pid_ = 1000;
  std::int64_t last_port_ = 40'000;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace stellwerk::test
