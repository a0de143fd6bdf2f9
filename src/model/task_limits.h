/// What the processes of one attempt may use, as its vertex says.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace stellwerk::model {

inline constexpr std::int64_t kLimitBytesMax = std::numeric_limits<std::int64_t>::max();
/// Less starts hardly any program.
inline constexpr std::int64_t kMemoryBytesMin = std::int64_t{1} << 20;
/// In thousandths of a processor.
inline constexpr std::int64_t kCpuPermilleMin = 10;
inline constexpr std::int64_t kCpuPermilleMax = 10'000'000;
inline constexpr std::int64_t kProcessesMax = 4'194'304;  ///< as many as Linux has numbers for
/// Descriptors 0 to 3, and some for libraries that are loaded.
inline constexpr std::int64_t kOpenFilesMin = 16;
inline constexpr std::int64_t kOpenFilesMax = 1'073'741'816;

/// Absent: not limited here. The first three hold for all processes of an attempt together, and need a control group;
/// the others hold for each process.
struct TaskLimits {
  std::optional<std::int64_t> memory_bytes;
  std::optional<std::int64_t> cpu_permille;  ///< 1000: one processor
  std::optional<std::int64_t> processes;     ///< threads count too
  std::optional<std::int64_t> open_files;
  std::optional<std::int64_t> file_bytes;  ///< of each file that it writes
  std::optional<std::int64_t> core_bytes;  ///< of a core dump; 0: none

  friend bool operator==(const TaskLimits&, const TaskLimits&) = default;
};

/// Of the limits that need a control group: which.
struct GroupLimits {
  bool memory = false;
  bool cpus = false;
  bool processes = false;

  bool any() const noexcept { return memory || cpus || processes; }
  bool all() const noexcept { return memory && cpus && processes; }
  friend bool operator==(const GroupLimits&, const GroupLimits&) = default;
};

/// Those that are asked for.
GroupLimits group_limits(const TaskLimits& limits) noexcept;
/// Those of `wanted` that `kept` has not.
GroupLimits without(const GroupLimits& wanted, const GroupLimits& kept) noexcept;
/// "memory", "cpus", "processes", as in job specs.
std::vector<std::string_view> names(const GroupLimits& limits);
/// "memory and cpus".
std::string listed(const GroupLimits& limits);

}  // namespace stellwerk::model
