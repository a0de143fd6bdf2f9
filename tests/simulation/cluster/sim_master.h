/// A master of a simulated cluster: the core and driver of production, with its guard beside it.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "coordination/zookeeper_coordination.h"
#include "master/driver.h"
#include "simulation/cluster/ledger.h"
#include "simulation/cluster/sim_cluster_options.h"
#include "simulation/cluster/sim_guard.h"
#include "simulation/cluster/sim_links.h"
#include "simulation/cluster/sim_storage.h"
#include "simulation/sim_zookeeper.h"
#include "support/sim_executor.h"

namespace stellwerk::test {

/// One host: a process that may run, hang or be dead, its network and its mount.
class SimMaster {
 public:
  SimMaster(SimTime& time, SimZookeeper& zookeeper, SimLinks& links, SimDisk& disk, std::mt19937_64& random,
            Ledger& ledger, const SimClusterOptions& options, int index);
  ~SimMaster();

  const std::string& name() const { return name_; }
  /// Where it takes workers.
  std::string rpc() const { return name_ + ":6123"; }
  bool up() const { return process_ != nullptr; }
  bool paused() const;
  /// Ended by itself (Exit): the code, until start().
  std::optional<int> exited() const { return exited_; }

  void start();
  /// kill -9 of the master; its guard acts.
  void kill();
  /// Of both, or of the host.
  void kill_both();
  /// Of the guard alone; the master starts another one.
  void kill_guard();
  void pause();
  void resume();
  /// SIGTERM.
  void stop();

  master::Driver* driver();
  master::ViewPtr view() const;
  bool leads() const;
  bool acting() const;
  SimZkLink& link() { return zookeeper_.link(name_); }
  SimStorageFaults& storage() { return faults_; }
  const std::vector<std::string>& log() const { return log_; }
  /// For AskPeer: how another master answers.
  std::function<Result<master::event::PeerState>(const std::string& rest)> peers;
  SimExecutor& executor();

 private:
  struct Process;
  void start_guard();
  void tell_guard(const guard::Message& message);
  void beat();
  coordination::ZookeeperHooks guard_hooks();

  SimTime& time_;
  SimZookeeper& zookeeper_;
  SimLinks& links_;
  SimDisk& disk_;
  std::mt19937_64& random_;
  Ledger& ledger_;
  const SimClusterOptions& options_;
  const std::string name_;
  SimStorageFaults faults_;
  /// All that ever ran here: packets still arrive for the dead.
  std::vector<std::unique_ptr<SimExecutor>> loops_;
  std::unique_ptr<Process> process_;
  /// The newest is that of `process_`; earlier ones may still have to do.
  std::vector<std::unique_ptr<SimGuard>> guards_;
  std::optional<guard::Session> told_session_;
  std::optional<guard::Place> told_place_;
  master::ViewPtr view_;
  std::optional<int> exited_;
  std::vector<std::string> log_;
};

}  // namespace stellwerk::test
