#include "storage/file_calls.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

namespace stellwerk::storage {
namespace {

template <class Call>
auto answer(Call call) -> decltype(call()) {
  for (;;) {
    const auto result = call();
    if (result >= 0) return result;
    if (errno != EINTR) return -errno;
  }
}

}  // namespace

int FileCalls::open_at(int dir, const char* path, int flags, mode_t mode) {
  return answer([&] { return ::openat(dir, path, flags, mode); });
}

ssize_t FileCalls::read_at(int fd, char* into, std::size_t bytes, std::uint64_t offset) {
  return answer([&] { return ::pread(fd, into, bytes, static_cast<off_t>(offset)); });
}

ssize_t FileCalls::write(int fd, const char* from, std::size_t bytes) {
  return answer([&] { return ::write(fd, from, bytes); });
}

int FileCalls::sync(int fd) {
  return answer([&] { return ::fsync(fd); });
}

int FileCalls::link_at(int dir, const char* from, const char* to) {
  return answer([&] { return ::linkat(dir, from, dir, to, 0); });
}

int FileCalls::rename_at(int dir, const char* from, const char* to) {
  return answer([&] { return ::renameat(dir, from, dir, to); });
}

int FileCalls::unlink_at(int dir, const char* path) {
  return answer([&] { return ::unlinkat(dir, path, 0); });
}

int FileCalls::make_dir_at(int dir, const char* path, mode_t mode) {
  return answer([&] { return ::mkdirat(dir, path, mode); });
}

}  // namespace stellwerk::storage
