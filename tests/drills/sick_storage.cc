/// For a program whose disk is to be slow or to fail: loaded before its libraries (LD_PRELOAD), it holds up what they
/// ask of files below SICK_STORAGE_FOLDER, or refuses it. How is read at each call from the file SICK_STORAGE_ORDERS:
/// "<ms of a write> <ms of a read> <errno>"; what is 0, and a file that is not there, is a sound disk.
#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

namespace {

enum class Kind { write, read };

struct Orders {
  long write_ms = 0;
  long read_ms = 0;
  int error = 0;
};

template <class Call>
Call* next(const char* name) {
  return reinterpret_cast<Call*>(::dlsym(RTLD_NEXT, name));
}

std::string setting(const char* name) {
  const char* const text = ::getenv(name);
  return text == nullptr ? std::string() : text;
}

Orders orders() {
  Orders given;
  if (FILE* const file = std::fopen(setting("SICK_STORAGE_ORDERS").c_str(), "re")) {
    if (std::fscanf(file, "%ld %ld %d", &given.write_ms, &given.read_ms, &given.error) != 3) given = {};
    std::fclose(file);
  }
  return given;
}

bool is_below(const std::string& path) {
  static const std::string folder = setting("SICK_STORAGE_FOLDER");
  return !folder.empty() && path.compare(0, folder.size(), folder) == 0 &&
         (path.size() == folder.size() || path[folder.size()] == '/');
}

std::string path_of(int fd) {
  char path[PATH_MAX];
  const std::string link = "/proc/self/fd/" + std::to_string(fd);
  const ssize_t length = ::readlink(link.c_str(), path, sizeof path);
  return length > 0 ? std::string(path, static_cast<std::size_t>(length)) : std::string();
}

/// False: the call fails, and errno is set.
bool pass(const std::string& path, Kind kind) {
  const int before = errno;
  if (is_below(path)) {
    const Orders given = orders();
    const long ms = kind == Kind::write ? given.write_ms : given.read_ms;
    if (ms > 0) ::poll(nullptr, 0, static_cast<int>(ms));
    if (given.error != 0) {
      errno = given.error;
      return false;
    }
  }
  errno = before;
  return true;
}

bool pass_at(int dir, const char* path, Kind kind) {
  return pass(path[0] == '/' || dir == AT_FDCWD ? path : path_of(dir), kind);
}

using Open = int(int, const char*, int, ...);

int open_next(const char* name, int dir, const char* path, int flags, mode_t mode) {
  if (!pass_at(dir, path, (flags & O_CREAT) != 0 ? Kind::write : Kind::read)) return -1;
  return next<Open>(name)(dir, path, flags, mode);
}

mode_t mode_in(int flags, va_list& rest) {
  return (flags & O_CREAT) != 0 ? va_arg(rest, mode_t) : 0;
}

}  // namespace

extern "C" {

int openat(int dir, const char* path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  const mode_t mode = mode_in(flags, rest);
  va_end(rest);
  return open_next("openat", dir, path, flags, mode);
}

int openat64(int dir, const char* path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  const mode_t mode = mode_in(flags, rest);
  va_end(rest);
  return open_next("openat64", dir, path, flags, mode);
}

ssize_t write(int fd, const void* from, std::size_t bytes) {
  return pass(path_of(fd), Kind::write) ? next<decltype(write)>("write")(fd, from, bytes) : -1;
}

ssize_t pread(int fd, void* into, std::size_t bytes, off_t offset) {
  return pass(path_of(fd), Kind::read) ? next<decltype(pread)>("pread")(fd, into, bytes, offset) : -1;
}

ssize_t pread64(int fd, void* into, std::size_t bytes, off64_t offset) {
  return pass(path_of(fd), Kind::read) ? next<decltype(pread64)>("pread64")(fd, into, bytes, offset) : -1;
}

int fsync(int fd) {
  return pass(path_of(fd), Kind::write) ? next<decltype(fsync)>("fsync")(fd) : -1;
}

int linkat(int from_dir, const char* from, int to_dir, const char* to, int flags) {
  return pass_at(to_dir, to, Kind::write) ? next<decltype(linkat)>("linkat")(from_dir, from, to_dir, to, flags) : -1;
}

int mkdirat(int dir, const char* path, mode_t mode) noexcept {
  return pass_at(dir, path, Kind::write) ? next<decltype(mkdirat)>("mkdirat")(dir, path, mode) : -1;
}

int unlinkat(int dir, const char* path, int flags) noexcept {
  return pass_at(dir, path, Kind::write) ? next<decltype(unlinkat)>("unlinkat")(dir, path, flags) : -1;
}
}
