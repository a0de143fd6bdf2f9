/// An executor on virtual time: a queue ordered by (time, order of asking), so that a run is a
/// function of its inputs. Several may share one SimTime: each stands for one process, which can be
/// paused (SIGSTOP: its tasks pile up) or killed (its tasks vanish).
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <unordered_map>
#include <utility>

#include "base/executor.h"

namespace stellwerk::test {

/// The world's clock and its one queue.
class SimTime {
 public:
  using Task = std::function<void()>;

  Time now() const { return now_; }
  WallMs wall_ms() const {
    return kWallStartMs + std::chrono::duration_cast<std::chrono::milliseconds>(now_.time_since_epoch()).count();
  }

  std::uint64_t at(Time when, Task task);
  void cancel(std::uint64_t id);

  /// Runs the earliest task; false if there is none.
  bool step();
  /// Runs all that is due up to `when`, then stands at `when`.
  void run_until(Time when);
  void run_for(Duration d) { run_until(now_ + d); }
  /// Runs until `done()` holds or virtual time passes `limit`; says whether it holds.
  bool run_until(const std::function<bool()>& done, Duration limit);

  std::uint64_t steps() const { return steps_; }

 private:
  static constexpr WallMs kWallStartMs = 1'795'000'000'000;
  using Key = std::pair<Time, std::uint64_t>;

  Time now_{std::chrono::seconds(1000)};
  std::uint64_t next_ = 1;
  std::uint64_t steps_ = 0;
  std::map<Key, Task> queue_;
  std::unordered_map<std::uint64_t, Time> where_;
};

/// One process' loop. Destroying it drops what it had still to do.
class SimExecutor : public Executor {
 public:
  explicit SimExecutor(SimTime& time) : time_(time) {}
  ~SimExecutor() override { kill(); }
  SimExecutor(const SimExecutor&) = delete;
  SimExecutor& operator=(const SimExecutor&) = delete;

  Time now() const override { return time_.now(); }
  WallMs wall_ms() const override { return time_.wall_ms() + wall_skew_ms_; }
  void post(Task task) override { at(time_.now(), std::move(task)); }
  TimerId at(Time when, Task task) override;
  void cancel(TimerId timer) override;

  /// SIGSTOP and SIGCONT: what came due meanwhile runs, in order, right after resume(), and before anything that was
  /// posted in the moment of that.
  void pause() { paused_ = true; }
  void resume();
  bool paused() const { return paused_; }
  /// kill -9: nothing that was asked for ever runs, nor what is asked for from now on (packets that
  /// arrive for a dead process).
  void kill();
  bool killed() const { return killed_; }
  void set_wall_skew_ms(WallMs skew) { wall_skew_ms_ = skew; }

 private:
  struct Waiting {
    std::uint64_t handle = 0;
    Time when{};
    Task task;
    bool piled = false;
  };
  void due(TimerId id);

  SimTime& time_;
  WallMs wall_skew_ms_ = 0;
  bool paused_ = false;
  bool killed_ = false;
  TimerId next_ = 1;
  std::unordered_map<TimerId, Waiting> pending_;
  std::map<std::pair<Time, TimerId>, TimerId> piled_up_;
};

}  // namespace stellwerk::test
