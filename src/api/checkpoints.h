/// Checkpoints of jobs, over HTTP.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "api/core.h"
#include "http/responder.h"
#include "http/router.h"

namespace stellwerk::api {

/// What is read under `/jobs/:jobid/checkpoints`: from what is recorded, on any master.
std::vector<std::pair<std::string, http::Handler>> checkpoint_paths(const CorePtr& core);

/// `POST /jobs/:jobid/checkpoints`: asks for one. 202 with an id whose answer `GET /jobs/:jobid/checkpoints/:triggerid`
/// gives, on any master and after a change of leaders too.
void serve_checkpoint(const CorePtr& core, const http::Request& request, http::Responder responder);

}  // namespace stellwerk::api
