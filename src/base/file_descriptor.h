/// Ownership of one file descriptor.
#pragma once

#include <unistd.h>

#include <utility>

namespace stellwerk {

/// Closes what it holds. A close that fails is not reported: who needs durability syncs first.
class FileDescriptor {
 public:
  FileDescriptor() = default;
  /// Takes ownership; negative means none.
  explicit FileDescriptor(int fd) noexcept : fd_(fd) {}
  FileDescriptor(FileDescriptor&& other) noexcept : fd_(other.release()) {}
  FileDescriptor& operator=(FileDescriptor&& other) noexcept {
    reset(other.release());
    return *this;
  }
  ~FileDescriptor() { reset(); }

  int get() const noexcept { return fd_; }
  explicit operator bool() const noexcept { return fd_ >= 0; }

  int release() noexcept { return std::exchange(fd_, -1); }
  void reset(int fd = -1) noexcept {
    const int old = std::exchange(fd_, fd);
    if (old >= 0) ::close(old);
  }

 private:
  int fd_ = -1;
};

}  // namespace stellwerk
