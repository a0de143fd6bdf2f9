/// Failover regions: which tasks of a job start together, and which run again together after a failure.
///
/// Vertices that are connected by pipelined inputs form a *group*. All tasks of a group are one region,
/// because each subtask exchanges data with each subtask of its neighbours while both run. Blocking
/// inputs separate: what comes over them has ended up in files. So a vertex without pipelined
/// neighbours is a group whose subtasks are a region each.
/// If a blocking input leads back into the same group, also by way of other groups, then all these are
/// one group, and nothing in it waits: each of them would else wait for another for ever.
///
/// A value that follows from the spec alone; everything is pure and may be called from any thread.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "jobs/task_ref.h"
#include "model/job_spec.h"

namespace stellwerk::jobs {

/// A region of one job. Regions sort producers before consumers.
struct Region {
  static constexpr std::int32_t kAllTasks = -1;

  std::int32_t group = 0;
  std::int32_t subtask = kAllTasks;  ///< of the group's only vertex, or all tasks of the group

  friend bool operator==(const Region&, const Region&) = default;
  friend auto operator<=>(const Region&, const Region&) = default;
};

/// How far one vertex is. Its owner keeps it up as tasks come and go; the rules only read it.
/// A task that is to run again is waiting, not finished, from the moment at which that is decided.
struct VertexProgress {
  std::int32_t waiting = 0;   ///< subtasks that are still to be started, for the first time or again
  std::int32_t finished = 0;  ///< subtasks that have finished
  /// Which of the finished ones left their output on a worker that is lost; ascending.
  std::vector<std::int32_t> lost{};
};

class Regions {
 public:
  /// A spec as model/job_spec_reader.h makes them. Keeps no reference to it.
  explicit Regions(const model::JobSpec& spec);

  /// Groups are numbered from 0, producers before consumers, otherwise about as in the spec.
  std::int32_t groups() const noexcept { return static_cast<std::int32_t>(groups_.size()); }
  /// The vertices of a group, producers before consumers.
  std::span<const std::int32_t> vertices(std::int32_t group) const { return at(group).vertices; }
  /// True if its subtasks are a region each.
  bool is_divided(std::int32_t group) const { return at(group).vertices.size() == 1; }
  std::int32_t regions_in(std::int32_t group) const;
  /// The `number`th region of a group, from 0.
  Region region(std::int32_t group, std::int32_t number) const;
  Region region_of(TaskRef task) const;

  /// True if others consume over a blocking input what this vertex leaves on its worker.
  bool keeps_output(std::int32_t vertex) const { return keeps_output_[static_cast<std::size_t>(vertex)]; }

  std::int64_t tasks(Region region) const;
  /// How many slots its tasks need at once: a slot holds one subtask of each vertex.
  std::int32_t slots(Region region) const;
  /// Calls `visit(TaskRef)` for each task of a region, producers before consumers.
  template <class Visit>
  void for_each_task(Region region, Visit visit) const;
  /// The first task of a region, in that order and not before `from` (none: from its start), for which `test(TaskRef)`
  /// is true.
  template <class Test>
  std::optional<TaskRef> find_task(Region region, std::optional<TaskRef> from, Test test) const;

  /// True if the regions of this group may start: what they consume over blocking inputs is finished
  /// and there. `progress` has an entry for each vertex of the spec, here and below. Costs a look at
  /// each input.
  bool is_ready(std::int32_t group, std::span<const VertexProgress> progress) const;

  /// The regions that must run again, in their order and each once: those of the failed tasks, and
  /// those that made local output which is lost although these, or tasks that still wait to be
  /// started, consume it; in turn also for what these consume. Durable output is never made again.
  ///
  /// A region that is named may have tasks that run: they are to be stopped. Consumers that run or
  /// have finished are left alone: if they miss lost output, they fail, and it is made again then.
  /// Call it after each failure and each loss of a worker. Costs a look at each input, and a
  /// logarithm for each task that failed or is lost.
  std::vector<Region> to_run_again(std::span<const TaskRef> failed, std::span<const VertexProgress> progress) const;

 private:
  struct Input {
    std::int32_t producer;  ///< a vertex of another group
    bool local;             ///< its output is lost with its worker
  };
  struct Group {
    std::vector<std::int32_t> vertices;
    std::vector<Input> inputs;  ///< blocking, each producer once
    std::int32_t widest = 0;    ///< parallelism
    std::int64_t tasks = 0;
  };

  const Group& at(std::int32_t group) const { return groups_[static_cast<std::size_t>(group)]; }
  void add_group(const model::JobSpec& spec, const std::vector<std::size_t>& members);

  std::vector<Group> groups_;
  std::vector<std::int32_t> group_of_;     ///< by vertex
  std::vector<std::int32_t> parallelism_;  ///< by vertex
  std::vector<bool> keeps_output_;         ///< by vertex
};

template <class Visit>
void Regions::for_each_task(Region region, Visit visit) const {
  for (const std::int32_t vertex : vertices(region.group)) {
    if (region.subtask != Region::kAllTasks) {
      visit(TaskRef{vertex, region.subtask});
      continue;
    }
    for (std::int32_t i = 0; i < parallelism_[static_cast<std::size_t>(vertex)]; ++i) visit(TaskRef{vertex, i});
  }
}

template <class Test>
std::optional<TaskRef> Regions::find_task(Region region, std::optional<TaskRef> from, Test test) const {
  for (const std::int32_t vertex : vertices(region.group)) {
    if (from && from->vertex != vertex) continue;
    const bool one = region.subtask != Region::kAllTasks;
    const std::int32_t end = one ? region.subtask + 1 : parallelism_[static_cast<std::size_t>(vertex)];
    for (std::int32_t i = from ? from->subtask : one ? region.subtask : 0; i < end; ++i)
      if (test(TaskRef{vertex, i})) return TaskRef{vertex, i};
    from.reset();
  }
  return std::nullopt;
}

}  // namespace stellwerk::jobs
