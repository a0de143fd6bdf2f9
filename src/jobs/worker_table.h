/// The workers that a leader knows: soft state, told by the workers themselves and gone with the leader.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>

#include "base/cow_map.h"
#include "base/executor.h"
#include "model/attempt.h"
#include "model/task_usage.h"
#include "model/worker.h"

namespace stellwerk::jobs {

/// Most workers of a cluster.
inline constexpr std::size_t kWorkersMax = 20'000;

/// What attempts use.
using TaskUsages = std::map<model::AttemptId, model::TaskUsage>;

struct WorkerEntry {
  model::WorkerDescription about;
  model::WorkerLoad load;
  WallMs since_ms = 0;  ///< registered with this leader
  WallMs heard_ms = 0;
  bool away = false;                           ///< its connection broke, and it may come back
  std::int64_t used_slots = 0;                 ///< that hold tasks
  std::shared_ptr<const TaskUsages> usages{};  ///< of its tasks; null: none was heard of

  /// Nobody is given work while away.
  std::int64_t free_slots() const { return away ? 0 : std::max<std::int64_t>(0, about.slots - used_slots); }
};

/// By worker id, with the sums that `/overview` shows.
class WorkerTable {
 public:
  void put(WorkerEntry entry);
  void erase(const std::string& id);
  void clear();
  std::shared_ptr<const WorkerEntry> find(const std::string& id) const { return entries_.find(id); }

  /// A second table with the same content, sharing all of it.
  WorkerTable share();

  const CowMap<WorkerEntry>& entries() const { return entries_; }
  std::int64_t slots() const { return slots_; }
  std::int64_t free_slots() const { return free_; }

 private:
  CowMap<WorkerEntry> entries_;
  std::int64_t slots_ = 0;
  std::int64_t free_ = 0;
};

}  // namespace stellwerk::jobs
