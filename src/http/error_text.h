/// What a server said went wrong.
#pragma once

#include <string>

#include "http/client.h"

namespace stellwerk::http {

/// Most bytes of somebody else's sentence that a message repeats.
inline constexpr std::size_t kErrorBytesMax = 2'000;

/// The first text in `{"errors":[...]}`, printable and without a stack trace, else the status.
std::string error_text(const ClientResponse& response);

}  // namespace stellwerk::http
