#include "base/file_lock.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

namespace stellwerk {
namespace {

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

int try_lock(int fd) {
  return set_lock(fd, F_WRLCK);
}

void unlock(int fd) {
  set_lock(fd, F_UNLCK);
}

int is_locked(int fd) {
  struct flock lock = whole_file(F_WRLCK);
  if (::fcntl(fd, F_OFD_GETLK, &lock) < 0) return -errno;
  return lock.l_type == F_UNLCK ? 0 : 1;
}

}  // namespace stellwerk
