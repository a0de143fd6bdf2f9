/// One schedule: a cluster under load and faults, all drawn from one seed; then everything heals and
/// progress is demanded.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "simulation/cluster/coverage.h"
#include "simulation/cluster/sim_cluster.h"

namespace stellwerk::test {

struct ChaosOptions {
  SimClusterOptions cluster;
  Duration span = std::chrono::seconds(60);  ///< of faults, in virtual time
  bool election_faults = true;               ///< network, sessions, pauses, crashes
  bool storage_faults = true;
  bool by_hand = false;  ///< nodes deleted with zkCli; some checks do not hold then
};

struct ChaosResult {
  std::uint64_t seed = 0;
  std::vector<std::string> violations;
  std::vector<std::string> log;  ///< what was done and said, in order; only if something is wrong
  std::int64_t commits = 0;
  std::int64_t epochs = 0;
  std::int64_t attempts = 0;  ///< of tasks, that ran
  std::int64_t snapshots = 0;
  std::uint64_t steps = 0;
  std::uint64_t fingerprint = 0;  ///< equal for equal runs
  Coverage coverage;
};

ChaosResult run_chaos(std::uint64_t seed, const ChaosOptions& options = {});

}  // namespace stellwerk::test
