/// `stellwerk-guard worker`: performs what the core of a worker's guard decides, in one loop.
#pragma once

#include "guard/worker_guard.h"

namespace stellwerk::guard::worker_mode {

/// What the worker hands down.
struct Inheritance {
  int socket = -1;  ///< SOCK_SEQPACKET: messages from the worker
  int worker = -1;  ///< pidfd of the worker
  int log = -1;     ///< lines for people
  /// Pid of the worker if the guard has started it, being pid 1 (guard/init_duties.h). 0: it has not.
  int child = 0;
};

/// Runs until the core has done its duty, and returns the code to exit with: of its child, else 0.
int run_guard(const Options& options, const Inheritance& inherited);

}  // namespace stellwerk::guard::worker_mode
