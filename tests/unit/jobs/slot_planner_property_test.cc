/// What must hold for every plan, tried on many small clusters made from a fixed seed.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <random>

#include "jobs/slot_planner.h"

namespace stellwerk::jobs {
namespace {

constexpr std::uint64_t kPlanSeed = 20'261'123;
constexpr std::uint64_t kPlanRuns = 3'000;

using Slots = std::vector<std::int32_t>;  ///< by worker

class PlanCase {
 public:
  explicit PlanCase(std::uint64_t seed) : random_(seed) {
    order = below(2) == 0 ? SlotOrder::fill : SlotOrder::spread;
    for (std::size_t i = 0, count = below(5); i < count; ++i) {
      WorkerOffer worker{.id = name(i), .slots = static_cast<std::int32_t>(below(4)), .free = 0, .labels = labels(2)};
      worker.free = static_cast<std::int32_t>(below(static_cast<std::size_t>(worker.slots) + 1));
      workers.push_back(std::move(worker));
    }
    for (std::size_t i = 0, count = 1 + below(5); i < count; ++i) {
      SlotGroup& group = groups.emplace_back(below(5));
      for (SlotRequest& slot : group) slot = request();
    }
  }

  std::size_t below(std::size_t bound) { return random_() % bound; }
  std::mt19937_64& random() { return random_; }

  bool takes(const SlotRequest& slot, std::size_t worker) const {
    const auto& has = workers[worker].labels;
    return slot.excluded != workers[worker].id &&
           std::includes(has.begin(), has.end(), slot.labels.begin(), slot.labels.end());
  }

  /// Tries every assignment.
  bool can_hold(const SlotGroup& group, Slots free, std::size_t from = 0) const {
    if (from == group.size()) return true;
    for (std::size_t worker = 0; worker < workers.size(); ++worker) {
      if (free[worker] == 0 || !takes(group[from], worker)) continue;
      --free[worker];
      if (can_hold(group, free, from + 1)) return true;
      ++free[worker];
    }
    return false;
  }

  Slots free() const {
    Slots out;
    for (const WorkerOffer& worker : workers) out.push_back(worker.free);
    return out;
  }
  Slots all() const {
    Slots out;
    for (const WorkerOffer& worker : workers) out.push_back(worker.slots);
    return out;
  }

  std::vector<WorkerOffer> workers;
  std::vector<SlotGroup> groups;
  SlotOrder order = SlotOrder::fill;

 private:
  static std::string name(std::size_t i) { return "worker-" + std::to_string(i); }

  std::set<std::string> labels(std::size_t odds) {
    std::set<std::string> out;
    for (const char* label : {"arm", "gpu", "ssd"})
      if (below(odds) == 0) out.insert(label);
    return out;
  }

  SlotRequest request() {
    SlotRequest out{.labels = labels(4)};
    if (below(4) == 0) out.preferred = name(below(5));
    if (below(4) == 0) out.excluded = name(below(5));
    return out;
  }

