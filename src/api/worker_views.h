/// Workers as Flink's REST API shows task managers. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "jobs/cluster_state.h"
#include "jobs/worker_table.h"

namespace stellwerk::api {

/// `/taskmanagers`, in the order of the ids. What only Java has is 0; ports that nobody listens on are -1.
std::string workers_json(const jobs::WorkerTable& workers);

/// `/taskmanagers/:id`. `state` says what runs there; null: nothing is known.
std::string worker_json(const jobs::WorkerEntry& worker, const jobs::ClusterState* state);

/// What `/overview` says of them.
struct WorkerCounts {
  std::int64_t workers = 0;
  std::int64_t slots = 0;
  std::int64_t free = 0;

  friend bool operator==(const WorkerCounts&, const WorkerCounts&) = default;
};
WorkerCounts count_workers(const jobs::WorkerTable& workers);
/// From the text of another master's `/overview`; none: it has other members.
std::optional<WorkerCounts> read_worker_counts(std::string_view overview);

}  // namespace stellwerk::api
