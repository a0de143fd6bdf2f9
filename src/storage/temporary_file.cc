#include "storage/temporary_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <vector>

#include "storage/directory_entries.h"
#include "storage/file_names.h"

namespace stellwerk::storage {
namespace {

constexpr int kNameTriesMax = 1000;
constexpr std::size_t kSweptAtOnceMax = 256;

/// A pid alone repeats: in a container every run may have the same one.
std::string start_of_names() {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  return std::string(kTemporaryFolder) + "/" + std::to_string(::getpid()) + "-" + std::to_string(now.tv_sec) + "-" +
         std::to_string(now.tv_nsec) + "-";
}

}  // namespace

TemporaryFile::~TemporaryFile() {
  if (root_ >= 0) calls_->unlink_at(root_, path_.c_str());
}

TemporaryFiles::TemporaryFiles(FileCalls& calls) : calls_(calls), start_(start_of_names()) {}

std::string TemporaryFiles::next_path() {
  return start_ + std::to_string(count_.fetch_add(1, std::memory_order_relaxed));
}

boost::system::result<TemporaryFile, int> TemporaryFiles::write(int root, std::string_view bytes) {
  std::string path;
  int fd = -EEXIST;
  for (int tries = 0; fd < 0 && tries < kNameTriesMax; ++tries) {
    path = next_path();
    fd = calls_.open_at(root, path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, kFileMode);
    if (fd == -ENOENT) {
      const int made = calls_.make_dir_at(root, kTemporaryFolder, kFolderMode);
      if (made < 0 && made != -EEXIST) return -made;
    } else if (fd < 0 && fd != -EEXIST) {
      return -fd;
    }
  }
  if (fd < 0) return -fd;
  TemporaryFile file(calls_, root, FileDescriptor(fd), std::move(path));
  while (!bytes.empty()) {
    const ssize_t written = calls_.write(fd, bytes.data(), bytes.size());
    if (written <= 0) return written < 0 ? static_cast<int>(-written) : EIO;
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  if (const int synced = calls_.sync(fd); synced < 0) return -synced;
  return file;
}

void TemporaryFiles::sweep(int root, std::int64_t now_s) {
  const FileDescriptor folder(::openat(root, kTemporaryFolder, kOpenFolder));
  if (!folder) return;
  std::vector<std::string> old;
  for_each_entry(folder.get(), [&](const char* name, unsigned char) {
    struct stat info {};
    if (::fstatat(folder.get(), name, &info, AT_SYMLINK_NOFOLLOW) == 0 && now_s - info.st_mtim.tv_sec > kLeftoverAgeS)
      old.emplace_back(name);
    return old.size() < kSweptAtOnceMax;
  });
  for (const auto& name : old) calls_.unlink_at(folder.get(), name.c_str());
}

}  // namespace stellwerk::storage
