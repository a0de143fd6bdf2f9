/// A subtask of a job, by the place of its vertex in the spec and its own place in the vertex.
#pragma once

#include "model/attempt.h"

namespace stellwerk::jobs {

using model::TaskRef;

}  // namespace stellwerk::jobs
