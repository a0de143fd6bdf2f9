/// Who is told of the processes of tasks, so that somebody can end them when this process is killed.
#pragma once

#include <cstdint>
#include <string>

namespace stellwerk::tasks {

/// Called on the loop's thread, in the order in which things happen: it must be safe with somebody else when a call
/// returns. Each takes no longer than a few system calls.
class Witness {
 public:
  virtual ~Witness() = default;

  /// Before a process can exist: it will bear this mark (processes/mark.h). One at a time, until runs() or
  /// not_started(). `leased`: it is to be ended with the worker's lease. False: there is nobody to do that now, so it
  /// must not be started.
  virtual bool starts(const std::string& mark, bool leased) = 0;
  virtual void runs(std::int64_t pid, std::int64_t started) = 0;
  virtual void not_started() = 0;
  /// Nothing of it is left, and its number is about to be free.
  virtual void ended(std::int64_t pid, std::int64_t started) = 0;
};

}  // namespace stellwerk::tasks
