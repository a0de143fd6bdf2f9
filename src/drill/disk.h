/// A small disk of a drill's own, in memory, that can be full.
#pragma once

#include <stellwerk/result.h>

#include <cstdint>
#include <string>

namespace stellwerk::drill {

/// What it holds at most; only what is used takes memory.
inline constexpr std::uint64_t kDiskBytes = 1ULL << 30;

/// Used by one thread: the one that starts the daemons, whose own mount namespace it replaces, so that nobody else sees
/// the disk and nothing of it is left when the drill ends.
class Disk {
 public:
  /// At `path`, an empty folder. Needs the rights of root. Errors: failed.
  static Result<Disk> mount(const std::string& path);
  Disk(Disk&& other) noexcept;
  Disk& operator=(Disk&&) = delete;
  /// Whatever still uses it keeps it until its end.
  ~Disk();

  const std::string& path() const noexcept { return path_; }
  /// What is there stays, nothing more fits. Errors: failed.
  Result<void> fill();
  /// Nothing can be changed. Errors: failed, somebody keeps a file open to write to it.
  Result<void> refuse_writes();
  /// As at first. Errors: failed.
  Result<void> free();

 private:
  explicit Disk(std::string path) : path_(std::move(path)) {}

  std::string path_;
};

}  // namespace stellwerk::drill
