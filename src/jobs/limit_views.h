/// Limits of tasks that their workers cannot hold them to, as a job's details show them. Pure.
#pragma once

#include "base/json_writer.h"
#include "jobs/found_job.h"
#include "jobs/task_sight.h"

namespace stellwerk::jobs {

/// Entries that are shown; more than these nobody reads.
inline constexpr std::size_t kUnlimitedShownMax = 100;

/// "unlimited": [{"vertex","taskmanager-id","limits":["memory"],"message"}] of the tasks that run, an entry for each
/// vertex and worker. Nothing at all if there are none, or where no leader shows its workers.
void write_unlimited(JsonWriter& out, const LiveView& view, const FoundJob& job);

}  // namespace stellwerk::jobs
