#include "tasks/cgroup.h"

#include <algorithm>
#include <charconv>

#include "base/text.h"
#include "tasks/cgroup_text.h"
#include "tasks/cgroup_tree.h"

namespace stellwerk::tasks {
namespace {

/// Of a hundred milliseconds, in microseconds.
constexpr std::int64_t kCpuPeriodUs = 100'000;
constexpr std::int64_t kWholeProcessor = 1'000;
constexpr std::string_view kGroupPrefix = "stellwerk-";
constexpr std::string_view kOwnGroup = ".worker";
constexpr std::string_view kTaskGroup = ".task-";
/// Of mountinfo, counted from 0: what of the file system is mounted, and where.
constexpr std::size_t kMountRoot = 3;
constexpr std::size_t kMountPoint = 4;

bool has_word(std::string_view text, std::string_view word) {
  for (const std::string_view line : pieces(text, '\n'))
    for (const std::string_view each : pieces(line, ' '))
      if (each == word) return true;
  return false;
}

/// As mountinfo has them: blanks are \040.
std::string unescaped(std::string_view text) {
  const auto octal = [&](std::size_t at) { return at < text.size() && text[at] >= '0' && text[at] <= '7'; };
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\' || !octal(i + 1) || !octal(i + 2) || !octal(i + 3)) {
      out += text[i];
      continue;
    }
    out += static_cast<char>((text[i + 1] - '0') * 64 + (text[i + 2] - '0') * 8 + (text[i + 3] - '0'));
    i += 3;
  }
  return out;
}

/// The folder of group `path`, if this line mounts the tree that has it.
std::optional<std::string> folder_by_mount(std::string_view line, std::string_view path) {
  const auto words = pieces(line, ' ');
  const auto dash = std::find(words.begin(), words.end(), std::string_view("-"));
  if (words.size() <= kMountPoint || dash == words.end() || dash + 1 == words.end() || *(dash + 1) != "cgroup2")
    return std::nullopt;
  std::string root = unescaped(words[kMountRoot]);
  if (root == "/") root.clear();
  if (path != root && !(path.starts_with(root) && path.substr(root.size()).starts_with('/'))) return std::nullopt;
  std::string folder = unescaped(words[kMountPoint]) + std::string(path.substr(root.size()));
  while (folder.size() > 1 && folder.ends_with('/')) folder.pop_back();
  return folder;
}

/// Whose group this is: stellwerk-<pid>-<started>.task-<n>.
struct Owner {
  std::int64_t pid = 0;
  std::int64_t started = 0;
};

std::optional<Owner> owner_of(std::string_view group) {
  if (!group.starts_with(kGroupPrefix)) return std::nullopt;
  group.remove_prefix(kGroupPrefix.size());
  Owner owner;
  const char* const end = group.data() + group.size();
  const auto pid = std::from_chars(group.data(), end, owner.pid);
  if (pid.ec != std::errc{} || pid.ptr == end || *pid.ptr != '-') return std::nullopt;
  const auto started = std::from_chars(pid.ptr + 1, end, owner.started);
  if (started.ec != std::errc{} || started.ptr == end || *started.ptr != '.') return std::nullopt;
  return owner;
}

struct Setting {
  const char* file;
  std::string value;
  bool needed;  ///< others are not on every host
};

std::vector<Setting> settings(const model::TaskLimits& limits, const model::GroupLimits& kept) {
  std::vector<Setting> out;
  if (kept.memory && limits.memory_bytes) {
    out.push_back({"memory.max", std::to_string(*limits.memory_bytes), true});
    // Else it would be slow instead of over its limit.
    out.push_back({"memory.swap.max", "0", false});
    // A task that lost one of its processes is none any more.
    out.push_back({"memory.oom.group", "1", false});
  }
  if (kept.cpus && limits.cpu_permille) {
    const std::int64_t quota = *limits.cpu_permille * kCpuPeriodUs / kWholeProcessor;
    out.push_back({"cpu.max", std::to_string(quota) + " " + std::to_string(kCpuPeriodUs), true});
  }
  if (kept.processes && limits.processes) out.push_back({"pids.max", std::to_string(*limits.processes), true});
  return out;
}

}  // namespace