  std::mt19937_64 random_;
};

void for_each_plan(const std::function<void(PlanCase&, const SlotPlan&)>& check) {
  for (std::uint64_t i = 0; i < kPlanRuns; ++i) {
    SCOPED_TRACE("seed " + std::to_string(kPlanSeed + i));
    PlanCase c(kPlanSeed + i);
    check(c, plan_slots(c.workers, c.groups, c.order));
    if (testing::Test::HasFailure()) return;
  }
}

TEST(SlotPlannerProperty, EachGroupIsPlacedAsItAskedOrWaits) {
  for_each_plan([](PlanCase& c, const SlotPlan& plan) {
    Slots left = c.free();
    std::vector<bool> answered(c.groups.size(), false);
    for (const PlacedGroup& placed : plan.placed) {
      EXPECT_FALSE(answered[placed.group]);
      answered[placed.group] = true;
      ASSERT_EQ(placed.workers.size(), c.groups[placed.group].size()) << "all or nothing";
      for (std::size_t slot = 0; slot < placed.workers.size(); ++slot) {
        EXPECT_TRUE(c.takes(c.groups[placed.group][slot], placed.workers[slot]));
        EXPECT_GE(--left[placed.workers[slot]], 0) << "a slot is given once";
      }
    }
    for (const UnplacedGroup& waits : plan.unplaced) {
      EXPECT_FALSE(answered[waits.group]);
      answered[waits.group] = true;
      EXPECT_EQ(waits.needed, static_cast<std::int64_t>(c.groups[waits.group].size()));
      EXPECT_LE(waits.free, waits.total);
      EXPECT_TRUE(!waits.fits || waits.total >= waits.needed);
    }
    EXPECT_EQ(std::count(answered.begin(), answered.end(), false), 0);
    const auto by_group = [](const auto& a, const auto& b) { return a.group < b.group; };
    EXPECT_TRUE(std::is_sorted(plan.placed.begin(), plan.placed.end(), by_group));
    EXPECT_TRUE(std::is_sorted(plan.unplaced.begin(), plan.unplaced.end(), by_group));
  });
}

TEST(SlotPlannerProperty, TheFirstGroupIsPlacedIfThereIsAnyWay) {
  for_each_plan([](PlanCase& c, const SlotPlan& plan) {
    const bool placed = !plan.placed.empty() && plan.placed.front().group == 0;
    EXPECT_EQ(placed, c.can_hold(c.groups[0], c.free()));
    for (const UnplacedGroup& waits : plan.unplaced) EXPECT_EQ(waits.fits, c.can_hold(c.groups[waits.group], c.all()));
  });
}

/// Whatever comes free next: the first that waits can be placed then if and only if it could be had no
/// later group got anything.
TEST(SlotPlannerProperty, NoLaterGroupMakesTheFirstThatWaitsWaitLonger) {
  for_each_plan([](PlanCase& c, const SlotPlan& plan) {
    const auto first = std::find_if(plan.unplaced.begin(), plan.unplaced.end(), [](auto& waits) { return waits.fits; });
    if (first == plan.unplaced.end()) return;
    for (int i = 0; i < 8; ++i) {
      Slots with = c.free();
      for (std::size_t worker = 0; worker < c.workers.size(); ++worker)
        with[worker] += static_cast<std::int32_t>(
            c.below(static_cast<std::size_t>(c.workers[worker].slots - c.workers[worker].free) + 1));
      Slots without = with;
      for (const PlacedGroup& placed : plan.placed)
        for (const std::size_t worker : placed.workers) {
          --with[worker];
          if (placed.group < first->group) --without[worker];
        }
      const SlotGroup& group = c.groups[first->group];
      EXPECT_EQ(c.can_hold(group, with), c.can_hold(group, without));
    }
  });
}

TEST(SlotPlannerProperty, TheOrderOfTheWorkersDoesNotMatter) {
  for_each_plan([](PlanCase& c, const SlotPlan& plan) {
    auto shuffled = c.workers;
    std::shuffle(shuffled.begin(), shuffled.end(), c.random());
    const SlotPlan other = plan_slots(shuffled, c.groups, c.order);
    EXPECT_EQ(other.unplaced, plan.unplaced);
    ASSERT_EQ(other.placed.size(), plan.placed.size());
    for (std::size_t i = 0; i < plan.placed.size(); ++i)
      for (std::size_t slot = 0; slot < plan.placed[i].workers.size(); ++slot)
        EXPECT_EQ(shuffled[other.placed[i].workers[slot]].id, c.workers[plan.placed[i].workers[slot]].id);
  });
}

/// The order told once more, slot by slot, for groups whose slots all ask for the same.
std::vector<PlacedGroup> plan_naively(const PlanCase& c) {
  std::vector<PlacedGroup> placed;
  Slots left = c.free();
  for (std::size_t i = 0; i < c.groups.size(); ++i) {
    if (!c.can_hold(c.groups[i], c.all())) continue;
    PlacedGroup group{i, {}};
    for (const SlotRequest& slot : c.groups[i]) {
      std::optional<std::size_t> best;
      const auto share = [&](std::size_t w) {
        const std::int32_t free = c.order == SlotOrder::spread ? left[w] : c.workers[w].free;
        return static_cast<double>(c.workers[w].slots - free) / c.workers[w].slots;
      };
      for (std::size_t w = 0; w < c.workers.size(); ++w) {
        if (left[w] == 0 || !c.takes(slot, w)) continue;
        if (!best || (c.order == SlotOrder::spread ? share(w) < share(*best) : share(w) > share(*best))) best = w;
      }
      if (!best) break;
      --left[*best];
      group.workers.push_back(*best);
    }
    if (group.workers.size() == c.groups[i].size()) placed.push_back(std::move(group));
  }
  return placed;
}

TEST(SlotPlannerProperty, ItAgreesWithTheOrderToldSlotBySlot) {
  for (std::uint64_t i = 0; i < kPlanRuns; ++i) {
    SCOPED_TRACE("seed " + std::to_string(kPlanSeed + i));
    PlanCase c(kPlanSeed + i);
    for (SlotGroup& group : c.groups) {
      SlotRequest same = group.empty() ? SlotRequest{} : group[0];
      same.preferred.reset();
      std::fill(group.begin(), group.end(), same);
    }
    ASSERT_EQ(plan_slots(c.workers, c.groups, c.order).placed, plan_naively(c));
  }
}

TEST(SlotPlannerProperty, WishesAreGrantedWhereNothingStandsAgainstThem) {
  for (std::uint64_t i = 0; i < kPlanRuns; ++i) {
    SCOPED_TRACE("seed " + std::to_string(kPlanSeed + i));
    PlanCase c(kPlanSeed + i);
    for (SlotGroup& group : c.groups)
      for (SlotRequest& slot : group) slot = {.preferred = slot.preferred};
    // Of slots that are alike none has to make room.
    for (const PlacedGroup& placed : plan_slots(c.workers, std::vector<SlotGroup>{c.groups[0]}, c.order).placed) {
      std::map<std::string, std::int32_t> wished;
      std::map<std::string, std::int32_t> granted;
      for (std::size_t slot = 0; slot < placed.workers.size(); ++slot) {
        const auto& wish = c.groups[0][slot].preferred;
        if (!wish) continue;
        ++wished[*wish];
        if (c.workers[placed.workers[slot]].id == *wish) ++granted[*wish];
      }
      for (const WorkerOffer& worker : c.workers)
        ASSERT_EQ(granted[worker.id], std::min(wished[worker.id], worker.free));
    }
  }
}

}  // namespace
}  // namespace stellwerk::jobs
