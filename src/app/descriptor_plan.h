/// How a master shares out its file descriptors, so that no crowd of connections takes those of storage, coordination
/// and guard. Pure.
#pragma once

#include <stellwerk/result.h>

#include <cstddef>
#include <string>

namespace stellwerk::app {

/// At most, of each kind and at a time.
struct DescriptorPlan {
  std::size_t connections = 0;  ///< of the REST port
  std::size_t refused = 0;      ///< of the REST port, that are just being told that there are too many
  std::size_t files = 0;        ///< that are being read for HTTP
  std::size_t greetings = 0;    ///< of the port for workers, not yet WebSockets
  std::size_t downloads = 0;    ///< of the port for workers: files that are being sent
  std::size_t links = 0;        ///< of workers
  std::size_t calls = 0;        ///< requests to other masters and to workers

  friend bool operator==(const DescriptorPlan&, const DescriptorPlan&) = default;
};

/// Where there are more there is no need to share.
DescriptorPlan full_plan();

/// `limit`: descriptors that this process may have. Errors: invalid, where a master cannot work with so few; says how
/// many it takes.
Result<DescriptorPlan> plan_descriptors(std::size_t limit, unsigned http_threads, unsigned io_threads);

/// For the operator; empty if there are plenty.
std::string describe_shortage(const DescriptorPlan& plan, std::size_t limit);

}  // namespace stellwerk::app
