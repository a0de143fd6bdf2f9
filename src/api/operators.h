/// What only operators on a master's own host may do.
#pragma once

#include <optional>
#include <string_view>

#include "api/core.h"

namespace stellwerk::api {

/// Why the caller may not do `what` ("The end of the cluster"); none if it may. It must come from loopback,
/// through no reverse proxy (that would make everybody local), and call this host by a loopback name or
/// address or as it is advertised (a browser that was told that evil.example is 127.0.0.1 does not). What
/// another master on this host passes on fulfils all of it; that master has asked the same of its caller.
std::optional<http::Response> refuse_stranger(const Core& core, const http::Request& request, std::string_view what);

}  // namespace stellwerk::api
