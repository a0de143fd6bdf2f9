/// Control groups (cgroup v2): what the processes of one task may use together.
///
/// Whoever started this process gave it a part of the tree: the group that it is in. In that it makes a group for
/// itself, because Linux hands controllers on only from groups that hold no process, and one for each task. So it must
/// be allowed to write there, and nobody else's process may be in its group (systemd: Delegate=yes).
#pragma once

#include <stellwerk/result.h>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "model/task_limits.h"
#include "tasks/cgroup_files.h"

namespace stellwerk::tasks {

/// Groups of ended tasks that could not be removed yet and are tried again; others the next worker removes.
inline constexpr std::size_t kGroupsLeftMax = 1'000;
/// Of those, with each new group.
inline constexpr std::size_t kGroupsTriedMax = 4;

/// The folder of a process' group, from its /proc/<pid>/cgroup and mountinfo. Errors: not_found, with a sentence.
Result<std::string> find_cgroup(std::string_view cgroup, std::string_view mounts);

class Cgroups;

/// The group of one task. Use on the loop's thread; its Cgroups outlives it.
class Cgroup {
 public:
  Cgroup(Cgroup&& other) noexcept : owner_(std::exchange(other.owner_, nullptr)), path_(std::move(other.path_)) {}
  Cgroup& operator=(Cgroup&&) = delete;
  /// Kills what is still in it, and removes it and all groups below it, now or, while something is there, later.
  ~Cgroup();

  /// Who writes "0" to this file moves into the group.
  std::string entrance() const { return path_ + "/cgroup.procs"; }
  /// Everything in it and below, whatever its session; empty() tells when that has ended. Before Linux 5.14 again
  /// until then, because there it finds them one by one.
  void kill() const;
  /// Nothing lives in it or below.
  bool empty() const;
  /// Something in it was killed for want of memory.
  bool out_of_memory() const;
  /// That are in it or below, by number, `most` of them.
  std::vector<std::int64_t> processes(std::size_t most) const;
  /// Of all that ever were in it; none: not told.
  std::optional<std::int64_t> cpu_ms() const;

 private:
  friend class Cgroups;
  Cgroup(Cgroups& owner, std::string path) : owner_(&owner), path_(std::move(path)) {}

  Cgroups* owner_;
  std::string path_;
};

/// The part of the tree that tasks have.
class Cgroups {
 public:
  struct Setup {
    std::string path;  ///< of the group that we are in
    std::int64_t pid = 0;
    std::int64_t started = 0;
    /// Handed on as far as the host has them here; if it has none of them, there are no groups.
    model::GroupLimits wanted{true, true, true};
    std::vector<std::int64_t> along{};  ///< processes that move together with us: our own pid 1
    std::function<bool(std::int64_t pid, std::int64_t started)> lives;
    /// Waits a moment for those that were killed; false: they are not waited for any longer. Empty: not at all.
    std::function<bool()> wait{};
  };

  /// Before any process of ours is started, which would be in our group too: moves this process, hands the controllers
  /// on, ends and removes what dead workers have left, and waits for that. `files` outlives it. Errors, each a
  /// sentence: refused. Everything is as before then.
  static Result<Cgroups> open(CgroupFiles& files, Setup setup);

  /// What tasks can be held to.
  const model::GroupLimits& limits() const { return limits_; }
  /// Why not to all; empty: they can.
  std::string missing() const;
  /// Groups of dead workers' tasks in which something was killed and lives on.
  const std::vector<std::string>& still_living() const { return still_living_; }
  /// Of these limits those that can be kept. Errors: failed, with a sentence.
  Result<Cgroup> make(const model::TaskLimits& limits);

 private:
  friend class Cgroup;
  Cgroups(CgroupFiles& files, Setup setup) : files_(&files), setup_(std::move(setup)) {}
  Result<void> look();
  Result<void> enter();
  void leave();
  Result<void> hand_on();
  Error in_the_way(const Error& error) const;
  void sweep();
  void end(const std::string& path);
  bool try_to_end(const std::string& path);
  void end_left();
  std::string own() const;
  std::string name() const;

  CgroupFiles* files_;
  Setup setup_;
  model::GroupLimits limits_;
  std::uint64_t made_ = 0;
  std::deque<std::string> left_;
  std::vector<std::string> still_living_;
};

}  // namespace stellwerk::tasks
