/// Reads job specs: what users send, and what the journal kept of it.
#pragma once

#include <stellwerk/result.h>

#include <optional>
#include <string>
#include <string_view>

#include "base/document.h"
#include "base/ids.h"
#include "model/job_spec.h"

namespace stellwerk::model {

struct ReadSpec {
  JobSpec spec;
  /// The caller's own `jobId`; no part of the identity.
  std::optional<JobId> job_id;
  /// What was sent, without `jobId` and without defaults, as canonical JSON: what the journal keeps.
  /// Reading it again gives an equal spec, and the same text. At most kJobSpecBytesMax.
  std::string canonical;
  /// SHA-256 of `canonical`, hexadecimal: two specs are the same content if this is equal.
  std::string sha256;
};

/// Pure; from any thread. A spec of the largest size takes up to seconds (YAML): not on the master's
/// loop. Errors: too_large for its size in bytes, invalid for everything else; the text begins with
/// "job spec" and names all faults (the first DocFaults::kKeptMax in words), each with its path, its
/// line if the document is YAML, what stands there and what is accepted.
Result<ReadSpec> read_job_spec(std::string_view bytes, DocKind kind);

}  // namespace stellwerk::model
