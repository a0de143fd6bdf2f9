#include "worker/failure_notes.h"

#include <algorithm>

namespace stellwerk::worker {

bool FailureNotes::name(Time now, const std::string& job) {
  auto at = jobs_.find(job);
  if (at == jobs_.end()) {
    if (jobs_.size() >= kJobsMax) return true;
    at = jobs_.emplace(job, Job{now}).first;
    next_ = std::min(next_, now + kEvery);
  }
  Job& known = at->second;
  if (known.named < kMax) {
    ++known.named;
    return true;
  }
  ++known.left_out;
  left_out_ = true;
  return false;
}

std::vector<std::string> FailureNotes::take_due(Time now) {
  std::vector<std::string> out;
  if (now < next_) return out;
  next_ = Time::max();
  left_out_ = false;
  std::erase_if(jobs_, [&](const auto& each) {
    const auto& [id, job] = each;
    if (now < job.since + kEvery) {
      next_ = std::min(next_, job.since + kEvery);
      left_out_ = left_out_ || job.left_out > 0;
      return false;
    }
    if (job.left_out > 0)
      out.push_back("Of job " + id + " " + std::to_string(job.left_out) + " more tasks failed in the last minute");
    return true;
  });
  return out;
}

}  // namespace stellwerk::worker
