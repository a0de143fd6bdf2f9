/// The cluster's folder as an open directory: what FileBlobStore works below.
#pragma once

#include <stellwerk/result.h>

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>

#include "base/file_descriptor.h"
#include "storage/file_calls.h"
#include "storage/storage_location.h"

namespace stellwerk::storage {

/// Which folders below a cluster's folder are known to outlive a power cut. Safe to share.
class DurableFolders {
 public:
  bool contains(const std::string& path) const;
  void add(const std::string& path);
  /// Somebody removed one behind our back.
  void forget_all();

 private:
  mutable std::mutex mutex_;
  std::set<std::string> paths_;
};

/// The cluster's folder, open.
struct OpenFolder {
  explicit OpenFolder(FileDescriptor owner) : fd(std::move(owner)) {}
  FileDescriptor fd;
  DurableFolders durable;
};

/// Keeps the folder open, so that a file is never written into whatever a lost mount leaves at the
/// path, and finds it again after a remount. The cluster's folder is made only while this process has
/// never seen it; the storage folder above it never is, because an empty mount point looks just like
/// a missing folder.
///
/// May be called from several threads. A directory that was handed out stays open while it is used.
class StorageRoot {
 public:
  using Directory = std::shared_ptr<OpenFolder>;
  enum class IfMissing { make, leave };

  /// `calls` outlives this.
  StorageRoot(StorageLocation location, FileCalls& calls) : location_(std::move(location)), calls_(calls) {}

  /// The open folder; opens it at first. With `leave`, a folder that was never there is a null pointer;
  /// with `make`, the way to it is durable.
  /// Errors: not_found (missing, or gone since), refused (no permission, read-only), no_space,
  /// foreign (another product's, or not the folder that stood here before), unavailable.
  Result<Directory> open(IfMissing missing);

  /// Opens the path anew if it leads elsewhere than the open folder. Errors as open().
  Result<Directory> verify(IfMissing missing);

  /// True once after the path has come to lead to another folder than it did, though to one of this cluster: a file
  /// system that was mounted anew, or a copy. What was put into the one before need not be there.
  bool take_replaced();

  const StorageLocation& location() const { return location_; }

 private:
  Result<Directory> open_path(IfMissing missing);
  Result<Directory> with_durable_way(IfMissing missing);
  enum class Step { make, sync };
  int walk_to_folder(int storage, Step step);
  std::optional<Error> check_identity(int folder);
  std::optional<Error> check_owner(int folder);
  void note_folder(int folder);

  const StorageLocation location_;
  FileCalls& calls_;
  std::mutex mutex_;
  Directory folder_;
  /// Which one it is, or was: device, number, and when it was made, so that a number given out again is told apart.
  struct Which {
    std::uint64_t device = 0;
    std::uint64_t number = 0;
    std::int64_t made_s = 0;
    std::uint32_t made_ns = 0;
    friend bool operator==(const Which&, const Which&) = default;
  };
  std::optional<Which> which_;
  bool replaced_ = false;
  bool seen_ = false;
  /// What cluster.json held when it was first seen: the folder's identity.
  std::optional<std::string> identity_;
};

}  // namespace stellwerk::storage
