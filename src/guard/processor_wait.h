/// How long a process has been ready to run without being let: what a busy host costs it.
#pragma once

#include <stellwerk/coordination.h>

#include <optional>

namespace stellwerk::guard {

/// Of the first thread of a process, on which a master's loop runs.
class ProcessorWait {
 public:
  /// `pidfd` stays the caller's.
  explicit ProcessorWait(int pidfd);
  ~ProcessorWait();
  ProcessorWait(const ProcessorWait&) = delete;
  ProcessorWait& operator=(const ProcessorWait&) = delete;

  /// Since the process began; none if the kernel does not tell, or the process is gone.
  std::optional<Duration> read() const;

 private:
  int file_ = -1;
};

}  // namespace stellwerk::guard
