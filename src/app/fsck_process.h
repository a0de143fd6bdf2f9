/// `stellwerk fsck`: reads register and storage, says what it found, and repairs if told to.
#pragma once

#include "cli/arguments.h"
#include "cli/host.h"
#include "config/loader.h"

namespace stellwerk::app {

/// The exit code (docs/cli.md). Blocks. Reports go to the host's out, progress and errors to its err.
int run_fsck(const cli::FsckArguments& arguments, const config::Inputs& inputs, cli::Host& host);

}  // namespace stellwerk::app
