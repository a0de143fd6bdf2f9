/// Uploads: what callers may ask of them, and which are still needed. Pure, as jobs/changes.h.
///
/// A file is stored before any record names it, and removed only after its record is gone (docs/model/Artifacts.tla);
/// both is the leader's part (master/uploads.h).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "jobs/cluster_state.h"
#include "jobs/reply.h"
#include "model/bundle.h"

namespace stellwerk::jobs {

struct JobLimits;
struct SubmitJob;

/// A file was uploaded, looked at, and its spec read: it becomes a bundle.
struct AddBundle {
  std::string uuid;
  model::ArtifactRef artifact;
  bool once = false;
  std::string spec;                          ///< canonical; empty of a jar
  std::shared_ptr<const std::string> bytes;  ///< the file; shared, because it is large
  std::string file{};                        ///< where the leader has stored it; empty: nowhere yet
};

/// Jobs that were run from it keep what they need.
struct RemoveBundle {
  model::BundleId id;
};

/// `unavailable` if it is not stored yet, and nobody else has stored the same bytes: that comes first.
Decision decide_add(const ClusterState& state, const AddBundle& add, WallMs now, const JobLimits& limits);
Decision decide_remove(const ClusterState& state, const RemoveBundle& remove);

/// Why a job that names this artifact cannot be taken; none: it can.
std::optional<std::string> lacks_artifact(const ClusterState& state, const model::ArtifactRef& artifact);

/// Ends uploads for one job that nobody used in time, and the records of artifacts that nothing names any more.
void forget_bundles(const ClusterState& state, WallMs now, const JobLimits& limits,
                    std::vector<model::Record>& records);

}  // namespace stellwerk::jobs
