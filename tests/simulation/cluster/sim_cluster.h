/// A whole cluster on virtual time: masters with the same core and driver as in production, over a
/// simulated ZooKeeper and a simulated shared disk, all from one seed.
#pragma once

#include <functional>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "coordination/zookeeper_coordination.h"
#include "master/driver.h"
#include "simulation/cluster/ledger.h"
#include "simulation/cluster/sim_guard.h"
#include "simulation/cluster/sim_links.h"
#include "simulation/cluster/sim_storage.h"
#include "simulation/cluster/sim_worker.h"
#include "simulation/sim_zookeeper.h"
#include "support/sim_executor.h"

namespace stellwerk::test {

struct SimClusterOptions {
  int masters = 3;
  int workers = 2;  ///< every second one is told no master and finds them
  Duration session_timeout = std::chrono::seconds(10);
  master::Safeguards safeguards = with_watch_alone();
  leadership::Safeguards election;
  /// Small, so that a minute sees many compactions.
  master::CompactionLimits compaction{2048, 32, std::chrono::milliseconds(2000), std::chrono::milliseconds(20),
                                      std::chrono::milliseconds(10'000)};
  /// So short that a minute sees many files come and go.
  master::UploadLimits uploads{std::chrono::milliseconds(1000), std::chrono::milliseconds(4000),
                               std::chrono::milliseconds(3000), std::chrono::milliseconds(20)};
  /// So few that a minute sees jobs forgotten.
  jobs::JobLimits jobs = few_remembered();
  std::chrono::milliseconds forget_every{5000};
  bool worker_guards = true;             ///< off: who runs what a killed worker ran, waits for a timeout
  bool worker_guards_end_tasks = true;   ///< off: they only say so
  bool worker_guards_end_leased = true;  ///< off: a worker that stands still keeps what is leased
  bool wait_lease = true;                ///< off: leaders do not wait for leases
  std::chrono::milliseconds lease{8000};
  bool guards = true;           ///< off: a killed master's lock waits for its session's timeout
  bool server_compares = true;  ///< off: ZooKeeper writes whatever version is expected

  /// A second look every ten seconds would hide a watch that was lost.
  static master::Safeguards with_watch_alone() {
    master::Safeguards safeguards;
    safeguards.look_beside_watch = false;
    return safeguards;
  }
  static jobs::JobLimits few_remembered() {
    jobs::JobLimits limits;
    limits.history_max = 6;
    limits.ended_max = 12;
    limits.upload_ms = 8000;
    return limits;
  }
};

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

class SimCluster {
 public:
  explicit SimCluster(std::uint64_t seed, SimClusterOptions options = {});

  SimTime time;
  std::mt19937_64 random;
  /// So that workers change nothing of what happens to masters.
  std::mt19937_64 worker_random;
  std::mt19937_64 guard_random;
  std::mt19937_64 upload_random;
  SimZookeeper zookeeper;
  SimLinks links;
  SimDisk disk;
  Ledger ledger;
  std::vector<std::unique_ptr<SimMaster>> masters;
  std::vector<std::unique_ptr<SimWorker>> workers;

  void start_all();
  /// The one that leads and may act; null if none or several.
  SimMaster* leader();
  bool run_until(const std::function<bool()>& done, Duration limit);
  void run_for(Duration span);

  /// Asks `master` (which must be up); the answer goes to the ledger and to `done`.
  void submit(SimMaster& master, const std::string& id, bool retried,
              std::function<void(const jobs::Reply&)> done = {});
  void cancel(SimMaster& master, const std::string& id, std::function<void(const jobs::Reply&)> done = {});
  /// One of a few files is uploaded: `which` says which.
  void upload(SimMaster& master, const std::string& uuid, int which, bool once);
  void remove_upload(SimMaster& master, const std::string& uuid, int which);
  /// A short job that brings the file along.
  void run_upload(SimMaster& master, const std::string& uuid, int which);
  std::string new_job_id();
  jobs::Change submission(const std::string& id) const;

  /// Everything works again: network, storage, ZooKeeper, clocks; every process runs.
  void heal();
  /// After heal(): demands one leader, an accepted job, and equal states everywhere.
  void demand_progress();
  /// And that `stellwerk fsck` finds nothing wrong.
  void demand_sound_files();

 private:
  void after_step();
  void check_dead(const SimWorkerGuard::Word& word);
  void say_dead(const SimWorkerGuard::Word& word, const SimWorkerGuard::Answered& done);
  void demand_jobs_end();
  std::string open_attempts() const;
  bool everybody_says_why() const;
  bool all_workers_registered();
  std::vector<std::string> masters_that_answer() const;
  void request(SimMaster& master, jobs::Change change, bool retried, std::function<void(const jobs::Reply&)> done);

  const SimClusterOptions options_;
};

}  // namespace stellwerk::test
