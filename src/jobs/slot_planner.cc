#include "jobs/slot_planner.h"

#include <algorithm>
#include <deque>
#include <limits>
#include <map>
#include <numeric>
#include <utility>

#include "base/assert.h"

namespace stellwerk::jobs {
namespace {

constexpr std::size_t kNoWorker = std::numeric_limits<std::size_t>::max();

/// Which workers can give a slot with certain labels.
struct Eligible {
  std::vector<bool> workers;
  std::int64_t slots = 0;  ///< of all of them
};

/// What does not change while a plan is made.
class PlannedFleet {
 public:
  PlannedFleet(std::span<const WorkerOffer> workers, SlotOrder order)
      : workers_(workers), order_(order), in_order_(workers.size()), place_(workers.size()) {
    std::iota(in_order_.begin(), in_order_.end(), std::size_t{0});
    std::sort(in_order_.begin(), in_order_.end(), [&](auto a, auto b) {
      if (order == SlotOrder::spread) return workers[a].id < workers[b].id;
      const auto left = compare_shares(used(a), a, used(b), b);
      return left != 0 ? left > 0 : workers[a].id < workers[b].id;
    });
    for (std::size_t i = 0; i < in_order_.size(); ++i) place_[in_order_[i]] = i;
    for (std::size_t i = 0; i < workers.size(); ++i) {
      STELLWERK_ASSERT(workers[i].free >= 0 && workers[i].free <= workers[i].slots, "free slots are slots");
      const bool first = by_id_.emplace(workers[i].id, i).second;
      STELLWERK_ASSERT(first, "workers have different ids");
      for (const std::string& label : workers[i].labels) with_label_[label].push_back(i);
    }
  }

  std::size_t size() const { return workers_.size(); }
  std::int32_t slots(std::size_t worker) const { return workers_[worker].slots; }
  std::int32_t free(std::size_t worker) const { return workers_[worker].free; }
  std::int32_t used(std::size_t worker) const { return slots(worker) - free(worker); }
  SlotOrder order() const { return order_; }
  /// The order in which they are taken, all else being equal. How they are given does not matter.
  const std::vector<std::size_t>& in_order() const { return in_order_; }
  std::size_t place(std::size_t worker) const { return place_[worker]; }

  std::size_t find(const std::optional<std::string>& id) const {
    if (!id) return kNoWorker;
    const auto found = by_id_.find(*id);
    return found == by_id_.end() ? kNoWorker : found->second;
  }

  /// Below, at or above 0: the share that is in use of `a` compared with that of `b`.
  std::int64_t compare_shares(std::int32_t used_a, std::size_t a, std::int32_t used_b, std::size_t b) const {
    // At least one slot each, so that workers without any have a place in the order too.
    return std::int64_t{used_a} * std::max(slots(b), 1) - std::int64_t{used_b} * std::max(slots(a), 1);
  }

  /// A number for these labels, the same for the same ones.
  std::size_t need(const std::set<std::string>& labels) {
    const auto [entry, first] = needs_.emplace(labels, eligible_.size());
    if (!first) return entry->second;
    Eligible& eligible = eligible_.emplace_back();
    eligible.workers.resize(size());
    for (const std::size_t i : candidates(labels)) {
      const auto& has = workers_[i].labels;
      if (!std::includes(has.begin(), has.end(), labels.begin(), labels.end())) continue;
      eligible.workers[i] = true;
      eligible.slots += slots(i);
    }
    return entry->second;
  }
  const Eligible& eligible(std::size_t need) const { return eligible_[need]; }

 private:
  /// The workers with the rarest of these labels.
  const std::vector<std::size_t>& candidates(const std::set<std::string>& labels) {
    if (labels.empty()) return in_order_;
    const std::vector<std::size_t>* fewest = nullptr;
    for (const std::string& label : labels) {
      const auto& with = with_label_[label];
      if (fewest == nullptr || with.size() < fewest->size()) fewest = &with;
    }
    return *fewest;
  }

