/// The control groups of this worker's tasks, as the host and the configuration allow them.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "config/worker_options.h"
#include "tasks/cgroup.h"

namespace stellwerk::app {

struct WorkerCgroups {
  std::unique_ptr<tasks::CgroupFiles> files;
  std::optional<tasks::Cgroups> groups;  ///< none: tasks run without
  model::GroupLimits limits{};           ///< that tasks can be held to
  std::string why;                       ///< why not to all of them; empty: they can

  /// For the log.
  std::vector<std::string> lines() const;
};

/// Before any other process is started, but for `guard`, our own pid 1 (0: none), which moves along. Errors: refused,
/// where they are required and cannot be had, with the reason.
Result<WorkerCgroups> open_cgroups(config::CgroupUse use, std::int64_t guard);

}  // namespace stellwerk::app
