/// The name of a task, as the rules of scheduling take it.
#pragma once

#include "model/attempt.h"

namespace stellwerk::jobs {

using model::TaskRef;

}  // namespace stellwerk::jobs
