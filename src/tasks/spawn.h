/// Starting a process: nothing of ours goes along but what it is given.
#pragma once

#include <stellwerk/result.h>
#include <sys/resource.h>
#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>

#include "base/file_descriptor.h"
#include "worker/task_runner.h"

namespace stellwerk::tasks {

/// What the process gets as its descriptors 0 to 3. None of them may be below kLowestOfEnds here.
struct ChildEnds {
  int input = -1;
  int output = -1;
  int error = -1;
  int control = -1;
};

struct Spawn {
  const worker::Launch& launch;
  ChildEnds ends;
  std::string mark;                        ///< the value of processes::kMarkVariable
  std::optional<rlim_t> descriptor_limit;  ///< its soft limit, if that is lower than ours and its own is not said
  int entrance = -1;                       ///< of its control group (tasks/cgroup.h); -1: it stays in ours
};

struct Spawned {
  pid_t pid = 0;
  FileDescriptor pidfd;  ///< closed on exec
};

/// Starts it as the leader of a session and group of its own, with every signal at its default, none blocked, and no
/// descriptor but the four. Returns when the program was found and has replaced us in the child; on an error no process
/// is left. Errors: those of TaskRunner::start().
///
/// A leased one is killed by the kernel when this thread ends, which is when the process does: call it on the main one.
///
/// Not posix_spawn(): that copies our whole table of descriptors to throw it away (milliseconds beside a thousand
/// tasks), cannot say which step failed, and gives the child our own limit of descriptors unless that is lowered for
/// all threads meanwhile. As there, the child borrows our memory and this thread waits until it has its own.
Result<Spawned> spawn(const Spawn& what);

}  // namespace stellwerk::tasks
