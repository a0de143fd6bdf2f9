/// The graph of a job spec: its name, its vertices and what flows between them.
/// Used by model/job_spec_reader.cc. With a fault the value returned is not to be used.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/document_fields.h"
#include "model/job_spec.h"

namespace stellwerk::model {

inline constexpr std::string_view kJobNameAccepted = "1 to 256 bytes of printable text without a blank at either end";
inline constexpr std::string_view kVerticesAccepted = "a list of 1 to 1000 vertices";

std::string read_job_name(const DocNode& node, DocFaults& faults);

/// All vertices, their limits together, and that inputs name vertices and form no cycle.
std::vector<JobVertex> read_vertices(const DocNode& node, DocFaults& faults);

}  // namespace stellwerk::model
