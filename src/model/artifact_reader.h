/// The part of a job spec that names the file the job brings along.
/// Used by model/job_spec_reader.cc. With a fault the value returned is not to be used.
#pragma once

#include "base/document_fields.h"
#include "model/artifact.h"

namespace stellwerk::model {

/// `{sha256: <64 digits>, size: 4711, name: word-count.tar.gz, kind: bundle}`; all of it is needed.
ArtifactRef read_artifact(const DocNode& node, DocFaults& faults);

}  // namespace stellwerk::model
