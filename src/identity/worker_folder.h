/// A worker's own folder: who it is over restarts, and nobody else's while it runs.
///
///     <working directory>/tm_<taskmanager.resource-id>      where workers have names
///     <working directory>/tm_<cluster id>-worker-<n>        else: the first that is free
///         lock           held while a worker has the folder; says which process
///         identity.json  see identity.h; replaced as a whole
#pragma once

#include <stellwerk/result.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/file_descriptor.h"
#include "identity/identity.h"
#include "storage/file_calls.h"

namespace stellwerk::identity {

/// Most workers without a name on one host.
inline constexpr int kFoldersMax = 1000;
/// Most damaged files that are kept in one folder.
inline constexpr int kDamagedMax = 100;

/// Who wants a folder.
struct FolderWish {
  std::string directory;   ///< absolute; it is made if it is not there
  std::string cluster_id;  ///< high-availability.cluster-id: clusters of one host do not mix
  std::optional<std::string> resource_id;
  std::string host;          ///< for the id of a worker that has none yet
  std::int64_t wall_us = 0;  ///< now, since 1970
  std::uint64_t random = 0;  ///< for that id too
  std::int64_t pid = 0;      ///< who says so in the lock
};

/// Blocks on its disk. One thread at a time.
class WorkerFolder {
 public:
  /// Takes a folder, counts this start, and makes both durable. A file that cannot be understood is set aside and
  /// the worker begins anew; `warnings()` says so.
  /// Errors: conflict (another worker has the name's folder), foreign (another user has), refused, no_space,
  /// unavailable, not_found (the disk), not_supported (a newer version's folder): the worker must not start.
  static Result<WorkerFolder> take(const FolderWish& wish,
                                   std::shared_ptr<storage::FileCalls> calls = std::make_shared<storage::FileCalls>());

  const std::string& path() const { return path_; }
  /// Of this start.
  const Identity& identity() const { return identity_; }
  const std::vector<std::string>& warnings() const { return warnings_; }

  /// Durable when it returns well; else either of the two is there. Errors: as take().
  Result<void> remember(const worker::Place& place);

 private:
  WorkerFolder(std::shared_ptr<storage::FileCalls> calls, std::string path, FileDescriptor folder, FileDescriptor lock)
      : calls_(std::move(calls)), path_(std::move(path)), folder_(std::move(folder)), lock_(std::move(lock)) {}

  static Result<std::optional<WorkerFolder>> try_take(const std::shared_ptr<storage::FileCalls>& calls,
                                                      const FolderWish& wish, const std::string& name);
  Result<void> begin(const FolderWish& wish);
  Result<std::optional<Identity>> load();
  Result<void> set_aside(const std::string& why);
  Result<void> write(const Identity& identity);

  std::shared_ptr<storage::FileCalls> calls_;
  std::string path_;
  FileDescriptor folder_;
  FileDescriptor lock_;
  Identity identity_;
  std::vector<std::string> warnings_;
};

}  // namespace stellwerk::identity
