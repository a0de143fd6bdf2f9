/// A control group and all below it: a task may make groups in its own (a container's runtime does).
///
/// Each call does a bounded part of its work; what it leaves is done when it is called again.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "tasks/cgroup_files.h"

namespace stellwerk::tasks {

/// Groups that one call looks into: some tens of microseconds each. How deep they lie, the length of a path limits.
inline constexpr std::size_t kGroupsAtOnceMax = 256;

/// Nothing lives in it or below; also if it is not there.
bool is_empty_tree(const CgroupFiles& files, const std::string& group);
/// By number, `most` of them.
std::vector<std::int64_t> processes_of_tree(const CgroupFiles& files, const std::string& group, std::size_t most);
/// SIGKILL to all: at once, or, before Linux 5.14, one by one while they stand still. They end later.
void kill_tree(CgroupFiles& files, const std::string& group);
/// Those below first, because a group with others below it stays. False: something of it is still there.
bool remove_tree(CgroupFiles& files, const std::string& group);

}  // namespace stellwerk::tasks
