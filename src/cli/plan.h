/// The plan of a job spec, as `stellwerk info` prints it in the form of Flink's. Pure.
#pragma once

#include <string>

#include "model/job_spec.h"

namespace stellwerk::cli {

/// {"nodes": [...]}: per vertex its number from 1, name, command, parallelism and predecessors, in the
/// order of the spec; laid out as Flink lays it out. No newline at the end.
std::string render_plan(const model::JobSpec& spec);

}  // namespace stellwerk::cli
