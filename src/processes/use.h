/// What processes use, from /proc.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace stellwerk::processes {

/// Of one tree are looked at, at most: processes, and threads of each that may have children.
inline constexpr std::size_t kTreeMax = 256;
inline constexpr std::size_t kTreeThreadsMax = 16;

struct ProcessUse {
  std::int64_t cpu_ms = 0;  ///< its own, and that of children that it has waited for
  std::int64_t resident_bytes = 0;

  friend bool operator==(const ProcessUse&, const ProcessUse&) = default;
};

/// The text of /proc/<pid>/stat, by the ticks and pages of its host.
std::optional<ProcessUse> parse_use(std::string_view stat, std::int64_t ticks_per_second, std::int64_t page_bytes);
/// Nothing: there is no such process.
std::optional<ProcessUse> read_use(std::int64_t pid);

/// The process and its descendants, kTreeMax at most. Alone on a kernel without CONFIG_PROC_CHILDREN.
std::vector<std::int64_t> read_tree(std::int64_t pid);

}  // namespace stellwerk::processes
