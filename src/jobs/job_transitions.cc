#include "jobs/job_transitions.h"

#include "base/assert.h"

namespace stellwerk::jobs {

using model::JobStatus;

bool may_follow(JobStatus from, JobStatus to) noexcept {
  switch (from) {
    case JobStatus::initializing:
      return to == JobStatus::created || to == JobStatus::failed || to == JobStatus::cancelling;
    case JobStatus::created: return to == JobStatus::running || to == JobStatus::cancelling || to == JobStatus::failing;
    case JobStatus::running:
      return to == JobStatus::finished || to == JobStatus::failing || to == JobStatus::restarting ||
             to == JobStatus::cancelling;
    case JobStatus::restarting:
      return to == JobStatus::created || to == JobStatus::running || to == JobStatus::failing ||
             to == JobStatus::cancelling;
    case JobStatus::failing: return to == JobStatus::failed || to == JobStatus::cancelling;
    case JobStatus::cancelling: return to == JobStatus::canceled;
    case JobStatus::failed:
    case JobStatus::canceled:
    case JobStatus::finished:
    case JobStatus::suspended:
    case JobStatus::reconciling: return false;
  }
  return false;
}

void transition(model::JobState& state, JobStatus to, WallMs now) {
  STELLWERK_ASSERT(may_follow(state.status, to), "a job's status follows the table");
  state.enter(to, now);
}

}  // namespace stellwerk::jobs
