#include "storage/folder_walk.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <utility>

#include "base/file_descriptor.h"
#include "storage/directory_entries.h"
#include "storage/file_names.h"

namespace stellwerk::storage {
namespace {

constexpr std::int64_t kMsPerS = 1000;
constexpr std::int64_t kNsPerMs = 1'000'000;

bool starts_with(std::string_view text, std::string_view start) {
  return text.substr(0, start.size()) == start;
}

class Walk {
 public:
  Walk(std::string_view prefix, std::size_t files_max, std::vector<BlobInfo>& out)
      : prefix_(prefix), files_max_(files_max), out_(out) {}

  /// `path` is the folder's name with a slash at its end, or empty for the root.
  int folder(int fd, const std::string& path) {
    struct stat self {};
    if (::fstat(fd, &self) < 0) return -errno;
    const auto id = std::make_pair(self.st_dev, self.st_ino);
    if (std::find(above_.begin(), above_.end(), id) != above_.end()) return 0;
    above_.push_back(id);
    const int rc = entries(fd, path);
    above_.pop_back();
    return rc;
  }

 private:
  int entries(int fd, const std::string& path) {
    std::vector<std::string> folders;
    int failed = 0;
    const int rc = for_each_entry(fd, [&](const char* entry, unsigned char type) {
      const std::string name = path + entry;
      if (!is_valid_blob_name(name)) return true;
      const bool may_be_file = type != DT_DIR && starts_with(name, prefix_);
      const bool may_be_folder = type != DT_REG && may_hold(name + '/');
      if (!may_be_file && !may_be_folder) return true;
      failed = look_at(fd, entry, name, may_be_file, folders);
      return failed == 0;
    });
    if (rc < 0 || failed < 0) return rc < 0 ? rc : failed;
    for (const auto& name : folders)
      if (const int below = descend(fd, path, name); below < 0) return below;
    return 0;
  }

  bool may_hold(const std::string& folder) const {
    return starts_with(folder, prefix_) || starts_with(prefix_, folder);
  }

  int look_at(int fd, const char* entry, const std::string& name, bool may_be_file, std::vector<std::string>& folders) {
    struct stat info {};
    if (::fstatat(fd, entry, &info, 0) < 0) return errno == ENOENT || errno == ELOOP ? 0 : -errno;
    if (S_ISDIR(info.st_mode) && may_hold(name + '/')) folders.emplace_back(entry);
    if (!S_ISREG(info.st_mode) || !may_be_file) return 0;
    if (out_.size() >= files_max_) return -E2BIG;
    out_.push_back({name, static_cast<std::uint64_t>(info.st_size),
                    info.st_mtim.tv_sec * kMsPerS + info.st_mtim.tv_nsec / kNsPerMs});
    return 0;
  }

  int descend(int fd, const std::string& path, const std::string& entry) {
    const FileDescriptor below(::openat(fd, entry.c_str(), kOpenFolder));
    if (!below) return errno == ENOENT || errno == ENOTDIR ? 0 : -errno;
    return folder(below.get(), path + entry + '/');
  }

  const std::string_view prefix_;
  const std::size_t files_max_;
  std::vector<BlobInfo>& out_;
  /// The folders that we are in, to notice a link that leads back to one.
  std::vector<std::pair<dev_t, ino_t>> above_;
};

}  // namespace

int find_blobs(int root, std::string_view prefix, std::size_t files_max, std::vector<BlobInfo>& out) {
  Walk walk(prefix, files_max, out);
  const auto slash = prefix.rfind('/');
  if (slash == std::string_view::npos) return walk.folder(root, "");
  const std::string path(prefix.substr(0, slash));
  if (!is_valid_blob_name(path)) return 0;
  const FileDescriptor folder(::openat(root, path.c_str(), kOpenFolder));
  if (!folder) return errno == ENOENT || errno == ENOTDIR ? 0 : -errno;
  return walk.folder(folder.get(), path + '/');
}

}  // namespace stellwerk::storage
