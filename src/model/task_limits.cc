#include "model/task_limits.h"

namespace stellwerk::model {

GroupLimits group_limits(const TaskLimits& limits) noexcept {
  return {limits.memory_bytes.has_value(), limits.cpu_permille.has_value(), limits.processes.has_value()};
}

GroupLimits without(const GroupLimits& wanted, const GroupLimits& kept) noexcept {
  return {wanted.memory && !kept.memory, wanted.cpus && !kept.cpus, wanted.processes && !kept.processes};
}

std::vector<std::string_view> names(const GroupLimits& limits) {
  std::vector<std::string_view> out;
  if (limits.memory) out.emplace_back("memory");
  if (limits.cpus) out.emplace_back("cpus");
  if (limits.processes) out.emplace_back("processes");
  return out;
}

std::string listed(const GroupLimits& limits) {
  const auto all = names(limits);
  std::string out;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (i > 0) out += i + 1 == all.size() ? " and " : ", ";
    out += all[i];
  }
  return out;
}

}  // namespace stellwerk::model
