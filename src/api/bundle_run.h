/// `POST /jars/:jarid/run`.
#pragma once

#include "api/core.h"
#include "http/responder.h"

namespace stellwerk::api {

/// Whoever is asked makes the job's id, so that it is one job however often it is passed on and tried again.
void serve_run(const CorePtr& core, const http::Request& request, http::Responder responder);

}  // namespace stellwerk::api
