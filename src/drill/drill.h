/// `stellwerk drill`: a cluster under fire, and whether it kept its promises.
#pragma once

#include "cli/arguments.h"
#include "cli/host.h"

namespace stellwerk::drill {

/// Blocks until all rounds are done and everything that it started is ended; Ctrl-C ends it early. Its exit code
/// (cli/exit_codes.h).
int run_drill(const cli::DrillArguments& arguments, cli::Host& host);

}  // namespace stellwerk::drill
