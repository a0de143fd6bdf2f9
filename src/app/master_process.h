/// `stellwerk master`: the one place where the parts of a master are put together.
#pragma once

#include "cli/arguments.h"
#include "config/master_options.h"

namespace stellwerk::app {

/// Runs a master until SIGTERM, SIGINT, the end of its cluster or a failure.
/// Exit codes: 0 stopped as asked, 1 it could not start.
int run_master(const cli::MasterArguments& arguments, const config::Inputs& inputs, const config::HostFacts& host);

}  // namespace stellwerk::app
