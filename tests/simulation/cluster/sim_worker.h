/// A worker on virtual time, with the production's core and driver.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "simulation/cluster/sim_links.h"
#include "simulation/cluster/sim_tasks.h"
#include "worker/driver.h"

namespace stellwerk::test {

class SimWorker {
 public:
  /// Told of each new cluster or epoch that it was welcomed in, when a restart would find it.
  using OnRegistered = std::function<void(const std::string& cluster, std::int64_t epoch)>;
  /// Which masters answer now.
  using Find = std::function<std::vector<std::string>()>;

  /// Without `masters` it asks `find`.
  SimWorker(SimTime& time, SimLinks& links, std::string name, std::vector<std::string> masters, Find find,
            OnRegistered on_registered, TaskWatch& watch);
  ~SimWorker();
  SimWorker(const SimWorker&) = delete;
  SimWorker& operator=(const SimWorker&) = delete;

  const std::string& name() const { return name_; }
  void start();
  void kill();
  bool up() const { return process_ != nullptr; }
  /// SIGTERM.
  void stop();
  /// Ended by itself: the code, until start().
  std::optional<int> exited() const { return exited_; }
  void pause();
  void resume();
  bool paused() const;
  bool registered() const;
  /// As a restart would find it.
  std::int64_t epoch() const { return disk_.place.epoch; }
  /// What runs there now.
  std::set<model::AttemptId> running() const;
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

  SimTime& time_;
  SimLinks& links_;
  const std::string name_;
  const std::vector<std::string> masters_;
  const Find find_;
  const OnRegistered on_registered_;
  TaskWatch& watch_;
  std::vector<std::unique_ptr<SimExecutor>> loops_;  ///< all that ever ran here
  std::unique_ptr<Process> process_;
  Disk disk_;
  std::optional<int> exited_;
  std::vector<std::string> log_;
};

}  // namespace stellwerk::test
