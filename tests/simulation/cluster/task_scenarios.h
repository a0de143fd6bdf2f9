/// Clusters that run jobs on simulated workers, for one fault at a time.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <set>
#include <string>

#include "simulation/cluster/sim_cluster.h"
#include "simulation/cluster/sim_jobs.h"

namespace stellwerk::test {

inline SimClusterOptions with_workers(int count) {
  SimClusterOptions options;
  options.workers = count;
  return options;
}

class TaskScenarios : public testing::Test {
 protected:
  explicit TaskScenarios(const SimClusterOptions& options = with_workers(3)) : cluster(11, options) {
    cluster.start_all();
    EXPECT_TRUE(cluster.run_until([this] { return all_here(); }, std::chrono::seconds(60)));
  }
  ~TaskScenarios() override {
    for (const auto& violation : cluster.ledger.violations()) ADD_FAILURE() << violation;
  }

  bool all_here() {
    const SimMaster* const leader = cluster.leader();
    if (leader == nullptr) return false;
    return std::all_of(cluster.workers.begin(), cluster.workers.end(), [&](const auto& worker) {
      return !worker->up() || (worker->registered() && worker->epoch() == leader->view()->epoch);
    });
  }
  std::string submit(const std::string& spec) {
    const std::string id = cluster.new_job_id();
    cluster.leader()->driver()->request(job_of_spec(id, spec), cluster.time.now() + std::chrono::seconds(10),
                                        [](const jobs::Reply&) {});
    return id;
  }
  std::optional<model::JobStatus> status(const std::string& id) const {
    if (const auto ended = cluster.ledger.truth().ended().find(id)) return ended->status;
    const auto job = cluster.ledger.truth().jobs().find(id);
    return job && job->state ? std::optional(job->state->status) : std::nullopt;
  }
  /// Attempts of this job that run somewhere.
  std::set<model::AttemptId> running(const std::string& id) const {
    std::set<model::AttemptId> out;
    for (const auto& worker : cluster.workers)
      for (const auto& attempt : worker->running())
        if (attempt.job.text() == id) out.insert(attempt);
    return out;
  }
  bool runs(const std::string& id, std::size_t tasks) { return running(id).size() == tasks; }
  SimWorker& worker_of(const model::AttemptId& attempt) {
    for (auto& worker : cluster.workers)
      if (worker->running().contains(attempt)) return *worker;
    return *cluster.workers.front();
  }

  SimCluster cluster;
};

}  // namespace stellwerk::test
