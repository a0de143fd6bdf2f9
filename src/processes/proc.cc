#include "processes/proc.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <memory>

namespace stellwerk::processes {
namespace {

/// Longest /proc/<pid>/stat: 52 numbers and a name of 64 bytes.
constexpr std::size_t kStatBytesMax = 2048;
constexpr std::size_t kBootIdBytesMax = 64;
constexpr std::size_t kChildrenBytesMax = std::size_t{16} << 20;

std::optional<std::string> read_proc(const std::string& path, std::size_t bytes_max) {
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) return std::nullopt;
  std::string text;
  std::array<char, 4096> buffer;
  while (text.size() < bytes_max) {
    const ssize_t got = ::read(file.get(), buffer.data(), std::min(buffer.size(), bytes_max - text.size()));
    if (got < 0) return std::nullopt;  // it ended meanwhile, or is somebody else's
    if (got == 0) break;
    text.append(buffer.data(), static_cast<std::size_t>(got));
  }
  return text;
}

bool take_number(std::string_view& text, std::int64_t& number) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return true;
}

/// The entries of a folder whose names are numbers.
std::optional<std::vector<std::int64_t>> list_numbers(const char* folder) {
  const std::unique_ptr<DIR, int (*)(DIR*)> at(::opendir(folder), ::closedir);
  if (!at) return std::nullopt;
  std::vector<std::int64_t> numbers;
  while (const dirent* entry = ::readdir(at.get())) {
    std::string_view name = entry->d_name;
    std::int64_t number = 0;
    if (take_number(name, number) && name.empty()) numbers.push_back(number);
  }
  std::sort(numbers.begin(), numbers.end());
  return numbers;
}

/// Of the first threads in this folder. False: the kernel does not tell.
bool read_children(const std::string& threads, std::size_t threads_max, std::vector<std::int64_t>& children) {
  bool told = false;
  std::size_t looked = 0;
  for (const std::int64_t thread : list_numbers(threads.c_str()).value_or(std::vector<std::int64_t>())) {
    if (looked++ >= threads_max) break;
    const auto text = read_proc(threads + "/" + std::to_string(thread) + "/children", kChildrenBytesMax);
    told = told || text;
    std::string_view rest = text ? std::string_view(*text) : std::string_view();
    std::int64_t pid = 0;
    while (take_number(rest, pid)) children.push_back(pid);
  }
  return told;
}

}  // namespace

std::optional<ProcessStat> parse_stat(std::string_view text) {
  // <pid> (<name>) <state> <parent> <group> <session> ...; the threads are field 20, the start is field 22
  constexpr int kBeforeThreads = 13;
  ProcessStat stat;
  if (!take_number(text, stat.pid)) return std::nullopt;
  const std::size_t name_end = text.rfind(") ");
  if (!text.starts_with(" (") || name_end == std::string_view::npos || name_end + 3 > text.size()) return std::nullopt;
  stat.state = text[name_end + 2];
  text.remove_prefix(name_end + 3);
  if (!take_number(text, stat.parent) || !take_number(text, stat.group) || !take_number(text, stat.session))
    return std::nullopt;
  std::int64_t other = 0;
  for (int i = 0; i < kBeforeThreads; ++i)
    if (!take_number(text, other)) return std::nullopt;
  if (!take_number(text, stat.threads) || !take_number(text, other) || !take_number(text, stat.started))
    return std::nullopt;
  return stat;
}

std::optional<std::string> read_stat_text(std::int64_t pid) {
  return read_proc("/proc/" + std::to_string(pid) + "/stat", kStatBytesMax);
}

std::optional<ProcessStat> read_stat(std::int64_t pid) {
  const auto text = read_stat_text(pid);
  return text ? parse_stat(*text) : std::nullopt;
}

std::vector<std::int64_t> list_processes() {
  return list_numbers("/proc").value_or(std::vector<std::int64_t>());
}

std::vector<std::int64_t> child_candidates() {
  std::vector<std::int64_t> children;
  return read_children("/proc/self/task", std::numeric_limits<std::size_t>::max(), children) ? children
                                                                                             : list_processes();
}

std::vector<std::int64_t> children_of(std::int64_t pid, std::size_t threads_max) {
  std::vector<std::int64_t> children;
  read_children("/proc/" + std::to_string(pid) + "/task", threads_max, children);
  return children;
}

std::optional<std::string> read_environment(std::int64_t pid) {
  return read_proc("/proc/" + std::to_string(pid) + "/environ", kEnvironmentBytesMax);
}

std::optional<std::string> find_variable(std::string_view environment, std::string_view name) {
  for (std::size_t at = 0; at < environment.size();) {
    const std::size_t end = std::min(environment.find('\0', at), environment.size());
    const std::string_view entry = environment.substr(at, end - at);
    if (entry.starts_with(name) && entry.substr(name.size()).starts_with('='))
      return std::string(entry.substr(name.size() + 1));
    at = end + 1;
  }
  return std::nullopt;
}

FileDescriptor open_pidfd(std::int64_t pid) {
  return FileDescriptor(static_cast<int>(::syscall(SYS_pidfd_open, static_cast<pid_t>(pid), 0)));
}

std::string boot_id() {
  std::string text = read_proc("/proc/sys/kernel/random/boot_id", kBootIdBytesMax).value_or("");
  while (text.ends_with('\n')) text.pop_back();
  const auto first = read_stat(1);
  return first && !text.empty() ? text + "." + std::to_string(first->started) : text;
}

}  // namespace stellwerk::processes
