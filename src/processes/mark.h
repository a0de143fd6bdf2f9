/// By what a process that left its task's session is known as the task's.
#pragma once

#include <cstdint>
#include <string>

namespace stellwerk::processes {

/// In the environment that each task is started with. The value: mark_prefix(), and a number of the task's own.
inline constexpr const char* kMarkVariable = "STELLWERK_TASK_MARK";

/// How the marks of all tasks of one worker begin, whose own process this is.
inline std::string mark_prefix(std::int64_t pid, std::int64_t started) {
  return std::to_string(pid) + "." + std::to_string(started) + ".";
}

}  // namespace stellwerk::processes
