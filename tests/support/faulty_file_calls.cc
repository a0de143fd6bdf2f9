#include "support/faulty_file_calls.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <iterator>
#include <system_error>

#include "base/assert.h"
#include "support/temp_dir.h"

namespace stellwerk::test {
namespace {

namespace fs = std::filesystem;

fs::path path_of(int fd) {
  std::error_code ignored;
  return fs::read_symlink("/proc/self/fd/" + std::to_string(fd), ignored);
}

ino_t inode_of(const fs::path& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0 ? info.st_ino : 0;
}

}  // namespace

void FaultyFileCalls::fail(std::uint64_t call, int error, When when) {
  const std::lock_guard lock(mutex_);
  calls_ = 0;
  fail_at_ = call;
  error_ = error;
  when_ = when;
  failed_ = false;
}

void FaultyFileCalls::heal() {
  const std::lock_guard lock(mutex_);
  fail_at_ = 0;
  space_.reset();
  read_only_error_ = 0;
}

bool FaultyFileCalls::failed() const {
  const std::lock_guard lock(mutex_);
  return failed_;
}

void FaultyFileCalls::set_space(std::optional<std::uint64_t> bytes) {
  const std::lock_guard lock(mutex_);
  space_ = bytes;
}

void FaultyFileCalls::set_read_only(int error) {
  const std::lock_guard lock(mutex_);
  read_only_error_ = error;
}

FaultyFileCalls::Verdict FaultyFileCalls::begin_call(bool changes) {
  const std::lock_guard lock(mutex_);
  ++calls_;
  if (changes && read_only_error_ != 0) return {false, read_only_error_};
  if (fail_at_ == 0) return {};
  const bool hit = when_ == When::for_good ? calls_ >= fail_at_ : calls_ == fail_at_;
  if (!hit) return {};
  failed_ = true;
  return {when_ == When::after, error_};
}

template <class Call>
int FaultyFileCalls::perform(bool changes, Call call) {
  const Verdict verdict = begin_call(changes);
  const int rc = verdict.happens ? call() : 0;
  return verdict.error != 0 ? -verdict.error : rc;
}

void FaultyFileCalls::note_new_name(int dir, const char* path) {
  const fs::path name = (dir == AT_FDCWD ? fs::path() : path_of(dir)) / path;
  const std::lock_guard lock(mutex_);
  unsynced_names_.push_back(name);
}

int FaultyFileCalls::open_at(int dir, const char* path, int flags, mode_t mode) {
  const bool creates = (flags & O_CREAT) != 0;
  const Verdict verdict = begin_call(creates);
  int fd = -verdict.error;
  if (verdict.happens) fd = FileCalls::open_at(dir, path, flags, mode);
  if (fd >= 0 && creates) {
    note_new_name(dir, path);
    const ino_t inode = inode_of(path_of(fd));
    const std::lock_guard lock(mutex_);
    unsynced_content_[inode].reset(::fcntl(fd, F_DUPFD_CLOEXEC, 0));
  }
  if (verdict.error == 0 || fd < 0) return fd;
  ::close(fd);
  return -verdict.error;
}

ssize_t FaultyFileCalls::write(int fd, const char* from, std::size_t bytes) {
  const Verdict verdict = begin_call(true);
  if (!verdict.happens) return -verdict.error;
  if (verdict.error != 0) {
    FileCalls::write(fd, from, bytes / 2);
    return -verdict.error;
  }
  std::size_t fits = bytes;
  {
    const std::lock_guard lock(mutex_);
    if (space_) {
      if (*space_ == 0 && bytes > 0) return -ENOSPC;
      fits = static_cast<std::size_t>(std::min<std::uint64_t>(*space_, bytes));
      *space_ -= fits;
    }
  }
  return FileCalls::write(fd, from, fits);
}

int FaultyFileCalls::sync(int fd) {
  return perform(false, [&] {
    const fs::path path = path_of(fd);
    const ino_t inode = inode_of(path);
    const std::lock_guard lock(mutex_);
    unsynced_content_.erase(inode);
    unsynced_names_.erase(std::remove_if(unsynced_names_.begin(), unsynced_names_.end(),
                                         [&](const fs::path& name) { return name.parent_path() == path; }),
                          unsynced_names_.end());
    for (auto removed = unsynced_removals_.begin(); removed != unsynced_removals_.end();)
      removed = removed->first.parent_path() == path ? unsynced_removals_.erase(removed) : std::next(removed);
    return 0;
  });
}

int FaultyFileCalls::link_at(int dir, const char* from, const char* to) {
  return perform(true, [&] {
    const int rc = FileCalls::link_at(dir, from, to);
    if (rc >= 0) note_new_name(dir, to);
    return rc;
  });
}

int FaultyFileCalls::rename_at(int dir, const char* from, const char* to) {
  return perform(true, [&] {
    const fs::path name = path_of(dir) / to;
    const bool replaces = fs::exists(name);
    std::string content = read_file(name);
    const int rc = FileCalls::rename_at(dir, from, to);
    if (rc >= 0 && !replaces) note_new_name(dir, to);
    const std::lock_guard lock(mutex_);
    if (rc >= 0 && replaces) unsynced_removals_.try_emplace(name, std::move(content));
    return rc;
  });
}

int FaultyFileCalls::unlink_at(int dir, const char* path) {
  return perform(true, [&] {
    const fs::path name = path_of(dir) / path;
    std::string content = read_file(name);
    const int rc = FileCalls::unlink_at(dir, path);
    const std::lock_guard lock(mutex_);
    if (rc >= 0) unsynced_removals_[name] = std::move(content);
    return rc;
  });
}

int FaultyFileCalls::make_dir_at(int dir, const char* path, mode_t mode) {
  return perform(true, [&] {
    const int rc = FileCalls::make_dir_at(dir, path, mode);
    if (rc >= 0) note_new_name(dir, path);
    return rc;
  });
}

void FaultyFileCalls::lose_power() {
  const std::lock_guard lock(mutex_);
  std::error_code ignored;
  for (const auto& [inode, fd] : unsynced_content_) STELLWERK_ASSERT(::ftruncate(fd.get(), 0) == 0, "cannot truncate");
  for (const auto& [name, content] : unsynced_removals_) {
    fs::remove(name, ignored);
    write_file(name, content);
  }
  for (auto name = unsynced_names_.rbegin(); name != unsynced_names_.rend(); ++name) fs::remove_all(*name, ignored);
  unsynced_names_.clear();
  unsynced_content_.clear();
  unsynced_removals_.clear();
}

}  // namespace stellwerk::test
