#include "jobs/slot_planner.h"

#include <gmock/gmock.h>

namespace stellwerk::jobs {
namespace {

using testing::ElementsAre;
using testing::Field;
using testing::IsEmpty;

WorkerOffer worker(std::string id, std::int32_t slots, std::int32_t free, std::set<std::string> labels = {}) {
  return {.id = std::move(id), .slots = slots, .free = free, .labels = std::move(labels)};
}

SlotGroup group(std::size_t slots, const SlotRequest& each = {}) {
  return {slots, each};
}

SlotPlan plan(const std::vector<WorkerOffer>& workers, const std::vector<SlotGroup>& groups,
              SlotOrder order = SlotOrder::fill) {
  return plan_slots(workers, groups, order);
}

/// The only group's workers by index; empty if it was not placed.
std::vector<std::size_t> placed(const std::vector<WorkerOffer>& workers, const SlotGroup& slots,
                                SlotOrder order = SlotOrder::fill) {
  const SlotPlan made = plan(workers, {slots}, order);
  return made.placed.empty() ? std::vector<std::size_t>{} : made.placed[0].workers;
}

TEST(SlotPlanner, FillsTheMostUsedWorkerFirst) {
  EXPECT_THAT(placed({worker("a", 4, 4), worker("b", 4, 1), worker("c", 4, 2)}, group(5)), ElementsAre(1, 2, 2, 0, 0));
  // By share, not by number; equal ones by id, however they are given.
  EXPECT_THAT(placed({worker("a", 8, 5), worker("b", 2, 1)}, group(1)), ElementsAre(1));
  EXPECT_THAT(placed({worker("b", 2, 2), worker("a", 2, 2)}, group(3)), ElementsAre(1, 1, 0));
}

TEST(SlotPlanner, SpreadsOverTheLeastUsedWorkers) {
  const std::vector<WorkerOffer> workers{worker("b", 4, 4), worker("a", 2, 2), worker("c", 2, 1)};
  EXPECT_THAT(placed(workers, group(6), SlotOrder::spread), ElementsAre(1, 0, 0, 1, 0, 2));
}

TEST(SlotPlanner, SpreadsOverGroupsWithDifferentLabelsToo) {
  const std::vector<WorkerOffer> workers{worker("a", 3, 3, {"gpu"}), worker("b", 3, 3)};
  const SlotPlan made = plan(workers, {group(1), group(1, {.labels = {"gpu"}}), group(1), group(1)}, SlotOrder::spread);
  EXPECT_THAT(made.placed,
              ElementsAre(PlacedGroup{0, {0}}, PlacedGroup{1, {0}}, PlacedGroup{2, {1}}, PlacedGroup{3, {1}}));
}

TEST(SlotPlanner, GivesAllOrNothing) {
  const SlotPlan made = plan({worker("a", 3, 1), worker("b", 3, 1)}, {group(3)});
  EXPECT_THAT(made.placed, IsEmpty());
  EXPECT_THAT(made.unplaced, ElementsAre(UnplacedGroup{.group = 0, .needed = 3, .free = 2, .total = 6, .fits = true}));
}

TEST(SlotPlanner, NoLaterGroupTakesWhatAnEarlierOneWaitsFor) {
  const SlotPlan made = plan({worker("a", 4, 2)}, {group(1), group(3), group(1)});
  EXPECT_THAT(made.placed, ElementsAre(PlacedGroup{0, {0}}));
  EXPECT_THAT(made.unplaced, ElementsAre(UnplacedGroup{.group = 1, .needed = 3, .free = 1, .total = 4, .fits = true},
                                         UnplacedGroup{.group = 2, .needed = 1, .free = 0, .total = 4, .fits = true}));
}

TEST(SlotPlanner, WhatIsTooMuchForTheClusterHoldsNobodyUp) {
  const SlotPlan made = plan({worker("a", 4, 2)}, {group(5), group(2)});
  EXPECT_THAT(made.placed, ElementsAre(PlacedGroup{1, {0, 0}}));
  EXPECT_THAT(made.unplaced, ElementsAre(UnplacedGroup{.group = 0, .needed = 5, .free = 2, .total = 4, .fits = false}));
}

TEST(SlotPlanner, LaterGroupsGetWhatIsOfNoUseToAnEarlierOne) {
  const std::vector<WorkerOffer> workers{worker("a", 2, 1, {"gpu"}), worker("b", 2, 2)};
  const SlotPlan made = plan(workers, {group(2, {.labels = {"gpu"}}), group(2), group(1)});
  EXPECT_THAT(made.placed, ElementsAre(PlacedGroup{1, {1, 1}}));
  EXPECT_THAT(made.unplaced, ElementsAre(UnplacedGroup{.group = 0, .needed = 2, .free = 1, .total = 2, .fits = true},
                                         UnplacedGroup{.group = 2, .needed = 1, .free = 0, .total = 4, .fits = true}));
}

TEST(SlotPlanner, LabelsAreAllRequired) {
  const std::vector<WorkerOffer> workers{worker("a", 1, 1, {"ssd"}), worker("b", 1, 1, {"gpu", "ssd"})};
  EXPECT_THAT(placed(workers, group(1, {.labels = {"gpu", "ssd"}})), ElementsAre(1));
  const SlotPlan made = plan(workers, {group(1, {.labels = {"tpu"}})});
  EXPECT_THAT(made.unplaced, ElementsAre(UnplacedGroup{.group = 0, .needed = 1, .free = 0, .total = 0, .fits = false}));
}

TEST(SlotPlanner, TasksReturnToWhereTheyWereIfTheyCan) {
  const std::vector<WorkerOffer> workers{worker("a", 3, 3), worker("b", 2, 2), worker("c", 1, 0)};
  const SlotGroup slots{{}, {.preferred = "b"}, {.preferred = "gone"}, {.preferred = "b"}, {.preferred = "c"}};
  EXPECT_THAT(placed(workers, slots), ElementsAre(0, 1, 0, 1, 0));
  EXPECT_THAT(placed(workers, slots, SlotOrder::spread), ElementsAre(0, 1, 0, 1, 0));
  EXPECT_THAT(placed(workers, {{.labels = {"x"}, .preferred = "a"}}), IsEmpty());
}

TEST(SlotPlanner, AnExcludedWorkerIsNeverTaken) {
  const std::vector<WorkerOffer> workers{worker("a", 2, 2), worker("b", 2, 1)};
  EXPECT_THAT(placed(workers, group(2, {.excluded = "b"})), ElementsAre(0, 0));
  EXPECT_THAT(placed(workers, group(1, {.preferred = "b", .excluded = "b"})), ElementsAre(0));
  EXPECT_THAT(placed(workers, {{.excluded = "b"}, {}}), ElementsAre(0, 1)) << "the order holds for the others";
  EXPECT_THAT(placed(workers, group(1, {.excluded = "gone"})), ElementsAre(1));
  const SlotPlan made = plan(workers, {group(2, {.excluded = "a"}), group(3, {.excluded = "a"})});
  EXPECT_THAT(made.unplaced, ElementsAre(UnplacedGroup{.group = 0, .needed = 2, .free = 1, .total = 2, .fits = true},
                                         UnplacedGroup{.group = 1, .needed = 3, .free = 0, .total = 2, .fits = false}));
}

TEST(SlotPlanner, ThoseWithLessChoiceComeFirst) {
  const std::vector<WorkerOffer> workers{worker("a", 2, 1, {"gpu"}), worker("b", 2, 2)};
  EXPECT_THAT(placed(workers, {{}, {}, {.labels = {"gpu"}}}), ElementsAre(1, 1, 0));
}

TEST(SlotPlanner, SlotsMoveOnWhereOthersNeedTheirs) {
  // Each could take the other's only place, in whatever order they are looked at.
  const std::vector<WorkerOffer> workers{worker("a", 1, 1, {"gpu", "ssd"}), worker("b", 1, 1, {"gpu"}),
                                         worker("c", 1, 1, {"ssd", "arm"}), worker("d", 1, 1, {"arm"})};
  EXPECT_THAT(placed(workers, {{.labels = {"gpu"}}, {.labels = {"ssd"}}, {.labels = {"ssd"}}, {.labels = {"arm"}}}),
              testing::AnyOf(ElementsAre(1, 0, 2, 3), ElementsAre(1, 2, 0, 3)));
  // A wish for a worker yields.
  EXPECT_THAT(placed(workers, {{.labels = {"gpu"}, .preferred = "a"}, {.labels = {"ssd"}}, {.labels = {"ssd"}}}),
              testing::AnyOf(ElementsAre(1, 0, 2), ElementsAre(1, 2, 0)));
}

TEST(SlotPlanner, NothingToPlanWith) {
  EXPECT_THAT(plan({}, {}).placed, IsEmpty());
  const SlotPlan made = plan({worker("a", 0, 0)}, {group(0), group(1)});
  EXPECT_THAT(made.placed, ElementsAre(PlacedGroup{0, {}}));
  EXPECT_THAT(made.unplaced, ElementsAre(UnplacedGroup{.group = 1, .needed = 1, .free = 0, .total = 0, .fits = false}));
}

TEST(SlotPlanner, ALargeClusterInOneTurn) {
  std::vector<WorkerOffer> workers;
  for (int i = 0; i < 1'000; ++i) workers.push_back(worker("worker-" + std::to_string(i), 10, 10, {"rack"}));
  const std::vector<SlotGroup> groups{group(4'000), group(4'000, {.labels = {"rack"}}), group(3'000), group(20'000)};
  for (const SlotOrder order : {SlotOrder::fill, SlotOrder::spread}) {
    const SlotPlan made = plan(workers, groups, order);
    EXPECT_EQ(made.placed.size(), 2U);
    EXPECT_THAT(made.unplaced, ElementsAre(Field(&UnplacedGroup::free, 2'000), Field(&UnplacedGroup::fits, false)));
  }
}

}  // namespace
}  // namespace stellwerk::jobs
