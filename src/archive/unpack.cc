#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "archive/archive.h"
#include "archive/reader.h"
#include "base/file_descriptor.h"
#include "base/write_all.h"

namespace stellwerk::archive {
namespace {

constexpr std::size_t kWriteBytes = std::size_t{64} << 10;
constexpr mode_t kUnpackedFileMode = 0644;
constexpr mode_t kUnpackedProgramMode = 0755;

Error could_not(const std::string& path, int error) {
  return make_error(error == ENOSPC || error == EDQUOT ? Errc::no_space : Errc::failed,
                    "could not write " + shown_path(path) + ": " + std::strerror(error));
}

/// Below one folder, in which nothing is that this has not made: no path can lead through a link.
class Unpacking {
 public:
  Unpacking(const Limits& limits, std::string folder) : reader_(limits), folder_(std::move(folder)) {}

  Result<void> from(const std::string& file) {
    root_.reset(::open(folder_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!root_) return could_not(folder_, errno);
    if (const auto opened = reader_.open_file(file); opened.has_error()) return opened.error();
    for (;;) {
      const auto entry = reader_.next();
      if (entry.has_error()) return entry.error();
      if (!*entry) return {};
      const auto made = (*entry)->folder ? make_folder((*entry)->path) : make_file(**entry);
      if (made.has_error()) return made.error();
    }
  }

 private:
  Result<void> make_parents(const std::string& path) {
    const std::size_t slash = path.rfind('/');
    return slash == std::string::npos ? Result<void>() : make_folder(path.substr(0, slash));
  }

  Result<void> make_folder(const std::string& path) {
    if (::mkdirat(root_.get(), path.c_str(), kUnpackedProgramMode) == 0 || errno == EEXIST) return {};
    if (errno != ENOENT) return could_not(folder_ + "/" + path, errno);
    if (const auto made = make_parents(path); made.has_error()) return made.error();
    if (::mkdirat(root_.get(), path.c_str(), kUnpackedProgramMode) != 0) return could_not(folder_ + "/" + path, errno);
    return {};
  }

  Result<void> make_file(const Entry& entry) {
    if (const auto made = make_parents(entry.path); made.has_error()) return made.error();
    const FileDescriptor file(::openat(root_.get(), entry.path.c_str(),
                                       O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                                       entry.executable ? kUnpackedProgramMode : kUnpackedFileMode));
    if (!file) return could_not(folder_ + "/" + entry.path, errno);
    for (;;) {
      const auto got = reader_.read(block_);
      if (got.has_error()) return got.error();
      if (*got == 0) return {};
      if (const int done = write_all(file.get(), {block_.data(), *got}); done < 0)
        return could_not(folder_ + "/" + entry.path, -done);
    }
  }

  Reader reader_;
  const std::string folder_;
  FileDescriptor root_;
  std::array<char, kWriteBytes> block_;
};

}  // namespace

Result<void> unpack(const std::string& file, const std::string& folder, const Limits& limits) {
  return Unpacking(limits, folder).from(file);
}

}  // namespace stellwerk::archive
