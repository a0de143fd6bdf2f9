#include "processes/use.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <string>

#include "processes/proc.h"

namespace stellwerk::processes {
namespace {

/// Of proc(5), counted from the first number behind the name and the state.
constexpr std::size_t kFirstTime = 10;
constexpr std::size_t kTimes = 4;
constexpr std::size_t kResident = 20;
constexpr std::int64_t kMsPerSecond = 1000;

}  // namespace

std::optional<ProcessUse> parse_use(std::string_view stat, std::int64_t ticks_per_second, std::int64_t page_bytes) {
  const std::size_t name_end = stat.rfind(") ");
  if (name_end == std::string_view::npos || name_end + 3 > stat.size()) return std::nullopt;
  std::string_view rest = stat.substr(name_end + 3);
  std::array<std::int64_t, kResident + 1> numbers{};
  for (std::int64_t& number : numbers) {
    while (rest.starts_with(' ')) rest.remove_prefix(1);
    const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), number);
    // The size of the address space does not always fit.
    if (error != std::errc() && error != std::errc::result_out_of_range) return std::nullopt;
    rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
  }
  ProcessUse use;
  for (std::size_t i = kFirstTime; i < kFirstTime + kTimes; ++i) use.cpu_ms += std::max<std::int64_t>(0, numbers[i]);
  use.cpu_ms = use.cpu_ms * kMsPerSecond / ticks_per_second;
  use.resident_bytes = std::max<std::int64_t>(0, numbers[kResident]) * page_bytes;
  return use;
}

std::optional<ProcessUse> read_use(std::int64_t pid) {
  static const std::int64_t kTicks = ::sysconf(_SC_CLK_TCK);
  static const std::int64_t kPage = ::sysconf(_SC_PAGESIZE);
  const auto stat = read_stat_text(pid);
  return stat ? parse_use(*stat, kTicks, kPage) : std::nullopt;
}

std::vector<std::int64_t> read_tree(std::int64_t pid) {
  std::vector<std::int64_t> tree{pid};
  for (std::size_t at = 0; at < tree.size(); ++at)
    for (const std::int64_t child : children_of(tree[at], kTreeThreadsMax)) {
      if (tree.size() >= kTreeMax) return tree;
      tree.push_back(child);
    }
  return tree;
}

}  // namespace stellwerk::processes