  std::span<const WorkerOffer> workers_;
  SlotOrder order_;
  std::vector<std::size_t> in_order_;
  std::vector<std::size_t> place_;
  std::map<std::string, std::size_t, std::less<>> by_id_;
  std::map<std::string, std::vector<std::size_t>, std::less<>> with_label_;
  std::map<std::set<std::string>, std::size_t> needs_;
  std::vector<Eligible> eligible_;
};

/// Slots of one group that the same workers can give.
struct SlotKind {
  std::size_t need = 0;
  std::size_t excluded = kNoWorker;
  std::vector<std::size_t> slots{};

  bool takes(const PlannedFleet& fleet, std::size_t worker) const {
    return worker != excluded && fleet.eligible(need).workers[worker];
  }
  std::int64_t total(const PlannedFleet& fleet) const {
    const Eligible& all = fleet.eligible(need);
    return all.slots - (excluded != kNoWorker && all.workers[excluded] ? fleet.slots(excluded) : 0);
  }
};

/// What is left of each worker. It only ever gets less.
class PlannedRest {
 public:
  /// `empty`: as if nothing ran.
  PlannedRest(const PlannedFleet& fleet, bool empty)
      : fleet_(fleet), left_(fleet.size()), used_(fleet.size()), queued_for_(fleet.size()) {
    for (std::size_t i = 0; i < fleet.size(); ++i) {
      left_[i] = empty ? fleet.slots(i) : fleet.free(i);
      used_[i] = empty ? 0 : fleet.used(i);
    }
  }

  std::int32_t left(std::size_t worker) const { return left_[worker]; }

  /// One slot of this worker, which has one.
  void take(std::size_t worker) {
    --left_[worker];
    ++used_[worker];
    for (const std::size_t need : queued_for_[worker]) --queues_[need].left;
  }

  /// One slot of the worker whose turn it is, or kNoWorker.
  std::size_t take_next(const SlotKind& kind) {
    Queue& queue = made(kind.need);
    std::optional<Turn> skipped;
    std::size_t taken = kNoWorker;
    while (taken == kNoWorker && !queue.turns.empty()) {
      Turn turn = pop(queue);
      if (left_[turn.worker] == 0) continue;
      if (fleet_.order() == SlotOrder::spread && turn.used != used_[turn.worker]) {
        // Others took from it meanwhile: its turn comes later.
        push(queue, {used_[turn.worker], turn.worker});
      } else if (turn.worker == kind.excluded) {
        skipped = turn;
      } else {
        taken = turn.worker;
      }
    }
    if (skipped) push(queue, *skipped);
    if (taken == kNoWorker) return kNoWorker;
    take(taken);
    if (left_[taken] > 0) push(queue, {used_[taken], taken});
    return taken;
  }

  std::int64_t free(const SlotKind& kind) {
    const bool less = kind.excluded != kNoWorker && fleet_.eligible(kind.need).workers[kind.excluded];
    return made(kind.need).left - (less ? left_[kind.excluded] : 0);
  }

 private:
  struct Turn {
    std::int32_t used;  ///< when it was queued
    std::size_t worker;
  };
  /// The workers for one need, as a heap; those that are used up leave it when they come up.
  struct Queue {
    bool made = false;
    std::vector<Turn> turns;
    std::int64_t left = 0;
  };

  Queue& made(std::size_t need) {
    if (queues_.size() <= need) queues_.resize(need + 1);
    Queue& queue = queues_[need];
    if (queue.made) return queue;
    queue.made = true;
    for (std::size_t i = 0; i < left_.size(); ++i) {
      if (left_[i] == 0 || !fleet_.eligible(need).workers[i]) continue;
      queue.left += left_[i];
      queued_for_[i].push_back(need);
      push(queue, {used_[i], i});
    }
    return queue;
  }

  bool later(const Turn& a, const Turn& b) const {
    if (fleet_.order() == SlotOrder::spread) {
      const auto difference = fleet_.compare_shares(a.used, a.worker, b.used, b.worker);
      if (difference != 0) return difference > 0;
    }
    return fleet_.place(a.worker) > fleet_.place(b.worker);
  }
  void push(Queue& queue, Turn turn) const {
    queue.turns.push_back(turn);
    std::push_heap(queue.turns.begin(), queue.turns.end(), [this](auto& a, auto& b) { return later(a, b); });
  }
  Turn pop(Queue& queue) const {
    std::pop_heap(queue.turns.begin(), queue.turns.end(), [this](auto& a, auto& b) { return later(a, b); });
    const Turn turn = queue.turns.back();
    queue.turns.pop_back();
    return turn;
  }

