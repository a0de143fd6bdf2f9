#include "identity/worker_folder.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <limits>

#include "base/file_lock.h"
#include "storage/storage_errors.h"

namespace stellwerk::identity {
namespace {

constexpr const char* kLockName = "lock";
constexpr const char* kIdentityName = "identity.json";
constexpr const char* kNewName = "identity.json.new";
constexpr mode_t kFolderMode = 0700;
constexpr mode_t kFileMode = 0600;
constexpr int kOpenFolder = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
/// Read of a lock that another has: its pid.
constexpr std::size_t kHolderBytesMax = 32;

using storage::FileCalls;
using storage::storage_error;

std::string nameless(const std::string& cluster_id, int number) {
  std::string name = "tm_" + cluster_id + "-worker-" + std::to_string(number);
  std::replace(name.begin(), name.end(), '/', '_');
  return name;
}

/// As Flink's, but for the port, which a worker does not have.
std::string make_id(const FolderWish& wish) {
  constexpr std::uint64_t kFirst = 10'000'000;
  return wish.host + ":" + std::to_string(kFirst + wish.random % (9 * kFirst));
}

/// In /tmp anybody may have made a folder of this name.
std::optional<Error> not_ours(int above, const std::string& name, const std::string& path) {
  struct stat info {};
  if (::fstatat(above, name.c_str(), &info, AT_SYMLINK_NOFOLLOW) < 0) return storage_error(errno, "looking at", path);
  if (!S_ISDIR(info.st_mode)) return make_error(Errc::foreign, path + " is no folder; remove it");
  if (info.st_uid == ::geteuid()) return std::nullopt;
  return make_error(Errc::foreign, path + " belongs to another user (uid " + std::to_string(info.st_uid) +
                                       "); set process.taskmanager.working-dir to a directory of the user that runs "
                                       "this worker (uid " +
                                       std::to_string(::geteuid()) + ")");
}

/// A number, or nothing that it would be right to show.
std::string holder_of(FileCalls& calls, int lock) {
  char text[kHolderBytesMax];
  const ssize_t got = calls.read_at(lock, text, sizeof text, 0);
  std::string pid(text, got > 0 ? static_cast<std::size_t>(got) : 0);
  while (!pid.empty() && pid.back() == '\n') pid.pop_back();
  const bool number = !pid.empty() && pid.find_first_not_of("0123456789") == std::string::npos;
  return number ? " (pid " + pid + ")" : "";
}

/// For people only.
void write_holder(int lock, std::int64_t pid) {
  const std::string text = std::to_string(pid) + "\n";
  if (::ftruncate(lock, 0) == 0) [[maybe_unused]]
    const ssize_t ignored = ::pwrite(lock, text.data(), text.size(), 0);
}

}  // namespace

Result<WorkerFolder> WorkerFolder::take(const FolderWish& wish, std::shared_ptr<FileCalls> calls) {
  std::error_code error;
  std::filesystem::create_directories(wish.directory, error);
  if (error) return storage_error(error.value(), "making", wish.directory);
  std::optional<Error> last;
  for (int number = 0; number < kFoldersMax; ++number) {
    const std::string name = wish.resource_id ? "tm_" + *wish.resource_id : nameless(wish.cluster_id, number);
    auto taken = try_take(calls, wish, name);
    if (taken.has_value() && *taken) return std::move(**taken);
    // What another has is passed over, and so is what another user has; a disk that fails will fail again.
    if (taken.has_error() && (wish.resource_id || taken.error().code != Errc::foreign)) return taken.error();
    if (taken.has_error()) last = taken.error();
    if (!wish.resource_id) continue;
    const FileDescriptor lock(::open((wish.directory + "/" + name + "/" + kLockName).c_str(), O_RDONLY | O_CLOEXEC));
    return make_error(Errc::conflict, "another worker" + holder_of(*calls, lock.get()) + " has " + wish.directory +
                                          "/" + name + "; each worker needs its own taskmanager.resource-id");
  }
  if (last) return *last;
  return make_error(Errc::conflict, wish.directory + " has " + std::to_string(kFoldersMax) +
                                        " folders of workers that run; no more are looked for");
}

/// None: another worker has it.
Result<std::optional<WorkerFolder>> WorkerFolder::try_take(const std::shared_ptr<FileCalls>& calls,
                                                           const FolderWish& wish, const std::string& name) {
  const FileDescriptor above(calls->open_at(AT_FDCWD, wish.directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0));
  if (!above) return storage_error(-above.get(), "opening", wish.directory);
  const std::string path = wish.directory + "/" + name;
  const int made = calls->make_dir_at(above.get(), name.c_str(), kFolderMode);
  if (made < 0 && made != -EEXIST) return storage_error(-made, "making", path);
  if (auto error = not_ours(above.get(), name, path)) return *error;
  const int opened = calls->open_at(above.get(), name.c_str(), kOpenFolder, 0);
  if (opened < 0) return storage_error(-opened, "opening", path);
  FileDescriptor folder(opened);
  const int locked = calls->open_at(folder.get(), kLockName, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, kFileMode);
  if (locked < 0) return storage_error(-locked, "opening", path + "/" + kLockName);
  FileDescriptor lock(locked);
  const int taken = try_lock(lock.get());
  if (taken < 0) return storage_error(-taken, "locking", path + "/" + kLockName);
  if (taken == 0) return std::optional<WorkerFolder>();
  write_holder(lock.get(), wish.pid);
  WorkerFolder out(calls, path, std::move(folder), std::move(lock));
  if (auto begun = out.begin(wish); begun.has_error()) return begun.error();
  if (const int synced = calls->sync(above.get()); synced < 0) return storage_error(-synced, "syncing", wish.directory);
  return std::optional<WorkerFolder>(std::move(out));
}

Result<void> WorkerFolder::begin(const FolderWish& wish) {
  auto stored = load();
  if (stored.has_error()) return stored.error();
  Identity next = stored->value_or(Identity{make_id(wish), 0, {}});
  if (wish.resource_id) next.id = *wish.resource_id;
  next.incarnation = std::max({next.incarnation + 1, wish.wall_us, std::int64_t{1}});
  return write(next);
}

/// None: there is no file, or there is none any more.
Result<std::optional<Identity>> WorkerFolder::load() {
  const std::string path = path_ + "/" + kIdentityName;
  const int opened = calls_->open_at(folder_.get(), kIdentityName, O_RDONLY | O_NOFOLLOW | O_CLOEXEC, 0);
  if (opened == -ENOENT) return std::optional<Identity>();
  if (opened < 0) return storage_error(-opened, "opening", path);
  const FileDescriptor file(opened);
  std::string text(kIdentityBytesMax + 1, '\0');
  std::size_t filled = 0;
  for (ssize_t got = 1; got > 0 && filled < text.size(); filled += static_cast<std::size_t>(got)) {
    got = calls_->read_at(file.get(), text.data() + filled, text.size() - filled, filled);
    if (got < 0) return storage_error(static_cast<int>(-got), "reading", path);
  }
  text.resize(filled);
  auto identity = decode_identity(text);
  if (identity) return std::optional<Identity>(std::move(*identity));
  if (identity.error().code == Errc::not_supported)
    return make_error(Errc::not_supported, path + ": " + identity.error().text);
  if (auto aside = set_aside(identity.error().text); aside.has_error()) return aside.error();
  return std::optional<Identity>();
}

Result<void> WorkerFolder::set_aside(const std::string& why) {
  struct stat info {};
  std::string name;
  int number = 0;
  do {
    if (++number > kDamagedMax)
      return make_error(Errc::refused, path_ + " holds " + std::to_string(kDamagedMax) +
                                           " damaged files already; look at the disk, then remove them");
    name = std::string(kIdentityName) + ".damaged-" + std::to_string(number);
  } while (::fstatat(folder_.get(), name.c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0);
  const int renamed = calls_->rename_at(folder_.get(), kIdentityName, name.c_str());
  if (renamed < 0) return storage_error(-renamed, "renaming", path_ + "/" + kIdentityName);
  warnings_.push_back(path_ + "/" + kIdentityName + " is damaged (" + why + "); it is now " + name +
                      ", and this worker begins anew");
  return {};
}

Result<void> WorkerFolder::remember(const worker::Place& place) {
  Identity next = identity_;
  next.place = place;
  return write(next);
}

Result<void> WorkerFolder::write(const Identity& identity) {
  const std::string path = path_ + "/" + kNewName;
  const int opened =
      calls_->open_at(folder_.get(), kNewName, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, kFileMode);
  if (opened < 0) return storage_error(-opened, "writing", path);
  const FileDescriptor file(opened);
  const std::string text = encode_identity(identity);
  for (std::string_view rest = text; !rest.empty();) {
    const ssize_t written = calls_->write(file.get(), rest.data(), rest.size());
    if (written <= 0) return storage_error(written < 0 ? static_cast<int>(-written) : EIO, "writing", path);
    rest.remove_prefix(static_cast<std::size_t>(written));
  }
  if (const int synced = calls_->sync(file.get()); synced < 0) return storage_error(-synced, "syncing", path);
  if (const int renamed = calls_->rename_at(folder_.get(), kNewName, kIdentityName); renamed < 0)
    return storage_error(-renamed, "renaming", path);
  if (const int synced = calls_->sync(folder_.get()); synced < 0) return storage_error(-synced, "syncing", path_);
  identity_ = identity;
  return {};
}

}  // namespace stellwerk::identity
