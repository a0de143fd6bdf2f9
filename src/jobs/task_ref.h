/// One task of a job: a subtask of a vertex, whatever its attempts.
#pragma once

#include <compare>
#include <cstdint>

namespace stellwerk::jobs {

struct TaskRef {
  std::int32_t vertex = 0;   ///< index in JobSpec::vertices
  std::int32_t subtask = 0;  ///< from 0, below the vertex's parallelism

  friend bool operator==(const TaskRef&, const TaskRef&) = default;
  friend auto operator<=>(const TaskRef&, const TaskRef&) = default;
};

}  // namespace stellwerk::jobs
