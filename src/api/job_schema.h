/// The JSON Schema of job specs: docs/job.schema.json as it was when the program was built. Any thread.
#pragma once

#include <string_view>

namespace stellwerk::api {

std::string_view job_schema() noexcept;

}  // namespace stellwerk::api
