/// The jobs of simulated clusters: what one is follows from its id, so that it can be submitted again.
#pragma once

#include <string>

#include "jobs/changes.h"

namespace stellwerk::test {

/// Its last digit decides: services, short jobs, two steps, failing and flaky ones, and one that runs at most once at a
/// time, and some with checkpoints, of which not all are acknowledged.
jobs::SubmitJob sim_job(const std::string& id);
/// A job of this spec.
jobs::SubmitJob job_of_spec(const std::string& id, const std::string& spec);

}  // namespace stellwerk::test
