/// A whole cluster on virtual time: masters with the same core and driver as in production, over a
/// simulated ZooKeeper and a simulated shared disk, all from one seed.
#pragma once

#include <functional>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "simulation/cluster/ledger.h"
#include "simulation/cluster/sim_cluster_options.h"
#include "simulation/cluster/sim_links.h"
#include "simulation/cluster/sim_master.h"
#include "simulation/cluster/sim_storage.h"
#include "simulation/cluster/sim_worker.h"
#include "simulation/sim_zookeeper.h"
#include "support/sim_executor.h"

namespace stellwerk::test {

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

  /// Whoever waits for an answer, or will ask again, keeps one of these; so does the one who waits for them to be done.
  std::shared_ptr<const void> caller() const { return caller_; }

  /// Asks `master` (which must be up); the answer goes to the ledger and to `done`.
  void submit(SimMaster& master, const std::string& id, bool retried,
              std::function<void(const jobs::Reply&)> done = {});
  void ask_checkpoint(SimMaster& master, const std::string& id);
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
  void start_again();
  void demand_jobs_end();
  std::string open_attempts() const;
  bool everybody_says_why() const;
  bool all_workers_registered();
  std::vector<std::string> masters_that_answer() const;
  void request(SimMaster& master, jobs::Change change, bool retried, std::function<void(const jobs::Reply&)> done);

  const SimClusterOptions options_;
  const std::shared_ptr<int> caller_ = std::make_shared<int>();
};

}  // namespace stellwerk::test
