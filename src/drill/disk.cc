#include "drill/disk.h"

#include <sched.h>
#include <sys/mount.h>
#include <sys/statvfs.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <thread>
#include <utility>

namespace stellwerk::drill {
namespace {

/// Of shrinking it to what is used, while somebody still writes.
constexpr int kShrinkTries = 1'000;
/// Of finding a moment when nobody writes: a second.
constexpr int kQuietTries = 1'000;
constexpr auto kQuietEvery = std::chrono::milliseconds(1);

std::string size_option(std::uint64_t bytes) {
  return "size=" + std::to_string(bytes);
}

Error disk_error(const std::string& what) {
  return make_error(Errc::failed, what + " (" + std::strerror(errno) + ")");
}

}  // namespace

Result<Disk> Disk::mount(const std::string& path) {
  if (::unshare(CLONE_NEWNS) != 0 || ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
      ::mount("drill", path.c_str(), "tmpfs", 0, size_option(kDiskBytes).c_str()) != 0)
    return disk_error("a disk that can be full needs the rights of root");
  return Disk(path);
}

Disk::Disk(Disk&& other) noexcept : path_(std::exchange(other.path_, "")) {}

Disk::~Disk() {
  if (!path_.empty()) ::umount2(path_.c_str(), MNT_DETACH);
}

Result<void> Disk::fill() {
  for (int i = 0; i < kShrinkTries; ++i) {
    struct statvfs now {};
    if (::statvfs(path_.c_str(), &now) != 0) return disk_error("the disk of the drill cannot be looked at");
    const std::uint64_t used = (now.f_blocks - now.f_bfree) * now.f_frsize;
    // 0 would be no limit.
    const std::string size = size_option(used > 0 ? used : now.f_frsize);
    if (::mount(nullptr, path_.c_str(), nullptr, MS_REMOUNT, size.c_str()) == 0) return {};
    if (errno != EINVAL) break;
  }
  return disk_error("the disk of the drill cannot be filled");
}

Result<void> Disk::refuse_writes() {
  for (int i = 0; i < kQuietTries; ++i) {
    if (::mount(nullptr, path_.c_str(), nullptr, MS_REMOUNT | MS_RDONLY, nullptr) == 0) return {};
    if (errno != EBUSY) break;
    std::this_thread::sleep_for(kQuietEvery);
  }
  return disk_error("the disk of the drill cannot be made read-only");
}

Result<void> Disk::free() {
  if (::mount(nullptr, path_.c_str(), nullptr, MS_REMOUNT, size_option(kDiskBytes).c_str()) == 0) return {};
  return disk_error("the disk of the drill cannot be freed");
}

}  // namespace stellwerk::drill
