/// Which waiting slots go to which workers: decided for all that wait, at once.
///
/// Pure and deterministic: the order in which the workers are given does not matter. Call it once per
/// turn; the assignments stand as soon as the caller makes them true, nothing is kept here. Costs about
/// (workers + slots) x log(workers): 10,000 slots on 1,000 workers some milliseconds.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

namespace stellwerk::jobs {

/// A worker that may be given tasks; who may not (drained, away) is not among those planned with.
struct WorkerOffer {
  std::string id;          ///< unique
  std::int32_t slots = 0;  ///< that count as the cluster's; at least `free`
  std::int32_t free = 0;
  std::set<std::string> labels{};
};

/// One slot that is asked for.
struct SlotRequest {
  std::set<std::string> labels{};          ///< that the worker must have
  std::optional<std::string> preferred{};  ///< id of the worker that gets it if it can
  std::optional<std::string> excluded{};   ///< id of the worker that never gets it
};

/// Slots that are needed at once: all of them are given or none.
using SlotGroup = std::vector<SlotRequest>;

enum class SlotOrder {
  fill,    ///< the most used worker first, by the share that was in use before this plan; then by id
  spread,  ///< the least used one first, by share, counting what this plan gives; then by id
};

struct PlacedGroup {
  std::size_t group = 0;             ///< index in `groups`
  std::vector<std::size_t> workers;  ///< for each slot the index in `workers`

  friend bool operator==(const PlacedGroup&, const PlacedGroup&) = default;
};

/// Why a group waits. Workers that none of its slots may use count neither as free nor in total.
struct UnplacedGroup {
  std::size_t group = 0;
  std::int64_t needed = 0;
  std::int64_t free = 0;   ///< now, without what earlier groups were given or wait for
  std::int64_t total = 0;  ///< if nothing else ran
  /// The whole cluster could hold it. If not, it must grow (or other labels be asked for); until then
  /// later groups are not kept waiting.
  bool fits = false;

  friend bool operator==(const UnplacedGroup&, const UnplacedGroup&) = default;
};

/// Each group is in one of the two, in the order in which it was given.
struct SlotPlan {
  std::vector<PlacedGroup> placed;
  std::vector<UnplacedGroup> unplaced;
};

/// `groups` in the order of their arrival. A group is placed if any assignment of the slots that are
/// left for it holds all of it. One that fits but must wait keeps as many slots as it can use, so that
/// no later group takes what it waits for; later ones get what is of no use to it. Wishes for a worker
/// yield to that.
SlotPlan plan_slots(std::span<const WorkerOffer> workers, std::span<const SlotGroup> groups, SlotOrder order);

}  // namespace stellwerk::jobs
