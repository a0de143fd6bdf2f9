/// A worker on virtual time, with the production's core and driver.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "simulation/cluster/sim_links.h"
#include "simulation/cluster/sim_tasks.h"
#include "simulation/cluster/sim_worker_guard.h"
#include "worker/driver.h"

namespace stellwerk::test {

class SimWorker {
 public:
  /// Told of each new cluster or epoch that it was welcomed in, when a restart would find it.
  using OnRegistered = std::function<void(const std::string& cluster, std::int64_t epoch)>;
  /// Which masters answer now.
  using Find = std::function<std::vector<std::string>()>;

  /// What its guards work with.
  struct Guarding {
    bool guards = true;
    bool end_tasks = true;   ///< off: they only say so
    bool end_leased = true;  ///< off: they do not
    std::mt19937_64& random;
    std::function<void(const SimWorkerGuard::Word& word, SimWorkerGuard::Answered done)> say;
  };

  /// Without `masters` it asks `find`.
  SimWorker(SimTime& time, SimLinks& links, std::string name, std::vector<std::string> masters, Find find,
            OnRegistered on_registered, TaskWatch& watch, Guarding guarding);
  ~SimWorker();
  SimWorker(const SimWorker&) = delete;
  SimWorker& operator=(const SimWorker&) = delete;

  const std::string& name() const { return name_; }
  void start();
  /// kill -9 of the worker: its tasks run on until its guard ends them, or the next start of the worker.
  void kill();
  /// Of both.
  void kill_both();
  /// Of the guard alone; the worker starts another one.
  void kill_guard();
  bool up() const { return process_ != nullptr; }
  /// SIGTERM.
  void stop();
  /// Ended by itself: the code, until start().
  std::optional<int> exited() const { return exited_; }
  void pause();
  void resume();
  bool paused() const;
  /// Its guard is there, or there is none by design.
  bool guarded() const { return time_.now() >= guard_back_at_; }
  bool registered() const;
  /// As a restart would find it.
  std::int64_t epoch() const { return disk_.place.epoch; }
  /// What runs there now.
  std::set<model::AttemptId> running() const;
  /// Whether anything runs there of this process of it, or of an earlier one.
  bool runs_until(std::int64_t incarnation) const;
  /// Nothing can be remembered.
  void fill_disk(bool full) { disk_.full = full; }
  const std::vector<std::string>& log() const { return log_; }

 private:
  struct Disk {
    std::int64_t incarnation = 0;
    worker::Place place;
    SimBook book;
    bool full = false;
  };
  class Memory;
  struct Process;
  worker::DriverHooks hooks();
  void start_guard();
  void tell_guard(const guard::worker_mode::Message& message);
  void end_orphans(std::int64_t incarnation);
  void say(const std::string& text);

  SimTime& time_;
  SimLinks& links_;
  const std::string name_;
  const std::vector<std::string> masters_;
  const Find find_;
  const OnRegistered on_registered_;
  TaskWatch& watch_;
  const Guarding guarding_;
  Time guard_back_at_{};
  std::vector<std::unique_ptr<SimExecutor>> loops_;  ///< all that ever ran here
  std::unique_ptr<Process> process_;
  Disk disk_;
  /// The newest is that of `process_`; earlier ones may still have to do.
  std::vector<std::unique_ptr<SimWorkerGuard>> guards_;
  std::optional<guard::worker_mode::Place> told_place_;
  guard::worker_mode::Lease told_lease_;
  std::set<model::AttemptId> orphans_;    ///< that run without their worker
  std::int64_t orphans_incarnation_ = 0;  ///< whose they are
  std::optional<int> exited_;
  std::vector<std::string> log_;
};

}  // namespace stellwerk::test
