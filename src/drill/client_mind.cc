#include "drill/client_mind.h"

#include <algorithm>

#include "drill/faults.h"

namespace stellwerk::drill {
namespace {

using history::Action;
using history::Outcome;

constexpr std::size_t kEndedMax = 8;
/// Of 100 calls: so many ask for all jobs, and so many open changes are left alone for good.
constexpr std::uint64_t kListsPercent = 3;
constexpr std::uint64_t kGivesUpPercent = 15;
constexpr int kInsufficientStorage = 507;

}  // namespace

std::uint64_t ClientMind::roll(std::uint64_t sides) {
  return draw(seed_, static_cast<std::uint64_t>(number_) + 1, rolled_++) % sides;
}

Wish ClientMind::next(const std::string& fresh_job, bool may_list) {
  Wish wish;
  if (again_ && roll(100) >= kGivesUpPercent && tries_ < kTriesMax) {
    wish = *again_;
  } else {
    again_.reset();
    tries_ = 0;
    const std::uint64_t what = roll(100);
    if (may_list && what < kListsPercent) {
      wish.action = Action::list_jobs;
    } else if (live_.size() >= kLiveJobsMax || (!live_.empty() && what < 25)) {
      const Job& job = live_[roll(live_.size())];
      wish.action = Action::cancel;
      wish.job = job.id;
    } else if (live_.empty() || what < 55) {
      wish.action = Action::submit;
      wish.job = fresh_job;
      wish.short_lived = roll(2) == 0;
      live_.push_back({fresh_job, wish.short_lived});
    } else {
      const bool of_ended = !ended_.empty() && roll(3) == 0;
      wish.action = Action::read_job;
      wish.job = of_ended ? ended_[roll(ended_.size())] : live_[roll(live_.size())].id;
    }
  }
  wish.master = roll(masters_);
  if ((wish.action == Action::read_job || wish.action == Action::list_jobs) && roll(2) == 0) wish.at_least = newest_;
  return wish;
}

void ClientMind::learn(const Wish& wish, const history::Call& call) {
  if (call.position && (!newest_ || *newest_ < *call.position)) newest_ = call.position;
  const bool change = wish.action == Action::submit || wish.action == Action::cancel;
  if (!change) return;
  const bool open = call.outcome == Outcome::unknown || call.outcome == Outcome::nothing;
  if (open) {
    again_ = wish;
    ++tries_;
    return;
  }
  const bool full = call.status == kInsufficientStorage;
  const bool first = tries_ == 0;
  again_.reset();
  tries_ = 0;
  // Where a full storage refuses, the job lives on, or may since an earlier try: it is cancelled later.
  const bool canceled = wish.action == Action::cancel && !full;
  const bool refused = wish.action == Action::submit && call.outcome != Outcome::done && (!full || first);
  if (!canceled && !refused) return;
  std::erase_if(live_, [&](const Job& job) { return job.id == wish.job; });
  ended_.push_back(wish.job);
  if (ended_.size() > kEndedMax) ended_.erase(ended_.begin());
}

}  // namespace stellwerk::drill
