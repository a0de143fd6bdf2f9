#include "tasks/cgroup_tree.h"

#include <algorithm>
#include <functional>

#include "tasks/cgroup_text.h"

namespace stellwerk::tasks {
namespace {

using Act = std::function<void(const std::string& group)>;

/// All below `group` and then itself, each after what is below it; `budget` of them.
void visit(const CgroupFiles& files, const std::string& group, std::size_t& budget, const Act& act) {
  for (const std::string& each : files.below(group)) {
    if (budget == 0) return;
    visit(files, group + "/" + each, budget, act);
  }
  if (budget == 0) return;
  --budget;
  act(group);
}

void visit_tree(const CgroupFiles& files, const std::string& group, const Act& act) {
  std::size_t budget = kGroupsAtOnceMax;
  visit(files, group, budget, act);
}

}  // namespace

bool is_empty_tree(const CgroupFiles& files, const std::string& group) {
  const std::string events = files.read(group + "/cgroup.events").value_or("");
  const auto lines = pieces(events, '\n');
  return std::find(lines.begin(), lines.end(), "populated 1") == lines.end();
}

std::vector<std::int64_t> processes_of_tree(const CgroupFiles& files, const std::string& group, std::size_t most) {
  std::vector<std::int64_t> out;
  visit_tree(files, group, [&](const std::string& each) {
    if (out.size() >= most) return;
    const std::string listed = files.read(each + "/cgroup.procs").value_or("");
    for (const std::string_view line : pieces(listed, '\n'))
      if (const auto pid = whole_number(line); pid && out.size() < most) out.push_back(*pid);
  });
  return out;
}

void kill_tree(CgroupFiles& files, const std::string& group) {
  if (files.write(group + "/cgroup.kill", "1").has_value()) return;
  // Who stands still starts nobody, and can be killed all the same.
  (void)files.write(group + "/cgroup.freeze", "1");
  visit_tree(files, group, [&](const std::string& each) {
    files.kill(each);
    // So that the next look finds others.
    if (each != group) files.remove(each);
  });
}

bool remove_tree(CgroupFiles& files, const std::string& group) {
  if (files.remove(group)) return true;
  bool removed = false;
  visit_tree(files, group, [&](const std::string& each) { removed = files.remove(each); });
  return removed;
}

}  // namespace stellwerk::tasks