  const PlannedFleet& fleet_;
  std::vector<std::int32_t> left_;
  std::vector<std::int32_t> used_;
  std::vector<Queue> queues_;                         ///< by need
  std::vector<std::vector<std::size_t>> queued_for_;  ///< by worker: needs
};

/// Gives one group as many slots as can be. That is a largest matching of its slots with what is left:
/// so a group that has to wait keeps all that can be of use to it, however slots come free later.
class GroupPlacement {
 public:
  GroupPlacement(const PlannedFleet& fleet, PlannedRest& rest, const SlotGroup& group, std::span<const SlotKind> kinds)
      : fleet_(fleet), rest_(rest), kinds_(kinds), kind_of_(group.size()), workers_(group.size(), kNoWorker) {
    for (std::size_t kind = 0; kind < kinds.size(); ++kind)
      for (const std::size_t slot : kinds[kind].slots) kind_of_[slot] = kind;
  }

  /// True if all of it got slots.
  bool place(const SlotGroup& group) {
    for (std::size_t slot = 0; slot < group.size(); ++slot) {
      const std::size_t preferred = fleet_.find(group[slot].preferred);
      if (preferred == kNoWorker || rest_.left(preferred) == 0) continue;
      if (!kinds_[kind_of_[slot]].takes(fleet_, preferred)) continue;
      rest_.take(preferred);
      workers_[slot] = preferred;
    }
    bool complete = true;
    for (const std::size_t kind : hardest_first()) complete = place_kind(kind) && complete;
    return complete;
  }

  std::vector<std::size_t> workers() && { return std::move(workers_); }

 private:
  std::vector<std::size_t> hardest_first() {
    std::vector<std::pair<std::int64_t, std::size_t>> order;
    for (std::size_t kind = 0; kind < kinds_.size(); ++kind) order.emplace_back(rest_.free(kinds_[kind]), kind);
    std::sort(order.begin(), order.end());
    std::vector<std::size_t> sorted;
    sorted.reserve(order.size());
    for (const auto& [free, kind] : order) sorted.push_back(kind);
    return sorted;
  }

  bool place_kind(std::size_t kind) {
    for (const std::size_t slot : kinds_[kind].slots) {
      if (workers_[slot] != kNoWorker) continue;
      const std::size_t worker = rest_.take_next(kinds_[kind]);
      if (worker != kNoWorker)
        put(slot, worker);
      else if (!rearrange(slot))
        return false;  // and so for all others of this kind, now and later
    }
    return true;
  }

  void put(std::size_t slot, std::size_t worker) {
    workers_[slot] = worker;
    if (holds_known_) holds_[{worker, kind_of_[slot]}].push_back(slot);
  }

  /// Makes room for a slot by moving others of the group on: the shortest way from worker to worker
  /// that ends at one with a slot left.
  bool rearrange(std::size_t slot) {
    if (kinds_.size() == 1) return false;
    know_holds();
    came_.assign(fleet_.size(), kNoWorker);
    asked_.assign(kinds_.size(), false);
    std::deque<std::size_t> reached;
    std::size_t end = ask(slot, reached);
    while (end == kNoWorker && !reached.empty()) {
      const std::size_t worker = reached.front();
      reached.pop_front();
      auto held = holds_.lower_bound({worker, 0});
      for (; end == kNoWorker && held != holds_.end() && held->first.first == worker; ++held)
        if (!held->second.empty()) end = ask(held->second.back(), reached);
    }
    if (end == kNoWorker) return false;
    rest_.take(end);
    for (std::size_t to = end; to != kNoWorker;) {
      const std::size_t moved = came_[to];
      const std::size_t from = workers_[moved];
      if (from != kNoWorker) std::erase(holds_[{from, kind_of_[moved]}], moved);
      put(moved, to);
      to = from;
    }
    return true;
  }

