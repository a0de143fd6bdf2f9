/// The folder in which the masters of one host meet: `<storageDir>/<cluster-id>/coordination`.
///
/// Its files have names that no BlobStore takes (upper case, '~'), so that nobody who lists or sweeps
/// the cluster's stored files meets them.
#pragma once

#include <stellwerk/result.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/file_descriptor.h"

namespace stellwerk::coordination {

/// Where it is. The storage folder is made by operators only: an empty mount point looks like it.
struct LocalPlace {
  std::string storage_dir;  ///< "/srv/ha"
  std::string cluster;      ///< "default"

  std::string folder() const { return storage_dir + "/" + cluster + "/coordination"; }
};

/// What became of a file that is made once. Where it is `no` nothing stands under the name because of us.
enum class Made { yes, exists, no, unknown };
struct Creation {
  Made made = Made::yes;
  std::string why;  ///< when not yes
};

/// An open folder; all names are relative to it. One thread at a time. Calls block on the disk.
class LocalFolder {
 public:
  enum class IfMissing { make, leave };

  /// Errors: not_found (the storage folder; with `leave`, any of it), refused (permission,
  /// read-only), no_space, unavailable.
  static Result<LocalFolder> open(const LocalPlace& place, IfMissing missing);

  int fd() const { return fd_.get(); }
  const std::string& path() const { return path_; }

  /// Whether the path still leads here: 1 yes, 0 to something else or nothing, negative: cannot tell.
  int is_still_there() const;

  /// Makes a file that is durable, whole, and never replaces another.
  Creation create_once(const std::string& name, std::string_view bytes);
  /// Makes or replaces a file, whole but not durable. 0 or -errno.
  int replace(const std::string& name, std::string_view bytes);
  /// Errors: not_found, too_large, unavailable.
  Result<std::string> read(const std::string& name, std::size_t bytes_max) const;
  /// The names that start with `prefix`, in order. Errors: unavailable.
  Result<std::vector<std::string>> names(std::string_view prefix) const;
  /// 0 or -errno; what is not there is removed.
  int remove(const std::string& name);
  int sync();

  /// A name for a file that is not finished: "~" + `kind` + what nobody else has.
  std::string unfinished_name(std::string_view kind);
  /// Removes unfinished files of processes that died more than an hour ago.
  void sweep_unfinished();

  /// Removes the folder itself if it is empty. 0 or -errno.
  int remove_folder();

 private:
  LocalFolder(FileDescriptor fd, std::string path);

  FileDescriptor fd_;
  std::string path_;
  /// Of unfinished files: pid, time of opening and descriptor. Containers may share pids.
  std::string own_;
  std::uint64_t unfinished_ = 0;
};

/// `doing` `path` failed, in a sentence, by errno. Codes as LocalFolder::open().
Error local_error(int error, std::string_view doing, const std::string& path);

/// `number` (0 or more) with zeros before it, so that names sort as numbers do.
std::string zero_padded(std::int64_t number, std::size_t digits);

}  // namespace stellwerk::coordination
