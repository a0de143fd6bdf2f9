/// The other changes: cancel a job, hand over leadership, end the cluster.
#pragma once

#include "api/core.h"
#include "http/responder.h"

namespace stellwerk::api {

/// `PATCH /jobs/:jobid?mode=cancel`
void serve_cancel(const CorePtr& core, const http::Request& request, http::Responder responder);
/// `GET /jobs/:jobid/yarn-cancel`: the same for clients that can only GET. Never for HEAD, and never
/// for a page of another site, which can make any browser GET anything.
void serve_yarn_cancel(const CorePtr& core, const http::Request& request, http::Responder responder);

/// `POST /leader/transfer` and `DELETE /cluster`: for operators (api/operators.h). A follower passes them
/// on, and the leader again looks at who it is that asks: so they work through a follower only if that
/// runs on the leader's host.
void serve_transfer(const CorePtr& core, const http::Request& request, http::Responder responder);
void serve_end_cluster(const CorePtr& core, const http::Request& request, http::Responder responder);

}  // namespace stellwerk::api
