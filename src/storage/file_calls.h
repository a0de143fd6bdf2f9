/// The system calls that durable files are made with: the seam at which tests let each one fail before
/// or after its effect, and drop what was never synced.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>

namespace stellwerk::storage {

/// The operating system itself; tests override. Every call answers 0 or more, or -errno; a call
/// that a signal interrupted is made again. Called from several threads at once.
class FileCalls {
 public:
  virtual ~FileCalls() = default;

  virtual int open_at(int dir, const char* path, int flags, mode_t mode);
  virtual ssize_t read_at(int fd, char* into, std::size_t bytes, std::uint64_t offset);
  virtual ssize_t write(int fd, const char* from, std::size_t bytes);
  virtual int sync(int fd);
  /// Gives a file a second name; never replaces.
  virtual int link_at(int dir, const char* from, const char* to);
  /// Replaces what has the new name.
  virtual int rename_at(int dir, const char* from, const char* to);
  virtual int unlink_at(int dir, const char* path);
  virtual int make_dir_at(int dir, const char* path, mode_t mode);
};

}  // namespace stellwerk::storage
