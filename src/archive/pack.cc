#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <vector>

#include "archive/archive.h"
#include "archive/entry_paths.h"
#include "archive/tar_writer.h"
#include "base/file_descriptor.h"

namespace stellwerk::archive {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kBlockOfFile = std::size_t{64} << 10;
/// Of a folder that is too large, so many files are named.
constexpr std::size_t kLargestNamed = 3;

struct Found {
  std::string path;
  bool folder = false;
  bool executable = false;
  std::uint64_t size = 0;
};

std::string in_mib(std::uint64_t bytes) {
  constexpr std::uint64_t kMib = std::uint64_t{1} << 20;
  const std::uint64_t tenths = (10 * bytes + kMib - 1) / kMib;
  return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " MiB";
}

class Packing {
 public:
  Packing(std::string folder, const Limits& limits)
      : folder_(std::move(folder)), limits_(limits), paths_(limits_), out_(limits_.archive_bytes) {}

  Result<std::string> run() {
    if (const auto found = find(); found.has_error()) return found.error();
    std::sort(found_.begin(), found_.end(), [](const Found& a, const Found& b) { return a.path < b.path; });
    if (total_ > limits_.unpacked_bytes) return too_large(limits_.unpacked_bytes, "");
    for (const Found& each : found_)
      if (const auto added = each.folder ? out_.folder(each.path) : add(each); added.has_error())
        return named(added.error());
    auto packed = out_.finish();
    if (packed.has_error()) return named(packed.error());
    return packed;
  }

 private:
  Result<void> find() {
    std::error_code error;
    if (!fs::is_directory(folder_, error)) return make_error(Errc::not_found, shown_path(folder_) + " is no folder");
    fs::recursive_directory_iterator at(folder_, error);
    for (; !error && at != fs::recursive_directory_iterator(); at.increment(error))
      if (const auto taken = take(*at); taken.has_error()) return taken.error();
    if (error) return make_error(Errc::failed, "could not read " + shown_path(folder_) + ": " + error.message());
    return {};
  }

  Result<void> take(const fs::directory_entry& entry) {
    const std::string whole = entry.path().string();
    struct stat status {};
    if (::lstat(whole.c_str(), &status) != 0) return unreadable(whole, errno);
    const bool folder = S_ISDIR(status.st_mode);
    const std::string relative = entry.path().lexically_relative(folder_).string();
    auto path = paths_.add(relative, folder);
    if (path.has_error()) return path.error();
    if (S_ISLNK(status.st_mode))
      return make_error(Errc::invalid, shown_path(relative) +
                                           " is a symbolic link; a bundle has only files and folders, so put the file "
                                           "itself there");
    if (!folder && !S_ISREG(status.st_mode))
      return make_error(Errc::invalid, shown_path(relative) + " is neither a file nor a folder");
    const std::uint64_t size = folder ? 0 : static_cast<std::uint64_t>(status.st_size);
    total_ += size;
    found_.push_back({std::move(*path), folder, (status.st_mode & S_IXUSR) != 0, size});
    return {};
  }

  Result<void> add(const Found& each) {
    const std::string whole = folder_ + "/" + each.path;
    const FileDescriptor file(::open(whole.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    if (!file) return unreadable(whole, errno);
    if (const auto begun = out_.file(each.path, each.size, each.executable); begun.has_error()) return begun.error();
    std::uint64_t left = each.size;
    while (left > 0) {
      const ssize_t got = ::read(file.get(), block_.data(), std::min<std::uint64_t>(left, block_.size()));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return unreadable(whole, errno);
      if (got == 0) return make_error(Errc::failed, shown_path(whole) + " became shorter while it was read");
      const auto added = out_.add({block_.data(), static_cast<std::size_t>(got)});
      if (added.has_error()) return added.error();
      left -= static_cast<std::uint64_t>(got);
    }
    return {};
  }

  static Error unreadable(const std::string& path, int error) {
    return make_error(Errc::failed, "could not read " + shown_path(path) + ": " + std::strerror(error));
  }

  Error named(const Error& error) const {
    return error.code == Errc::too_large ? too_large(limits_.archive_bytes, " when it is packed") : error;
  }

  Error too_large(std::uint64_t limit, const std::string& how) const {
    std::vector<Found> files;
    for (const Found& each : found_)
      if (!each.folder) files.push_back(each);
    std::sort(files.begin(), files.end(), [](const Found& a, const Found& b) { return a.size > b.size; });
    std::string largest;
    for (std::size_t i = 0; i < std::min(files.size(), kLargestNamed); ++i)
      largest += (i == 0 ? "" : ", ") + shown_path(files[i].path) + " (" + in_mib(files[i].size) + ")";
    return make_error(Errc::too_large, "it is too large" + how + ": accepted are at most " + in_mib(limit) +
                                           "; its largest files are " + largest);
  }

  const std::string folder_;
  const Limits limits_;
  EntryPaths paths_;
  TarWriter out_;
  std::vector<Found> found_;
  std::uint64_t total_ = 0;
  std::array<char, kBlockOfFile> block_;
};

}  // namespace

Result<std::string> pack(const std::string& folder, const Limits& limits) {
  return Packing(folder, limits).run();
}

}  // namespace stellwerk::archive
