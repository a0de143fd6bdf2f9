/// What is remembered of uploaded files: which file holds which bytes, and what was uploaded under which name.
#pragma once

#include <stellwerk/result.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/executor.h"
#include "model/artifact.h"

namespace stellwerk::model {

/// The value of `artifacts/<sha256>`: where these bytes are stored.
struct StoredArtifact {
  std::string file;  ///< artifact_file_name()
  std::int64_t size = 0;
  WallMs at_ms = 0;

  friend bool operator==(const StoredArtifact&, const StoredArtifact&) = default;
};

/// The value of `bundles/<uuid>`: an upload that jobs can be run from.
struct Bundle {
  ArtifactRef artifact;
  WallMs at_ms = 0;
  bool once = false;  ///< for one job: goes with its creation
  std::string spec;   ///< canonical JSON (model/job_spec_reader.h), without an artifact; empty of a jar

  friend bool operator==(const Bundle&, const Bundle&) = default;
};

std::string encode_artifact(const StoredArtifact& artifact);
/// Errors: damaged, not_supported (newer schema); as the other records.
Result<StoredArtifact> decode_artifact(std::string_view text);
std::string encode_bundle(const Bundle& bundle);
Result<Bundle> decode_bundle(std::string_view text);

/// "artifacts/<sha256>", "bundles/<uuid>".
std::string artifact_key(std::string_view sha256);
std::string bundle_key(std::string_view uuid);

/// What a bundle goes by outside: "<uuid>_<name of its file>".
struct BundleId {
  std::string uuid;
  std::string name;

  std::string text() const { return uuid + '_' + name; }
  friend bool operator==(const BundleId&, const BundleId&) = default;
};
/// Errors: invalid.
Result<BundleId> parse_bundle_id(std::string_view text);

/// Where artifacts' files are.
inline constexpr std::string_view kBlobFolder = "blobs/";

/// "blobs/<2 hex>/<sha256>-<epoch>-<n>": chosen by the leader of that epoch alone, its n-th upload.
struct ArtifactFile {
  std::string sha256;
  std::int64_t epoch = 0;
  std::int64_t number = 0;

  std::string name() const;
  friend bool operator==(const ArtifactFile&, const ArtifactFile&) = default;
};
/// Errors: invalid: no artifact's file has such a name.
Result<ArtifactFile> parse_artifact_file(std::string_view name);

}  // namespace stellwerk::model
