/// Jobs as the REST paths show them: JSON with Flink's names, made from the state alone.
///
/// Pure; from any thread. A list costs a pass over all jobs and a sort; the details of one job read its
/// spec, which for the largest takes some tens of milliseconds.
#pragma once

#include <optional>
#include <string>

#include "jobs/cluster_state.h"

namespace stellwerk::jobs {

/// `/jobs`: id and status of every job that is known in detail, in the order of their ids.
std::string job_list_json(const ClusterState& state);
/// `/jobs/overview`.
std::string jobs_overview_json(const ClusterState& state, WallMs now);

/// One job each; none if nothing (or not enough) is known of it.
///
/// A job that is quarantined is shown as far as its records can be read, with a member `quarantined`;
/// its status is RECONCILING if that is what cannot be read.
std::optional<std::string> job_details_json(const ClusterState& state, const JobId& id, WallMs now);
/// Also of a job whose details are forgotten, as long as its end is remembered.
std::optional<std::string> job_status_json(const ClusterState& state, const JobId& id);
std::optional<std::string> job_config_json(const ClusterState& state, const JobId& id);
std::optional<std::string> job_plan_json(const ClusterState& state, const JobId& id);

/// For people: why there is nothing to show of this job.
std::string no_such_job(const ClusterState& state, const JobId& id);

/// Size of the text that the details are made from, in bytes: what they cost grows with it.
std::size_t job_spec_bytes(const ClusterState& state, const JobId& id);

}  // namespace stellwerk::jobs
