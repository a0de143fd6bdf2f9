/// `stellwerk-guard`: performs what the core decides, in one loop over a few descriptors.
#pragma once

#include "guard/guard.h"

namespace stellwerk::guard {

/// What the master hands down.
struct Inheritance {
  int socket = -1;  ///< SOCK_SEQPACKET: messages from the master
  int master = -1;  ///< pidfd of the master
  int log = -1;     ///< lines for people
  /// Pid of the master if the guard has started it, being pid 1: then it passes TERM, INT and HUP on,
  /// reaps everything, and ends with the master's exit code. 0: the master has started the guard.
  int child = 0;
};

/// Runs until the core has done its duty. Returns the exit code: 0, or that of `child` as a shell would
/// give it (128 + signal).
int run_guard(const Options& options, const Inheritance& inherited);

}  // namespace stellwerk::guard
