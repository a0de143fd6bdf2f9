/// The folder of a worker's cache: artifacts that are complete, and whatever was left half done.
///
///     <folder>/<sha256>/         a bundle, unpacked, and not to be written to
///     <folder>/<sha256>.jar/     a jar, as artifact.jar
///     <folder>/<key>.new/        one that is being made; of a process that has ended: nothing
///
/// Everything blocks on the disk; one thread at a time. Tests let store() fail.
#pragma once

#include <stellwerk/result.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "model/artifact.h"

namespace stellwerk::artifacts {

/// Names a folder of the cache.
std::string key_of(const model::ArtifactRef& artifact);

class ArtifactFolder {
 public:
  struct Kept {
    std::string key;
    std::uint64_t bytes = 0;  ///< as it lies there
  };

  explicit ArtifactFolder(std::string path) : path_(std::move(path)) {}
  virtual ~ArtifactFolder() = default;

  /// Makes the folder, removes what is half done, and lists what is complete: longest unused first. Errors: failed,
  /// no_space.
  Result<std::vector<Kept>> open() const;
  /// Unpacks `bytes`: complete and durable, or not there. The answer is how much it takes. Errors, each a sentence that
  /// names the artifact: invalid, too_large, no_space, failed.
  virtual Result<std::uint64_t> store(const model::ArtifactRef& artifact, std::string_view bytes) const;
  void touch(const std::string& key) const;
  void remove(const std::string& key) const;

  std::string path_of(const std::string& key) const { return path_ + "/" + key; }

 private:
  Result<std::uint64_t> make(const model::ArtifactRef& artifact, std::string_view bytes) const;

  const std::string path_;
};

}  // namespace stellwerk::artifacts
