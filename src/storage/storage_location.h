/// From the text of `high-availability.storageDir` and `high-availability.cluster-id` to a store.
///
/// Nothing here touches a disk: what a location is worth, BlobStore::probe() tells.
#pragma once

#include <stellwerk/blob_store.h>
#include <stellwerk/result.h>

#include <memory>
#include <string>
#include <string_view>

namespace stellwerk::storage {

/// Longest storageDir and cluster-id together, in bytes.
inline constexpr std::size_t kLocationBytesMax = 2048;

/// Where one cluster keeps its files.
struct StorageLocation {
  std::string directory;  ///< absolute, as configured: "/srv/ha". Made and mounted by operators only
  std::string cluster;    ///< below it: "default" or "team/default". Made by the store

  std::string folder() const { return directory == "/" ? "/" + cluster : directory + "/" + cluster; }
  /// For messages: "file:///srv/ha/default".
  std::string describe() const { return "file://" + folder(); }

  friend bool operator==(const StorageLocation&, const StorageLocation&) = default;
};

/// Takes "file:///srv/ha", "file:/srv/ha", "file://localhost/srv/ha" and "/srv/ha"; repeated slashes
/// count as one. Errors, each a sentence for the operator: invalid (empty, relative, another host,
/// control characters, too long, a cluster-id with "." or ".."), not_supported (a scheme that is
/// planned, or unknown).
Result<StorageLocation> parse_storage_location(std::string_view storage_dir, std::string_view cluster_id);

/// The store for a location. Neither makes nor opens anything.
std::unique_ptr<BlobStore> make_blob_store(const StorageLocation& location);

}  // namespace stellwerk::storage
