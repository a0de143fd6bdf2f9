/// Where a task is in its life. Names and meanings are Flink's (its ExecutionState).
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace stellwerk::model {

enum class TaskState {
  created,
  scheduled,  ///< waits for a slot
  deploying,  ///< has one, and its worker is told
  initializing,
  running,
  finished,
  canceling,
  canceled,
  failed,
  reconciling,  ///< it was started, and its worker has not yet said to this leader how it is
};
inline constexpr std::size_t kTaskStates = 10;

/// "CREATED", "CANCELING", "CANCELED", ...
std::string_view to_string(TaskState state) noexcept;
std::optional<TaskState> parse_task_state(std::string_view text) noexcept;
/// FINISHED, CANCELED, FAILED: the attempt is over; another one of its task may begin.
bool is_terminal(TaskState state) noexcept;

}  // namespace stellwerk::model
