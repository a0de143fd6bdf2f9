/// The state that a way gives, and what could not be had.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "fsck/way.h"
#include "jobs/cluster_state.h"
#include "journal/replay.h"

namespace stellwerk::fsck {

struct Recovery {
  jobs::ClusterState state;
  /// Records that are damaged or cannot be understood, and that no later one makes good.
  journal::MissingRecords missing;
  /// Live jobs that no commit after a lost one has touched: what was lost may have ended them.
  std::set<std::string> in_doubt;
};

/// Reads the files of the way once more, and applies them in order. Blocks.
/// Errors: unavailable, not_supported (a newer version wrote a record).
Result<Recovery> recover(BlobStore& store, const Way& way, const Progress& progress);

}  // namespace stellwerk::fsck
