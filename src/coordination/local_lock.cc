#include "coordination/local_lock.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace stellwerk::coordination {
namespace {

constexpr mode_t kLockMode = 0640;
constexpr std::size_t kHolderBytesMax = 4096;

struct flock whole_file(short type) {
  struct flock lock {};
  lock.l_type = type;
  lock.l_whence = SEEK_SET;
  return lock;
}

int set_lock(int fd, short type) {
  struct flock lock = whole_file(type);
  for (;;) {
    if (::fcntl(fd, F_OFD_SETLK, &lock) == 0) return 1;
    if (errno == EAGAIN || errno == EACCES) return 0;
    if (errno != EINTR) return -errno;
  }
}

}  // namespace

int is_locked(int fd) {
  struct flock lock = whole_file(F_WRLCK);
  if (::fcntl(fd, F_OFD_GETLK, &lock) < 0) return -errno;
  return lock.l_type == F_UNLCK ? 0 : 1;
}

int try_lock(int fd) {
  return set_lock(fd, F_WRLCK);
}

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
  set_lock(fd_.get(), F_UNLCK);
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
