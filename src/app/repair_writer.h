/// Carries a planned repair out: claims the register as a master does, puts segment and snapshot, names them.
/// If anything goes wrong half-way the cluster is as it was, but for the epoch, and a register that was made
/// anew stands as it was examined.
#pragma once

#include <stellwerk/blob_store.h>

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "config/master_options.h"
#include "fsck/repair.h"

namespace stellwerk::app {

/// All of it has so long; a store that hangs does not keep the lock for ever.
inline constexpr std::chrono::minutes kRepairMax{5};
/// From the beginning until the register may be claimed: sessions of dead masters may have to end.
inline constexpr std::chrono::seconds kRepairClaimMax{90};

struct RepairOrder {
  HeadReading examined;  ///< the register as it was read; anything else there now ends it
  model::Head claim;
  model::Head repaired;
  std::string segment;          ///< bytes; its place is repaired.position()
  std::string snapshot;         ///< the same
  bool over_damaged = false;    ///< type local, NONE: the newest head is not whole, and `first` is written over it
  model::Head first{};          ///< as `claim`, of the epoch before
  std::int64_t generation = 0;  ///< of the head before it; 0: there is none
  std::vector<std::string> set_aside;
  bool cluster_file = false;  ///< cluster.json is missing, damaged or another cluster's, and is written anew
  /// Whether the master at this REST address is alive; may block for a second. One that is stands in the
  /// way, of one that is not the session is waited for.
  std::function<bool(const std::string& rest)> answers;
  std::function<void(const std::string& who)> waits;
};

/// What could not be done afterwards, when the repair itself stands: sentences for the operator.
using RepairLeftovers = std::vector<std::string>;

/// Blocks. `id` is a fresh guid. Errors: refused (masters stand in the queue; the register changed since),
/// unavailable, no_space, unknown (the naming of the snapshot may stand), failed.
Result<RepairLeftovers> write_repair(const config::MasterOptions& options, BlobStore& store, RepairOrder order,
                                     const std::string& id);

}  // namespace stellwerk::app
