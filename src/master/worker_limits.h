/// How long a master has patience with workers, and how many it takes.
#pragma once

#include <chrono>
#include <cstddef>

#include "jobs/worker_table.h"

namespace stellwerk::master {

struct WorkerLimits {
  std::chrono::milliseconds heartbeat_interval{10'000};  ///< heartbeat.interval
  std::chrono::milliseconds heartbeat_timeout{50'000};   ///< heartbeat.timeout
  std::chrono::milliseconds reconnect{10'000};           ///< taskmanager.reconnect.timeout, at most heartbeat_timeout
  std::chrono::milliseconds lease{70'000};               ///< resourcemanager.at-most-one.lease
  std::chrono::milliseconds hello{10'000};               ///< a connection that says nothing is closed
  std::chrono::milliseconds wait{8'000};         ///< before a worker that waits is refused after all, and asks again
  std::chrono::milliseconds late{500};           ///< a loop that is late by so much gives workers that time
  std::chrono::milliseconds show_loads{1'000};   ///< between two views only because of heartbeats
  std::chrono::milliseconds tell_again{60'000};  ///< before the log repeats why a worker is rejected
  std::size_t links = 2 * jobs::kWorkersMax;     ///< connections, registered or not
};

}  // namespace stellwerk::master
