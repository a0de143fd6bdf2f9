#include "jobs/job_run.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"

namespace stellwerk::jobs {

using model::AttemptEnd;
using model::TaskRef;

JobRun::JobRun(JobId id, model::JobSpec spec, const ClusterState& state)
    : id_(std::move(id)), spec_(std::move(spec)), regions_(spec_), progress_(spec_.vertices.size()) {
  for (std::size_t vertex = 0; vertex < spec_.vertices.size(); ++vertex) {
    const std::int32_t parallelism = spec_.vertices[vertex].parallelism;
    tasks_.emplace_back(static_cast<std::size_t>(parallelism));
    progress_[vertex].waiting = parallelism;
    for (std::int32_t i = 0; i < parallelism; ++i)
      ++waiting_[regions_.region_of({static_cast<std::int32_t>(vertex), i})];
  }
  for (std::size_t vertex = 0; vertex < tasks_.size(); ++vertex)
    for (std::size_t i = 0; i < tasks_[vertex].size(); ++i) {
      const TaskRef ref{static_cast<std::int32_t>(vertex), static_cast<std::int32_t>(i)};
      if (const auto attempt = state.attempt(id_, ref)) take(ref, *attempt, 0);
    }
}

TaskRun& JobRun::task(TaskRef ref) {
  STELLWERK_ASSERT(has(ref), "whoever asks knows the spec");
  return tasks_[static_cast<std::size_t>(ref.vertex)][static_cast<std::size_t>(ref.subtask)];
}

const TaskRun& JobRun::task(TaskRef ref) const {
  return const_cast<JobRun*>(this)->task(ref);  // NOLINT(cppcoreguidelines-pro-type-const-cast): one lookup for both
}

bool JobRun::has(TaskRef ref) const {
  return ref.vertex >= 0 && ref.subtask >= 0 && static_cast<std::size_t>(ref.vertex) < tasks_.size() &&
         static_cast<std::size_t>(ref.subtask) < tasks_[static_cast<std::size_t>(ref.vertex)].size();
}

std::string JobRun::name_of(TaskRef ref) const {
  const auto& vertex = spec_.vertices[static_cast<std::size_t>(ref.vertex)];
  return vertex.name + " (" + std::to_string(ref.subtask + 1) + "/" + std::to_string(vertex.parallelism) + ")";
}

model::AttemptId JobRun::attempt_of(TaskRef ref) const {
  return {id_, ref, task(ref).number};
}

// ---- records ----

void JobRun::take(TaskRef ref, const model::Attempt& attempt, std::int64_t token) {
  TaskRun& run = task(ref);
  // A scheduler before this one, of the same leader, may have asked for it elsewhere.
  const bool mine = run.worker == attempt.worker && run.incarnation == attempt.incarnation;
  if (attempt.open() && run.at == TaskRun::At::proposed && run.number == attempt.number && mine) {
    run.token = token;
    return move(ref, TaskRun::At::open);
  }
  leave(ref);
  run = {};
  run.number = attempt.number;
  run.worker = attempt.worker;
  run.incarnation = attempt.incarnation;
  run.token = token;
  if (attempt.open()) return enter(ref, TaskRun::At::open);
  if (again_.contains(regions_.region_of(ref))) return enter(ref, TaskRun::At::waiting);
  enter(ref, *attempt.end == AttemptEnd::finished ? TaskRun::At::finished : TaskRun::At::broken);
}

TaskStart JobRun::propose(TaskRef ref, const std::string& worker, std::int64_t incarnation, const std::string& host) {
  TaskRun& run = task(ref);
  STELLWERK_ASSERT(run.at == TaskRun::At::waiting, "one attempt at a time");
  const std::int32_t number = run.number + 1;
  run = {};
  run.number = number;
  run.worker = worker;
  run.incarnation = incarnation;
  move(ref, TaskRun::At::proposed);
  return {ref, number, worker, incarnation, host};
}

void JobRun::move(TaskRef ref, TaskRun::At to) {
  if (task(ref).at == to) return;
  leave(ref);
  enter(ref, to);
}

// Every change of a task is a leave() and an enter(): all sums follow there.

void JobRun::enter(TaskRef ref, TaskRun::At to) {
  task(ref).at = to;
  VertexProgress& progress = progress_[static_cast<std::size_t>(ref.vertex)];
  switch (to) {
    case TaskRun::At::waiting:
      ++progress.waiting;
      ++waiting_[regions_.region_of(ref)];
      return;
    case TaskRun::At::proposed:
    case TaskRun::At::open: return hold(ref);
    case TaskRun::At::finished: ++progress.finished; return;
    case TaskRun::At::broken: broken_.insert(ref); return;
  }
}

void JobRun::leave(TaskRef ref) {
  const Region region = regions_.region_of(ref);
  VertexProgress& progress = progress_[static_cast<std::size_t>(ref.vertex)];
  switch (task(ref).at) {
    case TaskRun::At::waiting:
      --progress.waiting;
      if (--waiting_[region] == 0) {
        waiting_.erase(region);
        again_.erase(region);
      }
      return;
    case TaskRun::At::proposed:
    case TaskRun::At::open: return release(ref);
    case TaskRun::At::finished: {
      --progress.finished;
      std::erase(progress.lost, ref.subtask);
      return;
    }
    case TaskRun::At::broken: broken_.erase(ref); return;
  }
}

// ---- what runs again ----

std::vector<TaskRef> JobRun::run_again() {
  const std::vector<TaskRef> broken(broken_.begin(), broken_.end());
  std::vector<TaskRef> to_stop;
  for (const Region& region : regions_.to_run_again(broken, progress_)) {
    if (!again_.insert(region).second) continue;
    regions_.for_each_task(region, [&](TaskRef ref) {
      const TaskRun::At at = task(ref).at;
      if (at == TaskRun::At::open || at == TaskRun::At::proposed)
        to_stop.push_back(ref);
      else
        move(ref, TaskRun::At::waiting);
    });
  }
  return to_stop;
}

void JobRun::lose_output(const std::string& worker, std::int64_t incarnation) {
  for (std::size_t vertex = 0; vertex < tasks_.size(); ++vertex)
    for (std::size_t i = 0; i < tasks_[vertex].size(); ++i) {
      const TaskRun& run = tasks_[vertex][i];
      if (run.at != TaskRun::At::finished || run.worker != worker || run.incarnation >= incarnation) continue;
      auto& lost = progress_[vertex].lost;
      const auto subtask = static_cast<std::int32_t>(i);
      const auto at = std::lower_bound(lost.begin(), lost.end(), subtask);
      if (at == lost.end() || *at != subtask) lost.insert(at, subtask);
    }
}

std::vector<Region> JobRun::ready(std::size_t limit) const {
  std::vector<Region> out;
  for (auto at = waiting_.begin(); at != waiting_.end() && out.size() < limit;) {
    if (!regions_.is_ready(at->first.group, progress_)) {
      at = waiting_.lower_bound(Region{at->first.group + 1, Region::kAllTasks});
      continue;
    }
    if (at->second == regions_.tasks(at->first)) out.push_back(at->first);
    ++at;
  }
  return out;
}

std::int64_t JobRun::widest_wait() const {
  std::int64_t widest = 0;
  for (std::int32_t group = 0; group < regions_.groups(); ++group)
    if (regions_.is_ready(group, progress_))
      for (const std::int32_t vertex : regions_.vertices(group))
        widest = std::max<std::int64_t>(widest, progress_[static_cast<std::size_t>(vertex)].waiting);
  return widest;
}

// ---- slots ----

const std::string& JobRun::slot(std::int32_t index) const {
  static const std::string kNowhere;
  const auto at = slots_.find(index);
  return at == slots_.end() ? kNowhere : at->second.worker;
}

void JobRun::hold(TaskRef ref) {
  Slot& slot = slots_[ref.subtask];
  if (slot.tasks++ > 0) return;
  slot.worker = task(ref).worker;
  slot_changes_.emplace_back(slot.worker, 1);
}

void JobRun::release(TaskRef ref) {
  const auto at = slots_.find(ref.subtask);
  STELLWERK_ASSERT(at != slots_.end(), "what runs holds a slot");
  if (--at->second.tasks > 0) return;
  slot_changes_.emplace_back(std::move(at->second.worker), -1);
  slots_.erase(at);
}

std::set<std::string> JobRun::labels_of(std::int32_t index) const {
  std::set<std::string> labels;
  for (const auto& vertex : spec_.vertices)
    if (index < vertex.parallelism) labels.insert(vertex.labels.begin(), vertex.labels.end());
  return labels;
}

bool JobRun::asks_for_labels() const {
  return std::any_of(spec_.vertices.begin(), spec_.vertices.end(),
                     [](const auto& each) { return !each.labels.empty(); });
}

std::optional<std::string> JobRun::last_worker(std::int32_t index) const {
  for (const auto& vertex : tasks_)
    if (static_cast<std::size_t>(index) < vertex.size())
      if (const auto& worker = vertex[static_cast<std::size_t>(index)].worker; !worker.empty()) return worker;
  return std::nullopt;
}

void JobRun::leave_all() {
  for (const auto at : {TaskRun::At::proposed, TaskRun::At::open})
    for (const TaskRef ref : tasks_at(at)) move(ref, TaskRun::At::waiting);
}

// ---- peers ----

bool JobRun::has_peers(TaskRef ref) const {
  const Region region = regions_.region_of(ref);
  if (region.subtask != Region::kAllTasks) return false;
  const auto vertices = regions_.vertices(region.group);
  return std::any_of(vertices.begin(), vertices.end(), [&](std::int32_t vertex) {
    return !spec_.vertices[static_cast<std::size_t>(vertex)].ports.empty();
  });
}

bool JobRun::gathered(Region region) {
  const auto lacks = [&](TaskRef ref) {
    const TaskRun& each = task(ref);
    return each.at != TaskRun::At::open || (!each.prepared && !each.running);
  };
  auto& missing = missing_[region];
  if (missing) missing = regions_.find_task(region, missing, lacks);
  if (!missing) missing = regions_.find_task(region, std::nullopt, lacks);
  return !missing;
}

bool JobRun::was_gathered(Region region) const {
  const auto at = missing_.find(region);
  return at != missing_.end() && !at->second;
}

std::map<std::string, std::string> JobRun::peers_of(
    Region region, const std::function<std::string(const std::string&)>& host_of) const {
  std::map<std::string, std::string> out;
  regions_.for_each_task(region, [&](TaskRef ref) {
    const auto& vertex = spec_.vertices[static_cast<std::size_t>(ref.vertex)];
    const TaskRun& run = task(ref);
    const std::string name = "STELLWERK_PEERS_" + model::environment_suffix(vertex.name);
    for (const auto& port : vertex.ports) {
      const auto number = run.ports.find(port);
      const auto advertised = run.advertised.find(port);
      const std::string address =
          advertised != run.advertised.end()
              ? advertised->second
              : host_of(run.worker) + ":" + (number == run.ports.end() ? "0" : std::to_string(number->second));
      const auto add = [&](const std::string& variable) {
        std::string& list = out[variable];
        list += (list.empty() ? "" : ",") + address;
      };
      if (&port == &vertex.ports.front()) add(name);
      add(name + "_" + model::environment_suffix(port));
    }
  });
  return out;
}

std::vector<TaskRef> JobRun::tasks_at(TaskRun::At at) const {
  std::vector<TaskRef> out;
  for (std::size_t vertex = 0; vertex < tasks_.size(); ++vertex)
    for (std::size_t i = 0; i < tasks_[vertex].size(); ++i)
      if (tasks_[vertex][i].at == at) out.push_back({static_cast<std::int32_t>(vertex), static_cast<std::int32_t>(i)});
  return out;
}

}  // namespace stellwerk::jobs
