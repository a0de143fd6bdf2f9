/// Which file a task's command means, and why it cannot be started.
#pragma once

#include <stellwerk/result.h>

#include <string>

#include "worker/task_runner.h"

namespace stellwerk::tasks {

/// Where a program without a slash is looked for when the environment has no PATH.
inline constexpr const char* kDefaultPath = "/usr/local/bin:/usr/bin:/bin";
/// Of a command, folder or PATH, the first that a message repeats, in bytes.
inline constexpr std::size_t kShownCommandBytesMax = 200;

struct Program {
  std::string path;  ///< for exec, from inside the task's folder
  std::string seen;  ///< the same file from where we stand
};

/// Looks a command up as execvp does, but in the PATH of the task's own environment; a path that is not absolute
/// counts from the task's folder. Errors: those of TaskRunner::start().
Result<Program> find_program(const worker::Launch& launch);

/// What the system's error says when a process shall become this program, enter its folder, or be made at all.
Error explain_program(const worker::Launch& launch, const Program& program, int error);
Error explain_folder(const worker::Launch& launch, int error);
Error explain_system(const worker::Launch& launch, int error);

/// "cannot start "./source --port 8888": <why>".
Error start_error(Errc code, const worker::Launch& launch, const std::string& why);

}  // namespace stellwerk::tasks
