/// The one table of a job's life: which status may follow which. Anything else is a bug.
#pragma once

#include "model/job.h"

namespace stellwerk::jobs {

bool may_follow(model::JobStatus from, model::JobStatus to) noexcept;

/// Enters `to`; asserts that it may follow.
void transition(model::JobState& state, model::JobStatus to, WallMs now);

}  // namespace stellwerk::jobs