  /// Where could this slot be? Its kind is asked once. Returns a worker that has a slot left, if any.
  std::size_t ask(std::size_t slot, std::deque<std::size_t>& reached) {
    const std::size_t kind = kind_of_[slot];
    if (asked_[kind]) return kNoWorker;
    asked_[kind] = true;
    for (const std::size_t worker : fleet_.in_order()) {
      if (came_[worker] != kNoWorker || !kinds_[kind].takes(fleet_, worker)) continue;
      came_[worker] = slot;
      if (rest_.left(worker) > 0) return worker;
      reached.push_back(worker);
    }
    return kNoWorker;
  }

  void know_holds() {
    if (holds_known_) return;
    holds_known_ = true;
    for (std::size_t slot = 0; slot < workers_.size(); ++slot)
      if (workers_[slot] != kNoWorker) holds_[{workers_[slot], kind_of_[slot]}].push_back(slot);
  }

  const PlannedFleet& fleet_;
  PlannedRest& rest_;
  std::span<const SlotKind> kinds_;
  std::vector<std::size_t> kind_of_;  ///< by slot
  std::vector<std::size_t> workers_;  ///< by slot

  bool holds_known_ = false;
  std::map<std::pair<std::size_t, std::size_t>, std::vector<std::size_t>> holds_;  ///< by worker and kind
  std::vector<std::size_t> came_;  ///< by worker: the slot that would move there
  std::vector<bool> asked_;        ///< by kind
};

std::vector<SlotKind> kinds_of(PlannedFleet& fleet, const SlotGroup& group) {
  std::vector<SlotKind> kinds;
  std::map<std::pair<std::size_t, std::size_t>, std::size_t> known;
  for (std::size_t slot = 0; slot < group.size(); ++slot) {
    const std::size_t need = fleet.need(group[slot].labels);
    const std::size_t excluded = fleet.find(group[slot].excluded);
    const auto [entry, first] = known.emplace(std::pair(need, excluded), kinds.size());
    if (first) kinds.push_back({.need = need, .excluded = excluded});
    kinds[entry->second].slots.push_back(slot);
  }
  return kinds;
}

bool fits_empty(const PlannedFleet& fleet, const SlotGroup& group, std::span<const SlotKind> kinds) {
  const auto holds_all = [&](const SlotKind& kind) {
    return kind.total(fleet) >= static_cast<std::int64_t>(group.size());
  };
  // Most often each kind could have all the slots, and so none is in another's way.
  if (std::all_of(kinds.begin(), kinds.end(), holds_all)) return true;
  if (kinds.size() == 1) return false;
  PlannedRest all(fleet, true);
  return GroupPlacement(fleet, all, group, kinds).place(group);
}

UnplacedGroup waiting_numbers(const PlannedFleet& fleet, PlannedRest& rest, std::size_t group,
                              std::span<const SlotKind> kinds) {
  UnplacedGroup out{.group = group};
  for (const SlotKind& kind : kinds) out.needed += static_cast<std::int64_t>(kind.slots.size());
  if (kinds.size() == 1) {
    out.free = rest.free(kinds[0]);
    out.total = kinds[0].total(fleet);
    return out;
  }
  for (std::size_t worker = 0; worker < fleet.size(); ++worker) {
    if (std::none_of(kinds.begin(), kinds.end(), [&](const SlotKind& kind) { return kind.takes(fleet, worker); }))
      continue;
    out.free += rest.left(worker);
    out.total += fleet.slots(worker);
  }
  return out;
}

}  // namespace

SlotPlan plan_slots(std::span<const WorkerOffer> workers, std::span<const SlotGroup> groups, SlotOrder order) {
  PlannedFleet fleet(workers, order);
  PlannedRest rest(fleet, false);
  SlotPlan plan;
  for (std::size_t i = 0; i < groups.size(); ++i) {
    const std::vector<SlotKind> kinds = kinds_of(fleet, groups[i]);
    UnplacedGroup waits = waiting_numbers(fleet, rest, i, kinds);
    waits.fits = fits_empty(fleet, groups[i], kinds);
    // What cannot be placed at all takes nothing; what must wait keeps what it got.
    if (waits.fits) {
      GroupPlacement placement(fleet, rest, groups[i], kinds);
      if (placement.place(groups[i])) {
        plan.placed.push_back({i, std::move(placement).workers()});
        continue;
      }
    }
    plan.unplaced.push_back(waits);
  }
  return plan;
}

}  // namespace stellwerk::jobs
