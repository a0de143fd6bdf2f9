/// The command line of `stellwerk`: reads arguments, runs a verb, returns the exit code.
#pragma once

#include <string>
#include <vector>

#include "cli/host.h"

namespace stellwerk::cli {

/// `arguments` without the program's name. Called once, from main; blocks until the verb is done.
/// Results are on host.out(), errors and hints on host.err(); codes are those of cli/exit_codes.h, and
/// for `master` whatever Host::run_master() returns.
int run_cli(const std::vector<std::string>& arguments, Host& host);

}  // namespace stellwerk::cli
