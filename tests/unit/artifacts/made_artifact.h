/// A bundle as it comes from a master.
#pragma once

#include <filesystem>
#include <string>

#include "archive/archive.h"
#include "base/sha256.h"
#include "model/artifact.h"
#include "support/temp_dir.h"

namespace stellwerk::test {

struct MadeArtifact {
  std::string bytes;
  model::ArtifactRef ref;

  /// With one file, `content`, whose size is that of the bundle but for a block or two.
  static MadeArtifact bundle(const std::string& content) {
    const TempDir dir;
    std::filesystem::create_directory(dir / "lib");
    write_file(dir / "lib/content", content);
    return of(*archive::pack(dir.path().string()), model::ArtifactKind::bundle);
  }
  static MadeArtifact of(const std::string& bytes, model::ArtifactKind kind) {
    return {bytes, {sha256_hex(bytes), static_cast<std::int64_t>(bytes.size()), "my job", kind}};
  }
};

}  // namespace stellwerk::test
