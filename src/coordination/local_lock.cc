#include "coordination/local_lock.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "base/file_lock.h"

namespace stellwerk::coordination {
namespace {

constexpr mode_t kLockMode = 0640;
constexpr std::size_t kHolderBytesMax = 4096;

}  // namespace

Result<LocalLock> LocalLock::open(LocalFolder& folder) {
  FileDescriptor fd(::openat(folder.fd(), kName, O_RDWR | O_CREAT | O_CLOEXEC, kLockMode));
  if (!fd) return local_error(errno, "opening", folder.path() + "/" + kName);
  return LocalLock(std::move(fd));
}

int LocalLock::try_take() {
  if (held_) return 1;
  const int taken = try_lock(fd_.get());
  held_ = taken == 1;
  return taken;
}

void LocalLock::give_back() {
  if (!held_) return;
  unlock(fd_.get());
  held_ = false;
}

int LocalLock::is_still_there(const LocalFolder& folder) const {
  struct stat open {};
  struct stat at_name {};
  if (::fstat(fd_.get(), &open) < 0) return -errno;
  if (::fstatat(folder.fd(), kName, &at_name, AT_SYMLINK_NOFOLLOW) < 0) return errno == ENOENT ? 0 : -errno;
  return open.st_dev == at_name.st_dev && open.st_ino == at_name.st_ino ? 1 : 0;
}

void LocalLock::write_holder(std::string_view json) {
  if (::ftruncate(fd_.get(), 0) == 0) [[maybe_unused]]
    const ssize_t ignored = ::pwrite(fd_.get(), json.data(), json.size(), 0);
}

std::string LocalLock::read_holder(const LocalFolder& folder) {
  const auto text = folder.read(kName, kHolderBytesMax);
  return text ? *text : std::string();
}

}  // namespace stellwerk::coordination
