/// The description of this API: docs/openapi.yaml as it was when the program was built, as JSON. Any thread.
#pragma once

#include <string_view>

namespace stellwerk::api {

std::string_view openapi_document() noexcept;

}  // namespace stellwerk::api
