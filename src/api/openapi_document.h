/// The description of this API: docs/openapi.yaml as it was when the program was built, as JSON. Any thread.
#pragma once

#include <string>

namespace stellwerk::api {

std::string openapi_document();

}  // namespace stellwerk::api
