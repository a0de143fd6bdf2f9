/// What the processes of one attempt use, as its worker last measured it.
#pragma once

#include <cstdint>

namespace stellwerk::model {

struct TaskUsage {
  std::int64_t memory_bytes = 0;  ///< resident, of all processes; what they share counts for each
  std::int64_t cpu_ms = 0;        ///< of all since it began, as far as the system tells of those that have ended
  std::int64_t processes = 0;

  friend bool operator==(const TaskUsage&, const TaskUsage&) = default;
};

}  // namespace stellwerk::model
