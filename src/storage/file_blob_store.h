/// A BlobStore in a folder of a file system: local, or a mount that all masters share.
///
/// A put writes a temporary file, syncs it, links it to its name (which refuses to replace) and syncs
/// the folder. So a name either does not exist or holds the whole, durable file, whatever dies when.
#pragma once

#include <stellwerk/blob_store.h>

#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/file_descriptor.h"
#include "storage/file_calls.h"
#include "storage/storage_location.h"
#include "storage/storage_root.h"
#include "storage/temporary_file.h"

namespace stellwerk::storage {

/// Files that one list() returns at most; a folder that holds more is answered unavailable.
inline constexpr std::size_t kListedFilesMax = 10'000'000;

/// Beyond the port's contract: the first put or probe makes the cluster's folder, unless this process
/// has used it before (then it is missing, not new). The storage folder must be there. probe() also
/// notices a remount, fails once after it, so that whoever relies on files looks for them, and sweeps what dead writers
/// left. A removal is durable when remove() returns.
/// A file that somebody truncated or changed is returned as it is: readers check.
class FileBlobStore : public BlobStore {
 public:
  explicit FileBlobStore(StorageLocation location, std::unique_ptr<FileCalls> calls = std::make_unique<FileCalls>());

  PutResult put(std::string_view name, std::string_view bytes) override;
  Result<std::string> get(std::string_view name) override;
  Result<std::string> get_range(std::string_view name, std::uint64_t offset, std::uint64_t bytes) override;
  Result<std::vector<BlobInfo>> list(std::string_view prefix) override;
  Result<void> remove(std::string_view name) override;
  Result<void> probe() override;
  std::string describe() const override { return location_.describe(); }

 private:
  struct ToRead {
    FileDescriptor fd;
    std::uint64_t bytes = 0;
  };

  PutResult attempt(const std::string& name, std::string_view bytes);
  int link_to(OpenFolder& folder, const TemporaryFile& file, const std::string& name);
  PutResult settle_link(int rc, OpenFolder& folder, const std::string& name, std::string_view bytes);
  PutResult settle_existing(OpenFolder& folder, const std::string& name, std::string_view bytes);
  PutResult with_doubts(const std::string& name, PutResult result);
  PutResult put_failed(PutOutcome outcome, int rc, std::string_view doing, std::string_view name) const;

  /// 0 or -errno.
  int make_folders(OpenFolder& folder, const std::string& name);
  int sync_folder_of(int root, const std::string& name);
  int open_past_caches(int root, const std::string& name);

  Result<ToRead> open_to_read(std::string_view name);
  Result<std::string> read(const ToRead& file, std::string_view name, std::uint64_t offset, std::uint64_t bytes);
  /// Tells "not there" from "the folder is not the one it was". True: not there.
  Result<bool> is_truly_absent(const StorageRoot::Directory& asked);
  std::optional<Error> prove_writing(OpenFolder& folder);
  std::string place(std::string_view name) const;

  const StorageLocation location_;
  const std::unique_ptr<FileCalls> calls_;
  StorageRoot root_;
  TemporaryFiles temporaries_;

  std::mutex mutex_;
  /// Names whose last put had an unknown outcome: "certainly not" can no longer be said of them.
  std::set<std::string> doubtful_names_;
  bool too_many_doubts_ = false;
};

}  // namespace stellwerk::storage
