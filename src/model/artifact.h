/// A file that a job brings along: one archive, or a jar, named by what is in it.
///
/// Masters keep the bytes under `artifacts/<sha256>`, workers fetch them before a task of the job starts. Two jobs that
/// bring the same bytes share them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace stellwerk::model {

/// Largest artifact, in bytes, as it is sent and stored.
inline constexpr std::int64_t kArtifactBytesMax = std::int64_t{64} * 1024 * 1024;
/// Longest name of its file, in bytes: what file systems take.
inline constexpr std::size_t kArtifactNameBytesMax = 255;
inline constexpr std::size_t kArtifactHashDigits = 64;

enum class ArtifactKind {
  bundle,  ///< an archive with job.yaml at its root: unpacked for tasks
  jar,     ///< stays one file, for `java -jar`
};

/// "bundle", "jar".
std::string_view to_string(ArtifactKind kind) noexcept;
std::optional<ArtifactKind> parse_artifact_kind(std::string_view text) noexcept;

struct ArtifactRef {
  std::string sha256;     ///< is_artifact_hash()
  std::int64_t size = 0;  ///< in bytes, 1 to kArtifactBytesMax
  std::string name;       ///< is_artifact_name()
  ArtifactKind kind = ArtifactKind::bundle;

  friend bool operator==(const ArtifactRef&, const ArtifactRef&) = default;
};

/// SHA-256 as it is written here: 64 hexadecimal digits in lower case.
bool is_artifact_hash(std::string_view text) noexcept;
/// May be the name of a file in any folder: 1 to kArtifactNameBytesMax bytes of printable text without a blank at
/// either end, no '/', not "." or "..".
bool is_artifact_name(std::string_view text) noexcept;

}  // namespace stellwerk::model
