/// How a leader places tasks, and how long it has patience with workers that hold some.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>

#include "model/job_spec.h"

namespace stellwerk::master {

struct SchedulerLimits {
  bool spread = false;                               ///< cluster.evenly-spread-out-slots
  std::chrono::milliseconds slot_timeout{300'000};   ///< slot.request.timeout; 0: jobs wait for ever
  std::chrono::milliseconds takeover_grace{50'000};  ///< resourcemanager.takeover.grace
  std::chrono::milliseconds lease{70'000};           ///< resourcemanager.at-most-one.lease
  std::chrono::milliseconds lease_margin{2'000};     ///< for ending what held one, and for clocks that differ
  std::optional<model::RestartStrategy> strategy;    ///< restart-strategy.*, for jobs that name none
  std::size_t see_entries = 2'000;      ///< jobs and attempts seen in one turn of the loop after a takeover
  std::size_t load_jobs = 200;          ///< of those, specifications read in one turn
  std::size_t plan_groups = 2'000;      ///< looked at in one turn
  std::chrono::milliseconds late{500};  ///< between two beats: who could not act judges nobody for as long
};

}  // namespace stellwerk::master
