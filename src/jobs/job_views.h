/// Jobs as the REST paths show them: JSON with Flink's names, made from the records and, on a leader, from what it
/// hears.
///
/// Pure; from any thread. A list costs a pass over all jobs and a sort; the details of one job read its
/// spec and look at its tasks, which for the largest takes some tens of milliseconds.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "jobs/cluster_state.h"
#include "jobs/task_sight.h"
#include "model/job_spec.h"

namespace stellwerk::jobs {

/// `/jobs`: id and status of every job that is known in detail, in the order of their ids.
std::string job_list_json(const ClusterState& state);
/// Every job that is shown, by id; one of which nothing is left but why it is quarantined has an empty entry.
std::vector<CowMap<JobEntry>::Entry> shown_jobs(const ClusterState& state);
/// One entry of `/jobs/overview`. Counts of tasks are those of the records: what is open counts as running. `attempts`:
/// null if none ever ran.
void append_overview_entry(std::string& out, std::string_view id, const JobEntry& entry, const AttemptCounts* attempts,
                           WallMs now);

/// One job each; none if nothing (or not enough) is known of it.
///
/// A job that is quarantined is shown as far as its records can be read, with a member `quarantined`;
/// its status is RECONCILING if that is what cannot be read. One that waits for slots has a member `waiting` where a
/// leader shows it; one whose limits a worker cannot keep has `unlimited` there.
std::optional<std::string> job_details_json(const LiveView& view, const JobId& id, WallMs now);
/// Also of a job whose details are forgotten, as long as its end is remembered.
std::optional<std::string> job_status_json(const ClusterState& state, const JobId& id);
std::optional<std::string> job_config_json(const ClusterState& state, const JobId& id);
std::optional<std::string> job_plan_json(const ClusterState& state, const JobId& id);
/// The same of a job that does not exist yet.
std::string spec_plan_json(model::JobSpec spec, const JobId& id);

/// For people: why there is nothing to show of this job.
std::string no_such_job(const ClusterState& state, const JobId& id);

/// Specs of more bytes, and jobs of more tasks, take longer than a moment to be shown in detail.
inline constexpr std::size_t kLargeSpecBytes = 64 * 1024;
inline constexpr std::int64_t kLargeTasks = 2'000;
bool is_large(const ClusterState& state, const JobId& id);

}  // namespace stellwerk::jobs
