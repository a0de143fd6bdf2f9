/// The values of job records (of jobs, attempts, artifacts and bundles): each carries its schema version, kJobSchema in
/// model/job.h, as "v". Pure.
#pragma once

#include <stellwerk/result.h>

#include <string_view>

#include "base/json.h"

namespace stellwerk::model {

/// One such value. Errors: damaged, naming `what`; not_supported: a newer version wrote it.
Result<json::value> parse_versioned(std::string_view text, std::string_view what);

}  // namespace stellwerk::model
