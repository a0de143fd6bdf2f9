/// The cluster's restart strategy, from `restart-strategy.*`.
#pragma once

#include <optional>

#include "config/configuration.h"
#include "model/job_spec.h"

namespace stellwerk::config {

/// What holds for jobs that name no strategy of their own; nullopt without `restart-strategy.type`:
/// jobs::strategy_for() then knows a default for each. Adds an error for a longest pause below the
/// first, and a warning for each parameter that is set for another strategy. With an error the value
/// is not to be used.
std::optional<model::RestartStrategy> derive_restart_strategy(const Configuration& configuration, Findings& findings);

}  // namespace stellwerk::config
