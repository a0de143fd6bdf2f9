/// The parts of a job spec that say what happens over time: restarts and checkpoints.
/// Used by model/job_spec_reader.cc. With a fault the value returned is not to be used.
#pragma once

#include "base/document_fields.h"
#include "model/job_spec.h"

namespace stellwerk::model {

/// `{type: fixed-delay, attempts: 3}` or the type alone; types in Flink's spellings, in any case.
RestartStrategy read_restart_strategy(const DocNode& node, DocFaults& faults);

Checkpointing read_checkpointing(const DocNode& node, DocFaults& faults);

}  // namespace stellwerk::model
