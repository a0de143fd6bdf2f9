/// Carries a planned repair out: claims the register as a master does, puts segment and snapshot, names them.
/// If anything goes wrong half-way the cluster is as it was, but for the epoch, and a newest head that
/// was not whole is one as it was examined.
#pragma once

#include <stellwerk/blob_store.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "app/repair_files.h"
#include "config/master_options.h"
#include "fsck/repair.h"

namespace stellwerk::app {

/// All of it has so long; a store that hangs does not keep the lock for ever. Over a head that is not whole it does,
/// until the process is killed: that register and the store are folders of this host.
inline constexpr std::chrono::minutes kRepairMax{5};
/// From the beginning until the register may be claimed: sessions of dead masters may have to end.
inline constexpr std::chrono::seconds kRepairClaimMax{90};

struct RepairOrder {
  HeadReading examined;  ///< the register as it was read; anything else there now ends it
  model::Head claim;
  model::Head repaired;
  RepairFiles files;
  /// Type local, NONE: the newest head is not whole, and `claim` is written over it, with this generation (that of
  /// the head before it; if there is none, a number of its own).
  std::optional<std::int64_t> over_damaged{};
  /// Whether the master at this REST address is alive; may block for a second. One that is stands in the
  /// way, of one that is not the session is waited for.
  std::function<bool(const std::string& rest)> answers;
  std::function<void(const std::string& who)> waits;
};

/// Blocks. `id` is a fresh guid. Errors: refused (masters stand in the queue; the register changed since),
/// unavailable, no_space, unknown (the naming of the snapshot may stand), failed.
Result<RepairLeftovers> write_repair(const config::MasterOptions& options, BlobStore& store, RepairOrder order,
                                     const std::string& id);

}  // namespace stellwerk::app
