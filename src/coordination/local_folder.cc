#include "coordination/local_folder.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <system_error>

#include "base/write_all.h"

namespace stellwerk::coordination {
namespace {

constexpr int kOpenFolder = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
constexpr mode_t kFolderMode = 0770;
constexpr mode_t kFileMode = 0640;
/// Entries of the folder that are looked at; it holds a few dozen.
constexpr std::size_t kEntriesMax = 10'000;
constexpr std::int64_t kUnfinishedAgeS = 3600;

template <class Call>
auto again_if_interrupted(Call call) -> decltype(call()) {
  for (;;) {
    const auto result = call();
    if (result >= 0 || errno != EINTR) return result;
  }
}

/// 0 or -errno.
int sync_fd(int fd) {
  return again_if_interrupted([&] { return ::fsync(fd); }) == 0 ? 0 : -errno;
}

/// Opens `name` below `at`, making it if asked to; its entry is durable then.
int open_folder_at(int at, const char* name, LocalFolder::IfMissing missing) {
  if (missing == LocalFolder::IfMissing::make) {
    if (::mkdirat(at, name, kFolderMode) < 0 && errno != EEXIST) return -errno;
    if (const int synced = sync_fd(at); synced < 0) return synced;
  }
  const int fd = ::openat(at, name, kOpenFolder);
  return fd < 0 ? -errno : fd;
}

}  // namespace

std::string zero_padded(std::int64_t number, std::size_t digits) {
  const std::string text = std::to_string(number);
  return std::string(digits - std::min(digits, text.size()), '0') + text;
}

Error local_error(int error, std::string_view doing, const std::string& path) {
  std::string text(doing);
  text.append(" ").append(path).append(" failed (").append(std::generic_category().message(error)).append(")");
  switch (error) {
    case ENOSPC:
    case EDQUOT: return make_error(Errc::no_space, text + ": free some space, it then goes on by itself");
    case EROFS:
    case EACCES:
    case EPERM:
      return make_error(Errc::refused, text + ": the user that runs this process (uid " + std::to_string(::geteuid()) +
                                           ") must be allowed to write there");
    case ENOENT:
    case ENOTDIR: return make_error(Errc::not_found, text + ": create the folder, or mount it");
    default: return make_error(Errc::unavailable, text);
  }
}

LocalFolder::LocalFolder(FileDescriptor fd, std::string path) : fd_(std::move(fd)), path_(std::move(path)) {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  own_ = "-" + std::to_string(::getpid()) + "-" + std::to_string(now.tv_sec) + "." + std::to_string(now.tv_nsec) + "-" +
         std::to_string(fd_.get()) + "-";
}

Result<LocalFolder> LocalFolder::open(const LocalPlace& place, IfMissing missing) {
  FileDescriptor at(::open(place.storage_dir.c_str(), kOpenFolder));
  if (!at) return local_error(errno, "opening high-availability.storageDir", place.storage_dir);
  std::string way = place.cluster + "/coordination";
  for (std::string_view rest = way; !rest.empty();) {
    const std::string part(rest.substr(0, rest.find('/')));
    rest.remove_prefix(std::min(rest.size(), part.size() + 1));
    if (part.empty()) continue;
    const int next = open_folder_at(at.get(), part.c_str(), missing);
    if (next < 0) return local_error(-next, "opening", place.folder());
    at.reset(next);
  }
  return LocalFolder(std::move(at), place.folder());
}

int LocalFolder::is_still_there() const {
  struct stat open {};
  struct stat at_path {};
  if (::fstat(fd_.get(), &open) < 0) return -errno;
  if (::stat(path_.c_str(), &at_path) < 0) return errno == ENOENT || errno == ENOTDIR ? 0 : -errno;
  return open.st_dev == at_path.st_dev && open.st_ino == at_path.st_ino ? 1 : 0;
}

std::string LocalFolder::unfinished_name(std::string_view kind) {
  std::string name = "~";
  return name.append(kind) + own_ + std::to_string(++unfinished_);
}

void LocalFolder::sweep_unfinished() {
  const auto unfinished = names("~");
  if (!unfinished) return;
  for (const auto& name : *unfinished) {
    struct stat info {};
    timespec now{};
    ::clock_gettime(CLOCK_REALTIME, &now);
    if (::fstatat(fd_.get(), name.c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0 &&
        now.tv_sec - info.st_mtim.tv_sec > kUnfinishedAgeS)
      remove(name);
  }
}

Creation LocalFolder::create_once(const std::string& name, std::string_view bytes) {
  const std::string unfinished = unfinished_name("file");
  const FileDescriptor file(
      ::openat(fd_.get(), unfinished.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, kFileMode));
  if (!file) return {Made::no, local_error(errno, "writing", path_ + "/" + name).text};
  int rc = write_all(file.get(), bytes);
  if (rc == 0) rc = sync_fd(file.get());
  if (rc < 0) {
    remove(unfinished);
    return {Made::no, local_error(-rc, "writing", path_ + "/" + name).text};
  }
  rc = ::linkat(fd_.get(), unfinished.c_str(), fd_.get(), name.c_str(), 0) == 0 ? 0 : -errno;
  remove(unfinished);
  if (rc == -EEXIST) return {Made::exists, path_ + "/" + name + " stands already"};
  if (rc == -EIO) return {Made::unknown, local_error(-rc, "naming", path_ + "/" + name).text};
  if (rc < 0) return {Made::no, local_error(-rc, "naming", path_ + "/" + name).text};
  if (const int synced = sync(); synced < 0) return {Made::unknown, local_error(-synced, "syncing", path_).text};
  return {};
}

int LocalFolder::replace(const std::string& name, std::string_view bytes) {
  const std::string unfinished = unfinished_name("file");
  const FileDescriptor file(
      ::openat(fd_.get(), unfinished.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, kFileMode));
  if (!file) return -errno;
  int rc = write_all(file.get(), bytes);
  if (rc == 0 && ::renameat(fd_.get(), unfinished.c_str(), fd_.get(), name.c_str()) < 0) rc = -errno;
  if (rc < 0) remove(unfinished);
  return rc;
}

Result<std::string> LocalFolder::read(const std::string& name, std::size_t bytes_max) const {
  const std::string shown = path_ + "/" + name;
  const FileDescriptor file(::openat(fd_.get(), name.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  if (!file && errno == ENOENT) return make_error(Errc::not_found, shown + " is not there");
  if (!file) return make_error(Errc::unavailable, local_error(errno, "opening", shown).text);
  std::string bytes(bytes_max + 1, '\0');
  std::size_t have = 0;
  while (have < bytes.size()) {
    const ssize_t got =
        again_if_interrupted([&] { return ::read(file.get(), bytes.data() + have, bytes.size() - have); });
    if (got < 0) return make_error(Errc::unavailable, local_error(errno, "reading", shown).text);
    if (got == 0) break;
    have += static_cast<std::size_t>(got);
  }
  if (have > bytes_max) return make_error(Errc::too_large, shown + " is larger than " + std::to_string(bytes_max));
  bytes.resize(have);
  return bytes;
}

Result<std::vector<std::string>> LocalFolder::names(std::string_view prefix) const {
  FileDescriptor own(::openat(fd_.get(), ".", kOpenFolder));
  if (!own) return make_error(Errc::unavailable, local_error(errno, "listing", path_).text);
  const auto close_dir = [](DIR* dir) { ::closedir(dir); };
  const std::unique_ptr<DIR, decltype(close_dir)> stream(::fdopendir(own.get()), close_dir);
  if (!stream) return make_error(Errc::unavailable, local_error(errno, "listing", path_).text);
  own.release();
  std::vector<std::string> out;
  for (std::size_t looked_at = 0; looked_at < kEntriesMax; ++looked_at) {
    errno = 0;
    const dirent* entry = ::readdir(stream.get());
    if (entry == nullptr && errno == 0) {
      std::sort(out.begin(), out.end());
      return out;
    }
    if (entry == nullptr) return make_error(Errc::unavailable, local_error(errno, "listing", path_).text);
    const std::string_view name = entry->d_name;
    if (name != "." && name != ".." && name.substr(0, prefix.size()) == prefix) out.emplace_back(name);
  }
  return make_error(Errc::unavailable, path_ + " holds more than " + std::to_string(kEntriesMax) +
                                           " entries; remove what does not belong there");
}

int LocalFolder::remove(const std::string& name) {
  return ::unlinkat(fd_.get(), name.c_str(), 0) == 0 || errno == ENOENT ? 0 : -errno;
}

int LocalFolder::sync() {
  return sync_fd(fd_.get());
}

int LocalFolder::remove_folder() {
  return ::rmdir(path_.c_str()) == 0 || errno == ENOENT ? 0 : -errno;
}

}  // namespace stellwerk::coordination
