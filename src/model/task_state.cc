#include "model/task_state.h"

#include <array>

namespace stellwerk::model {
namespace {

constexpr std::array<std::string_view, kTaskStates> kTaskStateNames{
    "CREATED",  "SCHEDULED", "DEPLOYING", "INITIALIZING", "RUNNING",
    "FINISHED", "CANCELING", "CANCELED",  "FAILED",       "RECONCILING"};

}  // namespace

std::string_view to_string(TaskState state) noexcept {
  return kTaskStateNames[static_cast<std::size_t>(state)];
}

std::optional<TaskState> parse_task_state(std::string_view text) noexcept {
  for (std::size_t i = 0; i < kTaskStates; ++i)
    if (kTaskStateNames[i] == text) return static_cast<TaskState>(i);
  return std::nullopt;
}

bool is_terminal(TaskState state) noexcept {
  return state == TaskState::finished || state == TaskState::canceled || state == TaskState::failed;
}

}  // namespace stellwerk::model
