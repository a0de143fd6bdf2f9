/// One job with all that its details need. Internal to jobs/.
#pragma once

#include <optional>
#include <string_view>

#include "jobs/cluster_state.h"
#include "model/job_spec.h"

namespace stellwerk::jobs {

inline constexpr std::string_view kStatusUnknown = "RECONCILING";

struct FoundJob {
  JobId id;
  JobEntry entry;
  std::optional<model::JobSpec> spec;
  CowMap<model::Quarantine>::ValuePtr quarantine;

  std::string_view name() const;
  /// "BATCH" or "STREAMING".
  std::string_view job_type() const;
  std::optional<model::JobStatus> status() const;
};

/// None: nothing (or not enough) is known of it. To read the spec of the largest takes some tens of milliseconds.
std::optional<FoundJob> find_job(const ClusterState& state, const JobId& id, bool with_spec);

std::string_view status_word(const JobEntry& entry);

}  // namespace stellwerk::jobs
