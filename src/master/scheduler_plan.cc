#include "master/scheduler.h"

#include <algorithm>
#include <numeric>

/// Slots: who wants some, and who gets them.
namespace stellwerk::master {

using jobs::JobRun;
using model::TaskRef;

namespace {

/// Between two looks for jobs that have waited too long.
constexpr std::chrono::milliseconds kLookEvery{1000};
/// A change that starts so many tasks takes no further region.
constexpr std::size_t kStartsTogether = 1'000;

}  // namespace

void Scheduler::offers_changed() {
  waiting_.look_at_all();
  plan_ = true;
}

/// The regions of a job that can be started, with the slots that they need and do not hold.
void Scheduler::add_wishes(const JobRun& run, std::vector<Wish>& out) {
  for (const jobs::Region& region : run.ready(limits_.plan_groups - out.size())) {
    Wish wish{run.id().text(), region, {}};
    const std::int32_t first = region.subtask == jobs::Region::kAllTasks ? 0 : region.subtask;
    bool usable = true;
    for (std::int32_t i = first; i < first + run.regions().slots(region); ++i) {
      const std::string& held = run.slot(i);
      if (held.empty()) {
        wish.slots.push_back(i);
        continue;
      }
      // What else runs in that slot will end, or come back.
      const auto worker = workers_.find(held);
      usable = usable && worker != workers_.end() && worker->second.here && !worker->second.leaving;
    }
    if (usable) out.push_back(std::move(wish));
  }
}

/// Of those that wait, in the order of arrival, as many as matter now.
std::vector<Scheduler::Wish> Scheduler::wishes(Clocks clocks, const jobs::ClusterState& state, Slots slots) {
  std::vector<Wish> out;
  std::vector<Place> unreadable;
  std::vector<Place> later;
  std::int64_t wanted = 0;
  for (const Place& place : waiting_.ready()) {
    const std::string& id = place.second;
    const Job& job = jobs_.at(id);
    if (clocks.now < job.start_at) {
      later.push_back(place);
      continue;
    }
    // Beyond what can be given it is enough to know who comes first.
    if (wanted > slots.free || out.size() >= limits_.plan_groups) break;
    const JobRun* const run = run_of(state, id);
    if (run == nullptr) {
      unreadable.push_back(place);
      continue;
    }
    const std::size_t before = out.size();
    add_wishes(*run, out);
    // Who asks for labels may be of no use to who comes later, and the other way round.
    if (run->asks_for_labels()) continue;
    for (std::size_t i = before; i < out.size(); ++i) {
      // What is larger than the whole cluster waits for more workers, and keeps nobody waiting.
      const auto size = static_cast<std::int64_t>(out[i].slots.size());
      if (size <= slots.total) wanted += size;
    }
  }
  for (const Place& place : unreadable) waiting_.erase(place);
  for (const Place& place : later) waiting_.set_aside(place, jobs_.at(place.second).start_at);
  return out;
}

void Scheduler::plan(Clocks clocks, const jobs::ClusterState& state) {
  if (!std::exchange(plan_, false) || waiting_.ready().empty()) return;
  std::vector<jobs::WorkerOffer> offers;
  Slots slots;
  for (const auto& [id, worker] : workers_) {
    if (!worker.here || worker.leaving) continue;
    const auto left = static_cast<std::int32_t>(std::max<std::int64_t>(0, worker.slots - worker.used));
    offers.push_back({id, static_cast<std::int32_t>(worker.slots), left, worker.labels});
    slots.free += left;
    slots.total += worker.slots;
  }
  const std::vector<Wish> wanted = wishes(clocks, state, slots);
  std::vector<jobs::SlotGroup> groups;
  groups.reserve(wanted.size());
  for (const Wish& wish : wanted) {
    jobs::SlotGroup& group = groups.emplace_back(wish.slots.size());
    const JobRun& run = *jobs_.at(wish.job).run;
    for (std::size_t i = 0; i < group.size(); ++i) {
      group[i].preferred = run.last_worker(wish.slots[i]);
      if (run.asks_for_labels()) group[i].labels = run.labels_of(wish.slots[i]);
    }
  }
  const jobs::SlotPlan plan =
      jobs::plan_slots(offers, groups, limits_.spread ? jobs::SlotOrder::spread : jobs::SlotOrder::fill);
  for (const auto& placed : plan.placed) {
    std::vector<std::string> workers;
    workers.reserve(placed.workers.size());
    for (const std::size_t index : placed.workers) workers.push_back(offers[index].id);
    start(wanted[placed.group], workers);
  }
  note_lacks(wanted, plan);
}

/// What those lack that got nothing; what of a job waits shares its slots.
void Scheduler::note_lacks(const std::vector<Wish>& wanted, const jobs::SlotPlan& plan) {
  struct Lack {
    std::set<std::int32_t> slots;
    std::set<std::string> labels;
    std::int64_t free = 0;
    std::int64_t total = 0;
    bool fits = false;
  };
  std::map<std::string, Lack> lacks;
  for (const auto& unplaced : plan.unplaced) {
    const Wish& wish = wanted[unplaced.group];
    Lack& lack = lacks[wish.job];
    lack.slots.insert(wish.slots.begin(), wish.slots.end());
    lack.free = unplaced.free;
    lack.total = unplaced.total;
    lack.fits = lack.fits || unplaced.fits;
    const JobRun& run = *jobs_.at(wish.job).run;
    if (!run.asks_for_labels()) continue;
    for (const std::int32_t slot : wish.slots) lack.labels.merge(run.labels_of(slot));
  }
  const bool more = wanted.size() >= limits_.plan_groups;
  for (auto& [id, lack] : lacks) {
    if (!lack.fits) {
      waiting_.set_aside({jobs_.at(id).arrival, id});
      plan_ = plan_ || more;  // those behind it have not been looked at
    }
    auto needed = static_cast<std::int64_t>(lack.slots.size());
    if (more) needed = std::max(needed, jobs_.at(id).run->widest_wait());
    shown_.set_lack(id, jobs::SlotLack{needed, lack.free, lack.total, std::move(lack.labels)});
  }
}

void Scheduler::start(const Wish& wish, const std::vector<std::string>& placed) {
  Job& job = jobs_.at(wish.job);
  JobRun& run = *job.run;
  shown_.set_lack(wish.job, std::nullopt);
  std::map<std::int32_t, std::string> where;
  for (std::size_t i = 0; i < wish.slots.size(); ++i) where.emplace(wish.slots[i], placed[i]);
  jobs::StartTasks& change = start_change(run.id());
  run.regions().for_each_task(wish.region, [&](TaskRef ref) {
    const auto fresh = where.find(ref.subtask);
    const std::string id = fresh != where.end() ? fresh->second : run.slot(ref.subtask);
    const Worker& worker = workers_.at(id);
    change.starts.push_back(run.propose(ref, id, worker.incarnation, worker.host));
    attach(run, ref);
  });
  follow_slots(run);
  if (!run.waits()) waiting_.erase({job.arrival, wish.job});
  job.waits_since = {};
}

/// Regions of a job that start in one turn are one change, as far as a commit should hold it: one restore.
jobs::StartTasks& Scheduler::start_change(const JobId& id) {
  if (!orders_.changes.empty()) {
    auto* const last = std::get_if<jobs::StartTasks>(&orders_.changes.back());
    if (last != nullptr && last->job == id && last->starts.size() < kStartsTogether) return *last;
  }
  return std::get<jobs::StartTasks>(orders_.changes.emplace_back(jobs::StartTasks{id, {}}));
}

/// slot.request.timeout: a job that waits for slots in vain fails, as its restart strategy has it.
void Scheduler::give_up_waiting(Clocks clocks, const jobs::ClusterState& state) {
  // Delays of restarts end without any event.
  if (waiting_.look_at_due(clocks.now)) plan_ = true;
  if (limits_.slot_timeout == std::chrono::milliseconds(0) || clocks.now - looked_at_ < kLookEvery) return;
  looked_at_ = clocks.now;
  std::size_t looked = 0;
  std::size_t read = 0;
  for (const auto& [arrival, id] : waiting_.all()) {
    if (++looked > limits_.plan_groups) return;
    Job& job = jobs_.at(id);
    if (job.failing || job.waits_since == Time{} || clocks.now - job.waits_since < limits_.slot_timeout) continue;
    // To read many specifications takes long: the others are looked at in a second.
    if (!job.run && ++read > limits_.load_jobs) return;
    const JobRun* const run = run_of(state, id);
    if (run == nullptr || run->ready(1).empty()) continue;
    job.failing = true;
    const auto lack = shown_.lack(id);
    const std::string why = lack ? "it needs " + lack->text() : "others that came before it wait for slots";
    orders_.changes.emplace_back(
        jobs::FailJob{run->id(), "Could not acquire the minimum required resources: " + why + " (slot.request.timeout)",
                      strategy_of(*run), ++seed_});
  }
}

}  // namespace stellwerk::master
