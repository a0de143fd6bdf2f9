/// The files that jobs bring along, on a worker's disk, as ports.
///
/// Implementations of Artifacts: the cache of a worker's own folder (artifacts/), and one in memory for tests. Of
/// ArtifactSource: masters over HTTP (artifacts/), and one in memory for tests.
#pragma once

#include <stellwerk/result.h>

#include <functional>
#include <string>

#include "model/artifact.h"

namespace stellwerk::worker {

/// On the executor.
class Artifacts {
 public:
  using Done = std::function<void(Result<std::string>)>;

  virtual ~Artifacts() = default;
  /// Gets the artifact here, if it is not yet, and tells the folder with what is in it: of a bundle what was packed, of
  /// a jar one file, kJarName. Nobody may change what is there. It stays until as many release() as calls back without
  /// an error. Calls back once, on the executor, never from inside this call; whoever still waits when this is
  /// destroyed is not called. Errors, each a sentence that names the artifact: not_found (no master has it), damaged,
  /// invalid, too_large, no_space, unavailable (no master answered in time), failed.
  virtual void take(const model::ArtifactRef& artifact, Done done) = 0;
  virtual void release(const model::ArtifactRef& artifact) = 0;
};

inline constexpr const char* kJarName = "artifact.jar";

/// Where artifacts come from. On the executor.
class ArtifactSource {
 public:
  using Done = std::function<void(Result<std::string>)>;

  virtual ~ArtifactSource() = default;
  /// All its bytes, of that size and hash. Calls back once, on the executor, never from inside this call; whoever still
  /// waits when this is destroyed is not called. Errors: not_found, damaged, unavailable.
  virtual void fetch(const model::ArtifactRef& artifact, Done done) = 0;
};

}  // namespace stellwerk::worker
