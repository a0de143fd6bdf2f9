/// What Flink's dashboard and clients ask besides, and what has no counterpart here: of a Java process and of Flink's
/// data plane. Answers are well-formed and say that there is nothing.
#pragma once

#include <string>
#include <vector>

#include "api/worker_reads.h"
#include "http/router.h"

namespace stellwerk::api {

struct FlinkPath {
  http::Method method = http::Method::get;
  std::string pattern;
  http::Handler handler;
};
/// Handlers hold `core` and a copy of `workers`; they may run on any HTTP thread.
std::vector<FlinkPath> flink_paths(const CorePtr& core, const WorkerReads& workers);

}  // namespace stellwerk::api
