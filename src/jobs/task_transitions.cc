#include "jobs/task_transitions.h"

namespace stellwerk::jobs {

using model::TaskState;

namespace {

/// What can happen to whatever may have a process.
bool may_happen_to_process(TaskState to) {
  return to == TaskState::finished || to == TaskState::failed || to == TaskState::canceling ||
         to == TaskState::canceled;
}

}  // namespace

bool may_follow(TaskState from, TaskState to) noexcept {
  switch (from) {
    case TaskState::created: return to == TaskState::scheduled || to == TaskState::canceled || to == TaskState::failed;
    case TaskState::scheduled:
      return to == TaskState::deploying || to == TaskState::canceled || to == TaskState::failed;
    case TaskState::deploying:
      return to == TaskState::initializing || to == TaskState::running || may_happen_to_process(to);
    case TaskState::initializing: return to == TaskState::running || may_happen_to_process(to);
    case TaskState::running: return may_happen_to_process(to);
    case TaskState::reconciling:
      return to == TaskState::deploying || to == TaskState::initializing || to == TaskState::running ||
             may_happen_to_process(to);
    case TaskState::canceling: return to == TaskState::canceled;
    case TaskState::finished:
    case TaskState::canceled:
    case TaskState::failed: return false;
  }
  return false;
}

}  // namespace stellwerk::jobs
