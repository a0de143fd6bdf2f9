/// The guard beside a simulated worker: the same core as in production, a process of its own that may be killed, and a
/// network on which its word may be lost, late, or said twice.
#pragma once

#include <functional>
#include <random>
#include <string>
#include <vector>

#include "guard/worker_guard.h"
#include "support/sim_executor.h"

namespace stellwerk::test {

class SimWorkerGuard {
 public:
  using Word = guard::worker_mode::effect::Tell;
  using Answered = std::function<void(guard::worker_mode::Answer, const std::string& text)>;
  struct Hands {
    /// Ends what the worker's tasks left.
    std::function<void()> end_tasks;
    /// Ends those of a worker that lives.
    std::function<void(const std::vector<std::int64_t>& pids)> end_leased;
    /// Says it to its master now, if that can be reached; `done` is called once then, at once or later.
    std::function<void(const Word& word, Answered done)> say;
    std::function<void(const std::string&)> log;
  };

  SimWorkerGuard(SimTime& time, std::mt19937_64& random, Hands hands);

  /// From the worker's side of the socket; what a dead guard is told is lost.
  void tell(const guard::worker_mode::Message& message);
  void worker_died();
  void kill() { executor_.kill(); }
  bool up() const { return !executor_.killed() && !over_; }

 private:
  void step(const guard::worker_mode::Event& event);
  void wake();
  void perform(const guard::worker_mode::effect::EndTasks& effect);
  void perform(const guard::worker_mode::effect::EndLeased& effect);
  void perform(const guard::worker_mode::effect::Tell& effect);
  void perform(const guard::worker_mode::effect::Note& effect) { hands_.log(effect.text); }
  void perform(const guard::worker_mode::effect::Exit&) { over_ = true; }
  Duration delay();

  SimTime& time_;
  std::mt19937_64& random_;
  const Hands hands_;
  SimExecutor executor_;
  guard::worker_mode::WorkerGuard core_{guard::worker_mode::Options{}};
  bool over_ = false;
};

}  // namespace stellwerk::test
