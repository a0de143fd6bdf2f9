#include "app/output_files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

namespace stellwerk::app {
namespace {

/// Less the umask, as the C library makes files.
constexpr mode_t kMode = 0666;
constexpr std::array<int, 2> kOutputs{STDOUT_FILENO, STDERR_FILENO};

/// Where the descriptor leads, if that is a file to append to which still has its name.
std::string path_of(int descriptor) {
  const int flags = ::fcntl(descriptor, F_GETFL);
  if (flags < 0 || (flags & O_APPEND) == 0) return {};
  std::error_code error;
  const auto path = std::filesystem::read_symlink("/proc/self/fd/" + std::to_string(descriptor), error);
  if (error) return {};
  struct stat open {};
  struct stat named {};
  const bool same = ::fstat(descriptor, &open) == 0 && ::stat(path.c_str(), &named) == 0 && S_ISREG(open.st_mode) &&
                    open.st_dev == named.st_dev && open.st_ino == named.st_ino;
  return same ? path.string() : std::string();
}

}  // namespace

FileDescriptor open_to_append(const std::string& path) {
  return FileDescriptor(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, kMode));
}

Error cannot_open_anew(const std::string& path) {
  const std::string why = std::strerror(errno);
  return make_error(Errc::failed, path + " cannot be opened anew, and what was it is written to as before: " + why);
}

OutputFiles::OutputFiles() {
  for (std::size_t i = 0; i < kOutputs.size(); ++i) paths_[i] = path_of(kOutputs[i]);
}

Result<void> OutputFiles::reopen() const {
  Result<void> all;
  for (std::size_t i = 0; i < kOutputs.size(); ++i) {
    if (paths_[i].empty()) continue;
    const FileDescriptor file = open_to_append(paths_[i]);
    if (!file || ::dup2(file.get(), kOutputs[i]) < 0) all = cannot_open_anew(paths_[i]);
  }
  return all;
}

}  // namespace stellwerk::app
