/// What the system tells about processes in /proc.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/file_descriptor.h"

namespace stellwerk::processes {

/// Of a process' environment, the first that is looked at, in bytes.
inline constexpr std::size_t kEnvironmentBytesMax = std::size_t{256} << 10;

struct ProcessStat {
  std::int64_t pid = 0;
  std::int64_t parent = 0;
  std::int64_t group = 0;
  std::int64_t session = 0;
  std::int64_t threads = 0;
  std::int64_t started = 0;  ///< clock ticks since the boot of the host
  char state = '?';          ///< of its first thread, as in proc(5): 'R', 'D', 'Z' ...

  /// Nothing runs any more; its number stays taken until its parent asks.
  bool ended() const noexcept { return (state == 'Z' || state == 'X') && threads <= 1; }
  friend bool operator==(const ProcessStat&, const ProcessStat&) = default;
};

/// The text of /proc/<pid>/stat. The name in it is the process' own choice: blanks, parentheses and newlines are part
/// of it.
std::optional<ProcessStat> parse_stat(std::string_view text);

/// Nothing: there is no such process.
std::optional<ProcessStat> read_stat(std::int64_t pid);

/// As it stands in /proc.
std::optional<std::string> read_stat_text(std::int64_t pid);

/// All that there are, in the order of their numbers.
std::vector<std::int64_t> list_processes();

/// The children of this process, or, on a kernel without CONFIG_PROC_CHILDREN, all processes. Only the caller's thread
/// may reap meanwhile, or some are passed over.
std::vector<std::int64_t> child_candidates();

/// Children of the first threads of another process; none on such a kernel.
std::vector<std::int64_t> children_of(std::int64_t pid, std::size_t threads_max);

/// What a process was started with, "NAME=value" each with a zero byte behind it. Nothing: it is gone, or may not be
/// looked at. Empty: it has none, or is just becoming another program.
std::optional<std::string> read_environment(std::int64_t pid);
/// The value of a variable in it.
std::optional<std::string> find_variable(std::string_view environment, std::string_view name);

/// A descriptor of a process, closed on exec; none if there is no such process, or for want of descriptors (errno).
FileDescriptor open_pidfd(std::int64_t pid);

/// Differs after each boot of the host, and in each container: as long as it is the same, a number and a start name one
/// process. Empty if the system does not tell.
std::string boot_id();

}  // namespace stellwerk::processes
