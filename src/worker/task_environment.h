/// What a task finds in its environment (docs/job-spec.md), and how its end is told to people.
#pragma once

#include <map>
#include <string>

#include "link/task_message.h"
#include "worker/task_runner.h"

namespace stellwerk::worker {

/// Where the bundle of its job is; the driver knows.
inline constexpr const char* kBundleVariable = "STELLWERK_BUNDLE_DIR";

/// `base` is what every task has, before the spec's own and Stellwerk's, each of which wins over those before it.
std::map<std::string, std::string> task_environment(const std::map<std::string, std::string>& base,
                                                    const link::StartTask& start, std::int64_t epoch,
                                                    const std::map<std::string, std::int64_t>& ports,
                                                    const std::map<std::string, std::string>& peers);

/// Before each line that it prints: "count 3> ", or "count> " if there is only one.
std::string output_prefix(const link::StartTask& start);

/// "exit code 3", "killed by signal 9 (SIGKILL)", "used more than its 512 MiB of memory: ...", followed by the last
/// lines of stderr. At most link::kWhyBytesMax.
std::string why_ended(const TaskExit& exit, const model::TaskLimits& limits = {});

}  // namespace stellwerk::worker
