/// `stellwerk worker`: the one place where the parts of a worker are put together.
#pragma once

#include "cli/arguments.h"
#include "config/worker_options.h"

namespace stellwerk::app {

/// Runs a worker until SIGTERM, SIGINT or a failure.
/// Exit codes: 0 stopped as asked, 1 it could not start, or never found a leader, 2 it was without a leader for too
/// long.
int run_worker(const cli::WorkerArguments& arguments, const config::Inputs& inputs, const config::HostFacts& host);

}  // namespace stellwerk::app