Result<std::string> find_cgroup(std::string_view cgroup, std::string_view mounts) {
  constexpr std::string_view kVersion2 = "0::";
  std::optional<std::string_view> path;
  for (const std::string_view line : pieces(cgroup, '\n'))
    if (line.starts_with(kVersion2)) path = line.substr(kVersion2.size());
  if (!path) return make_error(Errc::not_found, "this host has no cgroup v2");
  for (const std::string_view line : pieces(mounts, '\n'))
    if (auto folder = folder_by_mount(line, *path)) return *folder;
  return make_error(Errc::not_found,
                    "the control group of this process, " + shown(*path, kShownBytesMax * 2) + ", is mounted nowhere");
}

// ---- the group of a task ----

Cgroup::~Cgroup() {
  if (owner_ != nullptr) owner_->end(path_);
}

void Cgroup::kill() const {
  kill_tree(*owner_->files_, path_);
}

bool Cgroup::empty() const {
  return is_empty_tree(*owner_->files_, path_);
}

bool Cgroup::out_of_memory() const {
  const auto events = owner_->files_->read(path_ + "/memory.events");
  if (!events) return false;
  const auto lines = pieces(*events, '\n');
  const auto happened = [&](const std::string& what) {
    return std::any_of(lines.begin(), lines.end(),
                       [&](std::string_view line) { return line.starts_with(what + " ") && line != what + " 0"; });
  };
  // Whoever else kills for want of memory counts as oom_kill too; oom is this group's own limit.
  return happened("oom") && happened("oom_kill");
}

std::vector<std::int64_t> Cgroup::processes(std::size_t most) const {
  return processes_of_tree(*owner_->files_, path_, most);
}

std::optional<std::int64_t> Cgroup::cpu_ms() const {
  constexpr std::string_view kUsage = "usage_usec ";
  constexpr std::int64_t kUsPerMs = 1'000;
  const auto stat = owner_->files_->read(path_ + "/cpu.stat").value_or("");
  for (const std::string_view line : pieces(stat, '\n'))
    if (line.starts_with(kUsage))
      if (const auto us = whole_number(line.substr(kUsage.size()))) return *us / kUsPerMs;
  return std::nullopt;
}

// ---- the tree ----

std::string Cgroups::name() const {
  return setup_.path + "/" + std::string(kGroupPrefix) + std::to_string(setup_.pid) + "-" +
         std::to_string(setup_.started);
}

std::string Cgroups::own() const {
  return name() + std::string(kOwnGroup);
}

Result<Cgroups> Cgroups::open(CgroupFiles& files, Setup setup) {
  Cgroups made(files, std::move(setup));
  for (const auto step : {&Cgroups::look, &Cgroups::enter, &Cgroups::hand_on})
    if (const auto done = (made.*step)(); done.has_error()) return done.error();
  made.sweep();
  return made;
}

Result<void> Cgroups::look() {
  const auto controllers = files_->read(setup_.path + "/cgroup.controllers");
  if (!controllers)
    return make_error(Errc::refused, "the control group " + setup_.path + " of this process cannot be read");
  limits_ = {setup_.wanted.memory && has_word(*controllers, "memory"),
             setup_.wanted.cpus && has_word(*controllers, "cpu"),
             setup_.wanted.processes && has_word(*controllers, "pids")};
  if (setup_.wanted.any() && !limits_.any())
    return make_error(Errc::refused, "the control group " + setup_.path +
                                         " of this process has none of the controllers memory, cpu and pids");
  return {};
}

Result<void> Cgroups::enter() {
  if (const auto made = files_->make(own()); made.has_error())
    return make_error(Errc::refused, "no control group can be made in " + setup_.path + ": " + made.error().text +
                                         "; with systemd it needs Delegate=yes");
  Result<void> moved = files_->write(own() + "/cgroup.procs", "0");
  for (const std::int64_t pid : setup_.along)
    if (moved.has_value()) moved = files_->write(own() + "/cgroup.procs", std::to_string(pid));
  if (moved.has_value()) return {};
  leave();
  return make_error(Errc::refused, "a process may not be moved into " + own() + ": " + moved.error().text);
}

