/// The files of a repair in storageDir: those that its head names, and what is tidied up when that stands.
#pragma once

#include <stellwerk/blob_store.h>

#include <string>
#include <vector>

#include "model/head.h"

namespace stellwerk::app {

struct RepairFiles {
  std::string segment;   ///< bytes; its place is the repaired head's position
  std::string snapshot;  ///< the same
  std::vector<std::string> set_aside;
  bool cluster_file = false;  ///< cluster.json is missing, damaged or another cluster's, and is written anew
};

/// What could not be done afterwards, when the repair itself stands: sentences for the operator.
using RepairLeftovers = std::vector<std::string>;

/// Before the head. Blocks. Errors: as the store's.
Result<void> put_repair_files(BlobStore& store, const RepairFiles& files, const model::Head& repaired);

/// After it. Blocks.
RepairLeftovers tidy_after_repair(BlobStore& store, const RepairFiles& files, const model::Head& repaired);

}  // namespace stellwerk::app
