/// What a worker serves over HTTP, for masters that pass it on: its logs, and what its tasks print.
#pragma once

#include <string>

#include "http/router.h"

namespace stellwerk::logs {

struct WorkerFiles {
  std::string log_dir;   ///< empty: it logs to no file
  std::string log_file;  ///< in `log_dir`
  std::string output;    ///< below it, by job: `<vertex>-<subtask>.out` and `.err`
};

/// `GET /logs`, `/logs/:name`, `/log`, `/stdout`, `/tasks/:jobid` and `/tasks/:jobid/:name`. Handlers block for as long
/// as the disk takes.
void add_worker_pages(http::Router& router, const WorkerFiles& files);

}  // namespace stellwerk::logs
