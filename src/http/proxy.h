/// Passing requests on to another master.
#pragma once

#include <string_view>

#include "http/client.h"
#include "http/message.h"

namespace stellwerk::http {

/// Says that a request was passed on, and by whom; such a one is never passed on again.
inline constexpr std::string_view kForwardedHeader = "Stellwerk-Forwarded";

/// The other server's answer as our own: without what belongs to its connection (framing, Date, CORS) and without its
/// `Stellwerk-Role`, `-Epoch`, `-Leader` and `-Position`, in whose place ours come; read those from the ClientResponse
/// before.
Response passed_response(ClientResponse response);

}  // namespace stellwerk::http
