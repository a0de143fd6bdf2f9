#include "storage/storage_root.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string_view>
#include <utility>

#include "storage/directory_entries.h"
#include "storage/file_names.h"
#include "storage/storage_errors.h"

namespace stellwerk::storage {
namespace {

/// Of a folder with more entries than this at its top, the rest is not looked at.
constexpr int kEntriesLookedAtMax = 10'000;
/// The cluster's folder among its own durable folders.
constexpr char kItself[] = "";
/// Forgetting one costs a sync.
constexpr std::size_t kDurableFoldersMax = 4096;
/// One of these at the top of a folder shows that it is ours.
constexpr std::array<std::string_view, 5> kOurs = {kTemporaryFolder, kIdentityFile, "journal", "blobs", "coordination"};
constexpr std::array<std::string_view, 2> kFlinks = {"submittedJobGraph", "completedCheckpoint"};

bool starts_with(std::string_view text, std::string_view start) {
  return text.substr(0, start.size()) == start;
}

Error storage_folder_error(int error, const std::string& directory) {
  const std::string named = "high-availability.storageDir " + directory;
  if (error == ENOENT)
    return make_error(Errc::not_found,
                      named + " does not exist on this host; create it (mkdir -p " + directory + ") or mount it");
  if (error == ENOTDIR)
    return make_error(Errc::not_found, named + " is not a folder (it, or a part of its path, is a file)");
  return storage_error(error, "opening", named);
}

/// True if Flink's blob server keeps its files in `<folder>/blob`.
bool has_flinks_blobs(int folder) {
  const FileDescriptor blob(::openat(folder, "blob", kOpenFolder));
  if (!blob) return false;
  bool found = false;
  int looked_at = 0;
  for_each_entry(blob.get(), [&](const char* name, unsigned char) {
    found = starts_with(name, "job_") || starts_with(name, "no_job");
    return !found && ++looked_at < kEntriesLookedAtMax;
  });
  return found;
}

struct Contents {
  bool ours = false;
  std::string flinks;     ///< an entry that Flink made
  std::string strangers;  ///< an entry that neither made
};

/// Answers 0 or -errno.
int look_at(int folder, Contents& found) {
  int looked_at = 0;
  const int rc = for_each_entry(folder, [&](const char* entry, unsigned char) {
    const std::string_view name(entry);
    if (std::find(kOurs.begin(), kOurs.end(), name) != kOurs.end())
      found.ours = true;
    else if (std::any_of(kFlinks.begin(), kFlinks.end(), [&](auto start) { return starts_with(name, start); }))
      found.flinks = name;
    else if (name == "blob" && has_flinks_blobs(folder))
      found.flinks = "blob/";
    else if (name.front() != '.' && name != "lost+found")
      found.strangers = name;
    return ++looked_at < kEntriesLookedAtMax;
  });
  return rc;
}

}  // namespace

bool DurableFolders::contains(const std::string& path) const {
  const std::lock_guard lock(mutex_);
  return paths_.count(path) > 0;
}

void DurableFolders::add(const std::string& path) {
  const std::lock_guard lock(mutex_);
  if (paths_.size() >= kDurableFoldersMax) paths_.clear();
  paths_.insert(path);
}

void DurableFolders::forget_all() {
  const std::lock_guard lock(mutex_);
  paths_.clear();
}

Result<StorageRoot::Directory> StorageRoot::open(IfMissing missing) {
  const std::lock_guard lock(mutex_);
  if (!folder_) return open_path(missing);
  // Whoever was there before the cluster learns its identity with the first call after it was founded.
  if (!identity_)
    if (auto error = check_identity(folder_->fd.get())) return *error;
  return with_durable_way(missing);
}

Result<StorageRoot::Directory> StorageRoot::verify(IfMissing missing) {
  const std::lock_guard lock(mutex_);
  struct stat open {};
  struct stat at_path {};
  const bool same = folder_ && ::fstat(folder_->fd.get(), &open) == 0 &&
                    ::stat(location_.folder().c_str(), &at_path) == 0 && open.st_dev == at_path.st_dev &&
                    open.st_ino == at_path.st_ino;
  if (!same) return open_path(missing);
  if (!identity_)
    if (auto error = check_identity(folder_->fd.get())) return *error;
  return with_durable_way(missing);
}

Result<StorageRoot::Directory> StorageRoot::open_path(IfMissing missing) {
  folder_.reset();
  const int storage = calls_.open_at(AT_FDCWD, location_.directory.c_str(), kOpenFolder, 0);
  if (storage < 0) return storage_folder_error(-storage, location_.directory);
  const FileDescriptor storage_owner(storage);

  int folder = calls_.open_at(storage, location_.cluster.c_str(), kOpenFolder, 0);
  if (folder == -ENOENT && seen_)
    return make_error(Errc::not_found, location_.describe() +
                                           " is gone, though this process has used it; mount it or put it back (it is "
                                           "not made anew while a process that knew it runs)");
  if (folder == -ENOENT && missing == IfMissing::leave) return Directory{};
  if (folder == -ENOENT) {
    const int rc = walk_to_folder(storage, Step::make);
    if (rc < 0) return storage_error(-rc, "creating", location_.describe());
    folder = calls_.open_at(storage, location_.cluster.c_str(), kOpenFolder, 0);
  }
  if (folder < 0) return storage_error(-folder, "opening", location_.describe());

  FileDescriptor owner(folder);
  if (auto error = check_identity(folder)) return *error;
  if (auto error = check_owner(folder)) return *error;
  note_folder(folder);
  seen_ = true;
  folder_ = std::make_shared<OpenFolder>(std::move(owner));
  return with_durable_way(missing);
}

void StorageRoot::note_folder(int folder) {
  struct statx info {};
  if (::statx(folder, "", AT_EMPTY_PATH, STATX_INO | STATX_BTIME, &info) != 0) return;
  Which now{(static_cast<std::uint64_t>(info.stx_dev_major) << 32) | info.stx_dev_minor, info.stx_ino, 0, 0};
  if ((info.stx_mask & STATX_BTIME) != 0) {
    now.made_s = info.stx_btime.tv_sec;
    now.made_ns = info.stx_btime.tv_nsec;
  }
  replaced_ = replaced_ || (which_ && *which_ != now);
  which_ = now;
}

bool StorageRoot::take_replaced() {
  const std::lock_guard lock(mutex_);
  return std::exchange(replaced_, false);
}

/// Whoever made the folder may have died before it was durable, and what is put into it is lost with it.
Result<StorageRoot::Directory> StorageRoot::with_durable_way(IfMissing missing) {
  if (missing == IfMissing::leave || folder_->durable.contains(kItself)) return folder_;
  const int storage = calls_.open_at(AT_FDCWD, location_.directory.c_str(), kOpenFolder, 0);
  if (storage < 0) return storage_folder_error(-storage, location_.directory);
  const FileDescriptor owner(storage);
  if (const int rc = walk_to_folder(storage, Step::sync); rc < 0)
    return storage_error(-rc, "syncing the folder of", location_.describe());
  folder_->durable.add(kItself);
  return folder_;
}

int StorageRoot::walk_to_folder(int storage, Step step) {
  int at = storage;
  FileDescriptor owner;
  for (std::string_view rest = location_.cluster; !rest.empty();) {
    const std::string part(rest.substr(0, rest.find('/')));
    rest.remove_prefix(std::min(rest.size(), part.size() + 1));
    if (step == Step::make) {
      const int made = calls_.make_dir_at(at, part.c_str(), kFolderMode);
      if (made < 0 && made != -EEXIST) return made;
    } else if (const int synced = calls_.sync(at); synced < 0 && synced != -EINVAL) {
      return synced;
    }
    const int next = calls_.open_at(at, part.c_str(), kOpenFolder, 0);
    if (next < 0) return next;
    owner.reset(next);
    at = next;
  }
  return 0;
}

std::optional<Error> StorageRoot::check_identity(int folder) {
  const int fd = calls_.open_at(folder, kIdentityFile, kOpenFile, 0);
  if (fd < 0 && (fd != -ENOENT || !identity_)) {
    if (fd == -ENOENT) return std::nullopt;
    return storage_error(-fd, "opening", location_.describe() + "/" + kIdentityFile);
  }
  std::string bytes;
  if (fd >= 0) {
    const FileDescriptor owner(fd);
    bytes.resize(kIdentityBytesMax);
    const ssize_t got = calls_.read_at(fd, bytes.data(), bytes.size(), 0);
    if (got < 0) return storage_error(static_cast<int>(-got), "reading", location_.describe() + "/" + kIdentityFile);
    bytes.resize(static_cast<std::size_t>(got));
  }
  if (!identity_)
    identity_ = std::move(bytes);
  else if (*identity_ != bytes)
    return make_error(Errc::foreign, location_.describe() + " is not the folder that stood here before: its " +
                                         kIdentityFile + (fd < 0 ? " is missing" : " is another cluster's") +
                                         "; is the right file system mounted?");
  return std::nullopt;
}

std::optional<Error> StorageRoot::check_owner(int folder) {
  Contents found;
  const int rc = look_at(folder, found);
  if (rc < 0) return storage_error(-rc, "listing", location_.describe());
  if (!found.flinks.empty())
    return make_error(Errc::foreign, location_.describe() + " belongs to Apache Flink (it holds " + found.flinks +
                                         "); set another high-availability.cluster-id or storageDir");
  if (!found.ours && !found.strangers.empty())
    return make_error(Errc::foreign,
                      location_.describe() + " holds files that are not Stellwerk's (for example " + found.strangers +
                          "); set another high-availability.cluster-id or storageDir, or empty the folder");
  return std::nullopt;
}

}  // namespace stellwerk::storage
