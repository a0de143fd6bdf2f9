/// One round of a drill: wait until all is well, hit, watch the cluster come back, mend.
///
/// Blocks on the host's clock and network; needs nothing but ports, so that tests run it on twins.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "cli/host.h"
#include "drill/faults.h"
#include "drill/load.h"
#include "drill/site.h"

namespace stellwerk::drill {

/// Between two looks at who leads.
inline constexpr cli::Milliseconds kLookEvery = cli::Milliseconds(2);

/// In ms since the hit; none: it does not apply, or nobody told.
struct Times {
  std::optional<double> noticed{};      ///< the next leader saw that the last one was gone
  std::optional<double> lock{};         ///< it held the lock
  std::optional<double> claimed{};      ///< the head carried its epoch
  std::optional<double> complete{};     ///< it knew every commit
  std::optional<double> leads{};        ///< GET /leader said 200, from outside
  std::optional<double> first_write{};  ///< its first commit was durable
  std::optional<double> client{};       ///< a client was acknowledged the first write that it began after the hit
  std::optional<double> worker_back{};  ///< the leader showed a worker; after its death all of them
};

struct RoundResult {
  std::size_t number = 0;  ///< from 1
  Fault fault{};
  std::string victim{};    ///< name of the daemon
  std::int64_t epoch = 0;  ///< that leads afterwards
  Times times{};
  std::vector<std::string> workers_hit{};     ///< ids
  std::optional<history::Silence> silence{};  ///< while nothing could be taken
  std::string trouble{};                      ///< what did not come back; empty: all did
};

struct World {
  cli::Host& host;
  Site& site;
  Load& load;
};

/// A worker that the leader shows as connected.
struct WorkerSight {
  std::string id{};
  std::int64_t pid = 0;
};
/// What the leader says about itself and its workers.
struct LeaderSight {
  Daemon master{};
  std::int64_t epoch = 0;
  std::vector<WorkerSight> workers{};
  std::size_t eligible = 0;  ///< masters that could take over
};

/// None: nobody leads.
std::optional<LeaderSight> look_at_leader(World& world);
/// Those that this master, which leads, shows as connected.
std::vector<WorkerSight> look_at_workers(World& world, const Daemon& leader);

/// Waits until all daemons run and serve, one leads, all others could, and all workers are there. Errors: failed, with
/// what lacks; lost, Ctrl-C.
Result<LeaderSight> settle(World& world, cli::Milliseconds within = kComeBackMax);

/// `seed` decides who is hit and how long, where there is a choice. Interrupted rounds have a trouble.
RoundResult run_round(World& world, Fault fault, std::size_t number, std::uint64_t seed);

}  // namespace stellwerk::drill
