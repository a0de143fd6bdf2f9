#include "tasks/cgroup_files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <map>
#include <system_error>

#include "base/file_descriptor.h"
#include "processes/proc.h"
#include "tasks/cgroup_text.h"

namespace stellwerk::tasks {
namespace {

constexpr mode_t kGroupMode = 0755;
/// More than any of these files has; what is longer is cut.
constexpr std::size_t kCgroupFileBytesMax = std::size_t{64} << 10;

Error cgroup_error(int code) {
  return make_error(code == EBUSY ? Errc::refused : Errc::failed, std::strerror(code));
}

/// Descriptors are held of so many.
constexpr std::size_t kKilledInOneLookMax = 256;

/// Without those of which this process sees no number: 0.
std::vector<std::int64_t> processes_in(const std::string& procs) {
  std::vector<std::int64_t> out;
  for (const std::string_view line : pieces(procs, '\n'))
    if (const auto pid = whole_number(line); pid && *pid > 0) out.push_back(*pid);
  return out;
}

}  // namespace

Result<void> SystemCgroupFiles::make(const std::string& group) {
  if (::mkdir(group.c_str(), kGroupMode) != 0) return cgroup_error(errno);
  return {};
}

bool SystemCgroupFiles::remove(const std::string& group) {
  return ::rmdir(group.c_str()) == 0;
}

Result<void> SystemCgroupFiles::write(const std::string& file, const std::string& text) {
  const FileDescriptor opened(::open(file.c_str(), O_WRONLY | O_CLOEXEC));
  if (!opened || ::write(opened.get(), text.data(), text.size()) < 0) return cgroup_error(errno);
  return {};
}

std::optional<std::string> SystemCgroupFiles::read(const std::string& file) const {
  const FileDescriptor opened(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  if (!opened) return std::nullopt;
  std::string text;
  std::array<char, 4096> bytes{};
  while (text.size() < kCgroupFileBytesMax) {
    const ssize_t got = ::read(opened.get(), bytes.data(), bytes.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return std::nullopt;
    if (got == 0) break;
    text.append(bytes.data(), static_cast<std::size_t>(got));
  }
  return text;
}

std::vector<std::string> SystemCgroupFiles::below(const std::string& group) const {
  std::vector<std::string> out;
  std::error_code error;
  for (std::filesystem::directory_iterator each(group, error), end; !error && each != end; each.increment(error)) {
    if (out.size() >= kGroupsBelowMax) break;
    if (std::error_code unknown; each->is_directory(unknown)) out.push_back(each->path().filename().string());
  }
  return out;
}

void SystemCgroupFiles::kill(const std::string& group) {
  const std::string file = group + "/cgroup.procs";
  auto listed = processes_in(read(file).value_or(""));
  if (listed.size() > kKilledInOneLookMax) listed.resize(kKilledInOneLookMax);
  std::map<std::int64_t, FileDescriptor> held;
  for (const std::int64_t pid : listed) held.emplace(pid, processes::open_pidfd(pid));
  // A number may have become another process' before it was held; that one is not listed.
  for (const std::int64_t pid : processes_in(read(file).value_or("")))
    if (const auto at = held.find(pid); at != held.end() && at->second)
      ::syscall(SYS_pidfd_send_signal, at->second.get(), SIGKILL, nullptr, 0);
}

}  // namespace stellwerk::tasks
