/// `/overview` and `/config`: what Flink's dashboard asks first and most often.
#pragma once

#include <string>

#include "api/backend.h"
#include "api/worker_views.h"

namespace stellwerk::api {

/// `/overview`. Cheap enough to be made for each request.
std::string overview_json(const jobs::ClusterState& state, const WorkerCounts& workers, const Facts& facts);

/// `/config`, the same for as long as the process runs.
std::string dashboard_config_json(const Facts& facts);

/// `/jobmanager/config`: keys and values, secrets masked.
std::string configuration_json(const Facts& facts);

}  // namespace stellwerk::api