/// Back to where we were.
void Cgroups::leave() {
  (void)files_->write(setup_.path + "/cgroup.procs", "0");
  for (const std::int64_t pid : setup_.along) (void)files_->write(setup_.path + "/cgroup.procs", std::to_string(pid));
  files_->remove(own());
}

Result<void> Cgroups::hand_on() {
  const std::string file = setup_.path + "/cgroup.subtree_control";
  const std::string before = files_->read(file).value_or("");
  std::string more;
  for (const auto& [wanted, controller] :
       {std::pair{limits_.memory, "memory"}, std::pair{limits_.cpus, "cpu"}, std::pair{limits_.processes, "pids"}})
    if (wanted && !has_word(before, controller)) more += (more.empty() ? "+" : " +") + std::string(controller);
  if (more.empty()) return {};
  const auto written = files_->write(file, more);
  if (written.has_value()) return {};
  const Error error = in_the_way(written.error());
  leave();
  return error;
}

Error Cgroups::in_the_way(const Error& error) const {
  std::string text = "the controllers of " + setup_.path + " cannot be handed on: ";
  const auto others = files_->read(setup_.path + "/cgroup.procs").value_or("");
  if (error.code != Errc::refused || others.empty()) return make_error(Errc::refused, text + error.text);
  return make_error(Errc::refused, text + "other processes are in it (the first is " +
                                       std::string(pieces(others, '\n').front()) +
                                       "); a worker needs a control group of its own, as a systemd unit with "
                                       "Delegate=yes has it");
}

/// What workers that are no more have left: their tasks, but not their guards, which may still be at work.
void Cgroups::sweep() {
  std::vector<std::string> tasks;
  for (const std::string& group : files_->below(setup_.path)) {
    const auto owner = owner_of(group);
    if (!owner || setup_.lives(owner->pid, owner->started)) continue;
    const std::string path = setup_.path + "/" + group;
    if (group.find(kTaskGroup) != std::string::npos)
      tasks.push_back(path);
    else
      files_->remove(path);
  }
  const auto is_over = [this](const std::string& path) { return is_empty_tree(*files_, path); };
  do {
    std::erase_if(tasks, [&](const std::string& path) { return is_over(path) && remove_tree(*files_, path); });
    for (const std::string& path : tasks)
      if (!is_over(path)) kill_tree(*files_, path);
  } while (!tasks.empty() && setup_.wait && setup_.wait());
  for (const std::string& path : tasks) {
    if (!is_over(path)) still_living_.push_back(path);
    end(path);
  }
}

std::string Cgroups::missing() const {
  const model::GroupLimits all{true, true, true};
  if (limits_.all()) return {};
  return "the control group " + setup_.path + " of this worker has no controller for " + listed(without(all, limits_));
}

Result<Cgroup> Cgroups::make(const model::TaskLimits& limits) {
  end_left();
  const std::string path = name() + std::string(kTaskGroup) + std::to_string(++made_);
  if (const auto made = files_->make(path); made.has_error())
    return make_error(Errc::failed, "no control group " + path + ": " + made.error().text);
  Cgroup group(*this, path);
  for (const Setting& each : settings(limits, limits_)) {
    const auto written = files_->write(path + "/" + each.file, each.value);
    if (written.has_error() && each.needed)
      return make_error(Errc::failed, std::string(each.file) + " of its control group cannot be " + each.value + ": " +
                                          written.error().text);
  }
  return group;
}

void Cgroups::end(const std::string& path) {
  if (!try_to_end(path) && left_.size() < kGroupsLeftMax) left_.push_back(path);
}

bool Cgroups::try_to_end(const std::string& path) {
  if (!is_empty_tree(*files_, path)) kill_tree(*files_, path);
  return remove_tree(*files_, path);
}

void Cgroups::end_left() {
  const std::size_t tries = std::min(left_.size(), kGroupsTriedMax);
  for (std::size_t i = 0; i < tries; ++i) {
    const std::string path = std::move(left_.front());
    left_.pop_front();
    if (!try_to_end(path)) left_.push_back(path);
  }
}

}  // namespace stellwerk::tasks
