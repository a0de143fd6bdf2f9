/// The `limits` of a vertex, read from a job spec. Internal to this folder.
#pragma once

#include "base/document_fields.h"
#include "model/task_limits.h"

namespace stellwerk::model {

TaskLimits read_task_limits(const DocNode& node, DocFaults& faults);

}  // namespace stellwerk::model
