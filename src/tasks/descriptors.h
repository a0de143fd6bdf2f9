/// Descriptors: how many there may be, and which numbers they get.
#pragma once

#include <stellwerk/result.h>
#include <sys/resource.h>

#include "base/file_descriptor.h"

namespace stellwerk::tasks {

/// A daemon asks for no more than this, whatever the system would grant: room for 10,000 tasks of a worker, and for all
/// that a master takes.
inline constexpr rlim_t kDescriptorsMax = 65'536;
/// What a running task takes of them: stdout, stderr, control channel, pidfd, and its two files.
inline constexpr rlim_t kDescriptorsPerTask = 6;

/// Below are a task's own, when it is started.
inline constexpr int kLowestOfEnds = 4;
/// What is held for tasks has numbers from here on. The system copies the lower ones for each process that is started,
/// so a start costs the same beside a thousand tasks as beside none.
inline constexpr int kHeldFrom = 128;

/// Tasks that can run at a time where there may be so many descriptors.
constexpr rlim_t tasks_within(rlim_t descriptors) noexcept {
  const auto held_from = static_cast<rlim_t>(kHeldFrom);
  return descriptors <= held_from ? 0 : (descriptors - held_from) / kDescriptorsPerTask;
}

/// How many descriptors this process may have.
struct DescriptorLimit {
  rlim_t before = 0;
  rlim_t now = 0;
};

/// Raises the soft limit as far as the hard one and kDescriptorsMax go; never lowers it. Once, before there are
/// threads. A system that refuses leaves it as it is.
DescriptorLimit raise_descriptor_limit();

/// The same file under a number that is not less than `lowest`, closed on exec. Errors: failed, when none is free.
Result<FileDescriptor> move_up(FileDescriptor descriptor, int lowest);

}  // namespace stellwerk::tasks
