/// What a master's `/status` tells a worker that looks for masters. Pure.
#pragma once

#include <stellwerk/result.h>

#include <string>
#include <string_view>
#include <vector>

namespace stellwerk::worker {

/// Where it, the leader and all that it knows take workers.
struct WorkerPorts {
  std::vector<std::string> masters;  ///< "host:port"; may hold some twice
  bool leader = false;               ///< the leader's is among them
};
/// Errors: damaged.
Result<WorkerPorts> read_worker_ports(std::string_view status);

}  // namespace stellwerk::worker
