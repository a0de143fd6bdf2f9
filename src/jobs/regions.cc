#include "jobs/regions.h"

#include <algorithm>
#include <set>
#include <utility>

#include "base/assert.h"

namespace stellwerk::jobs {

using model::Exchange;
using model::JobSpec;
using model::Output;
using model::VertexInput;

namespace {

/// The groups of a spec by Tarjan's algorithm: strongly connected are the vertices that must run
/// together, if a pipelined input leads both ways and a blocking one from producer to consumer.
class GroupFinder {
 public:
  explicit GroupFinder(const JobSpec& spec) : ways_(spec.vertices.size()), marks_(spec.vertices.size()) {
    for (std::size_t consumer = 0; consumer < ways_.size(); ++consumer) {
      for (const VertexInput& input : spec.vertices[consumer].inputs) {
        ways_[input.from].push_back(consumer);
        if (input.exchange == Exchange::pipelined) ways_[consumer].push_back(input.from);
      }
    }
  }

  /// Producers before consumers.
  std::vector<std::vector<std::size_t>> find() {
    // A group is complete after all that it leads to: so the last ones are found first.
    for (std::size_t vertex = ways_.size(); vertex-- > 0;)
      if (marks_[vertex].number == 0) visit(vertex);
    std::reverse(found_.begin(), found_.end());
    return std::move(found_);
  }

 private:
  struct Mark {
    std::size_t number = 0;  ///< in the order of visits, from 1
    std::size_t least = 0;   ///< number that can be reached
    bool open = false;       ///< its group is not complete yet
  };

  /// As deep as the longest way, at most model::kVerticesMax.
  void visit(std::size_t vertex) {
    Mark& mark = marks_[vertex];
    mark = {.number = ++visited_, .least = visited_, .open = true};
    path_.push_back(vertex);
    for (const std::size_t next : ways_[vertex]) {
      if (marks_[next].number == 0) visit(next);
      if (marks_[next].open) mark.least = std::min(mark.least, marks_[next].least);
    }
    if (mark.least == mark.number) close(vertex);
  }

  void close(std::size_t first) {
    const auto begin = std::find(path_.begin(), path_.end(), first);
    for (auto it = begin; it != path_.end(); ++it) marks_[*it].open = false;
    found_.emplace_back(begin, path_.end());
    path_.erase(begin, path_.end());
  }

  std::vector<std::vector<std::size_t>> ways_;
  std::vector<Mark> marks_;
  std::vector<std::size_t> path_;
  std::vector<std::vector<std::size_t>> found_;
  std::size_t visited_ = 0;
};

}  // namespace

Regions::Regions(const JobSpec& spec)
    : group_of_(spec.vertices.size()), parallelism_(spec.vertices.size()), keeps_output_(spec.vertices.size(), false) {
  const std::vector<std::size_t> order = model::topological_order(spec.vertices);
  STELLWERK_ASSERT(order.size() == spec.vertices.size(), "a spec has no circle");
  std::vector<std::size_t> place(order.size());
  for (std::size_t i = 0; i < order.size(); ++i) place[order[i]] = i;
  auto groups = GroupFinder(spec).find();
  for (std::size_t i = 0; i < groups.size(); ++i) {
    std::sort(groups[i].begin(), groups[i].end(), [&](auto a, auto b) { return place[a] < place[b]; });
    for (const std::size_t vertex : groups[i]) group_of_[vertex] = static_cast<std::int32_t>(i);
  }
  for (const auto& members : groups) add_group(spec, members);
}

void Regions::add_group(const JobSpec& spec, const std::vector<std::size_t>& members) {
  Group group;
  for (const std::size_t vertex : members) {
    const std::int32_t parallelism = spec.vertices[vertex].parallelism;
    parallelism_[vertex] = parallelism;
    group.vertices.push_back(static_cast<std::int32_t>(vertex));
    group.widest = std::max(group.widest, parallelism);
    group.tasks += parallelism;
    for (const VertexInput& input : spec.vertices[vertex].inputs)
      if (group_of_[input.from] != group_of_[vertex])
        group.inputs.push_back({static_cast<std::int32_t>(input.from), input.output == Output::local});
  }
  // Several vertices may consume one producer: the local ones, which ask for more, first.
  auto& inputs = group.inputs;
  std::sort(inputs.begin(), inputs.end(), [](const Input& a, const Input& b) {
    return a.producer != b.producer ? a.producer < b.producer : a.local && !b.local;
  });
  const auto same = [](const Input& a, const Input& b) { return a.producer == b.producer; };
  inputs.erase(std::unique(inputs.begin(), inputs.end(), same), inputs.end());
  for (const Input& input : inputs)
    if (input.local) keeps_output_[static_cast<std::size_t>(input.producer)] = true;
  groups_.push_back(std::move(group));
}

std::int32_t Regions::regions_in(std::int32_t group) const {
  return is_divided(group) ? at(group).widest : 1;
}

Region Regions::region(std::int32_t group, std::int32_t number) const {
  STELLWERK_ASSERT(number >= 0 && number < regions_in(group), "a group has this region");
  return {group, is_divided(group) ? number : Region::kAllTasks};
}

Region Regions::region_of(TaskRef task) const {
  const auto vertex = static_cast<std::size_t>(task.vertex);
  STELLWERK_ASSERT(vertex < group_of_.size() && task.subtask >= 0 && task.subtask < parallelism_[vertex],
                   "a task is one of its job");
  const std::int32_t group = group_of_[vertex];
  return {group, is_divided(group) ? task.subtask : Region::kAllTasks};
}

std::int64_t Regions::tasks(Region region) const {
  return region.subtask == Region::kAllTasks ? at(region.group).tasks : 1;
}

std::int32_t Regions::slots(Region region) const {
  return region.subtask == Region::kAllTasks ? at(region.group).widest : 1;
}

bool Regions::is_ready(std::int32_t group, std::span<const VertexProgress> progress) const {
  const auto& inputs = at(group).inputs;
  return std::all_of(inputs.begin(), inputs.end(), [&](const Input& input) {
    const auto producer = static_cast<std::size_t>(input.producer);
    const VertexProgress& made = progress[producer];
    return made.finished == parallelism_[producer] && (!input.local || made.lost.empty());
  });
}

std::vector<Region> Regions::to_run_again(std::span<const TaskRef> failed,
                                          std::span<const VertexProgress> progress) const {
  std::set<Region> again;
  for (const TaskRef& task : failed) again.insert(region_of(task));
  std::vector<bool> starting(groups_.size(), false);
  for (const Region& region : again) starting[static_cast<std::size_t>(region.group)] = true;
  for (std::size_t vertex = 0; vertex < group_of_.size(); ++vertex)
    if (progress[vertex].waiting > 0) starting[static_cast<std::size_t>(group_of_[vertex])] = true;
  std::vector<bool> asked(group_of_.size(), false);
  // Consumers first: a producer's group is looked at when all that can ask for it has been.
  for (std::size_t group = groups_.size(); group-- > 0;) {
    if (!starting[group]) continue;
    for (const Input& input : groups_[group].inputs) {
      const auto producer = static_cast<std::size_t>(input.producer);
      if (!input.local || asked[producer]) continue;
      asked[producer] = true;
      for (const std::int32_t subtask : progress[producer].lost) {
        const Region maker = region_of({input.producer, subtask});
        again.insert(maker);
        starting[static_cast<std::size_t>(maker.group)] = true;
      }
    }
  }
  return {again.begin(), again.end()};
}

}  // namespace stellwerk::jobs
