/// Uploads as the REST paths show them: JSON with Flink's names. Pure; from any thread.
#pragma once

#include <string>
#include <string_view>

#include "jobs/cluster_state.h"

namespace stellwerk::jobs {

/// `/jars`: the newest first. `address`: of the master that shows it.
std::string bundle_list_json(const ClusterState& state, std::string_view address);

}  // namespace stellwerk::jobs
