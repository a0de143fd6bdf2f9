#include "tasks/descriptors.h"

#include <fcntl.h>

#include <algorithm>
#include <string>

namespace stellwerk::tasks {

DescriptorLimit raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return {};
  const rlim_t before = limit.rlim_cur;
  limit.rlim_cur = std::max(before, std::min(limit.rlim_max, kDescriptorsMax));
  if (limit.rlim_cur == before || ::setrlimit(RLIMIT_NOFILE, &limit) != 0) return {before, before};
  return {before, limit.rlim_cur};
}

Result<FileDescriptor> move_up(FileDescriptor descriptor, int lowest) {
  if (descriptor.get() >= lowest) return descriptor;
  FileDescriptor moved(::fcntl(descriptor.get(), F_DUPFD_CLOEXEC, lowest));
  if (moved) return moved;
  return make_error(Errc::failed, "no descriptor is free from " + std::to_string(lowest) + " on; raise ulimit -n");
}

}  // namespace stellwerk::tasks
