/// The one table of a task's life: which state may follow which. Anything else is a bug.
///
/// It is the life of one attempt: what runs again begins as CREATED with a new one. What a worker says
/// may come late or not at all, so INITIALIZING and RUNNING may be passed over. A new leader, which
/// knows of an attempt only that it was started, begins with RECONCILING.
#pragma once

#include "model/task_state.h"

namespace stellwerk::jobs {

/// What has no process yet is CANCELED at once; every end of what is CANCELING is CANCELED.
bool may_follow(model::TaskState from, model::TaskState to) noexcept;

}  // namespace stellwerk::jobs
