/// What a guard does besides, if it is pid 1 of a container and its daemon its child: signals are passed on, whatever
/// has no parent is reaped, and the daemon's end becomes its own.
#pragma once

#include <sys/types.h>

#include <chrono>

#include "base/file_descriptor.h"

namespace stellwerk::guard {

/// A disk that hangs is waited for no longer.
inline constexpr std::chrono::milliseconds kRestMax{500};

class InitDuties {
 public:
  /// 0: it is no pid 1, and has no such duties. Else TERM, INT, HUP and CHLD come here from now on.
  explicit InitDuties(pid_t child);

  /// To be waited for; -1: nothing.
  int fd() const { return signals_.get(); }
  /// Passes on to `daemon`, a pidfd, what has come. True: it is dead, and who stops the container now (TERM, INT) does
  /// not wait for what is left to do.
  bool take_signals(int daemon, bool dead);
  void reap();
  /// Before the end: it takes everybody along, also who still writes the last notes. Waits for those, for kRestMax.
  void wait_for_rest();
  /// Nobody waits for an end that was not seen yet.
  bool done() const { return child_ == 0 || reaped_; }
  /// The daemon's, as a shell has it; 0 before its end.
  int exit_code() const { return exit_code_; }
  bool has_child() const { return child_ != 0; }

 private:
  const pid_t child_;
  const FileDescriptor signals_;
  bool reaped_ = false;
  int exit_code_ = 0;
};

}  // namespace stellwerk::guard
