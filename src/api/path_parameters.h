/// What stands in paths and queries, read strictly. Internal to api/.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/ids.h"
#include "http/message.h"

namespace stellwerk::api {

/// What is wrong with a parameter, in Flink's words. `kind`: "path" or "query".
Error bad_parameter(std::string_view kind, std::string_view name, std::string_view value, std::string_view why);

/// The ids in the path: of a job, and of a vertex, lower case. Errors: invalid.
Result<JobId> path_job_id(const http::Request& request);
Result<std::string> path_vertex_id(const http::Request& request);
/// 0 or more. Errors: invalid.
Result<std::int32_t> path_number(const http::Request& request, std::string_view name);

/// None: that is no number, or below `least`.
std::optional<std::int32_t> read_number(std::string_view text, std::int32_t least) noexcept;

}  // namespace stellwerk::api
