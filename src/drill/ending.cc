#include "drill/ending.h"

#include <algorithm>
#include <set>

namespace stellwerk::drill {
namespace {

using cli::Milliseconds;
using history::Action;
using history::Call;
using history::Outcome;

/// After so many calls in a row that nobody answered, no more is asked.
constexpr int kSilentMax = 20;
constexpr Milliseconds kAgainAfter = Milliseconds(100);
/// Between two looks at all jobs: each is put down, and may be long.
constexpr Milliseconds kLookLeast = Milliseconds(100);
constexpr Milliseconds kLookMost = std::chrono::seconds(5);

bool answered(const Call& call) {
  return call.outcome != Outcome::nothing && call.outcome != Outcome::unknown;
}

}  // namespace

std::string living(const std::vector<JobAsked>& jobs, const Call& list) {
  std::set<std::string_view> alive;
  for (const history::Seen& seen : list.seen)
    if (!is_terminal(seen.status)) alive.insert(seen.job);
  const auto found =
      std::find_if(jobs.begin(), jobs.end(), [&](const JobAsked& job) { return alive.contains(job.id); });
  return found == jobs.end() ? "" : found->id;
}

Call Ending::ask(Wish wish, std::size_t master) {
  wish.master = master % masters_.size();
  if (wish.action == Action::list_jobs) wish.at_least = newest_;
  Call told = clients_.call(wish);
  newest_ = std::max(newest_, told.position);
  return told;
}

void Ending::cancel_jobs(bool also_after_interrupt) {
  const Milliseconds end = host_.now() + kEndMax;
  int silent = 0;
  for (const JobAsked& job : clients_.jobs()) {
    if (job.ends) continue;
    if (host_.interrupted() && !also_after_interrupt) return;
    while (silent < kSilentMax && host_.now() < end) {
      if (answered(ask({.action = Action::cancel, .job = job.id}, asked_))) {
        silent = 0;
        break;
      }
      ++silent;
      ++asked_;
      host_.pause(kAgainAfter);
    }
  }
}

std::string Ending::look_at_all() {
  const std::string alive = await_ends(clients_.jobs());
  if (host_.interrupted()) return "";
  const std::string silent = list_of_each();
  return alive.empty() ? silent : alive;
}

std::string Ending::await_ends(const std::vector<JobAsked>& jobs) {
  const Milliseconds end = host_.now() + kEndMax;
  std::string lacks = "nobody gave a list of all jobs";
  for (Milliseconds pause = kLookLeast; !host_.interrupted(); pause = std::min(2 * pause, kLookMost)) {
    const Call list = ask({.action = Action::list_jobs}, asked_);
    if (list.outcome != Outcome::done) ++asked_;
    if (list.outcome == Outcome::done) {
      const std::string alive = living(jobs, list);
      if (alive.empty()) return "";
      lacks = "not all jobs have ended: " + alive;
    }
    if (host_.now() >= end) return "60 s after their cancel " + lacks;
    host_.pause(pause);
  }
  return "";
}

std::string Ending::list_of_each() {
  const Milliseconds end = host_.now() + kEndMax;
  for (std::size_t i = 0; i < masters_.size(); ++i)
    for (;;) {
      if (ask({.action = Action::list_jobs}, i).outcome == Outcome::done) break;
      if (host_.interrupted()) return "";
      if (host_.now() >= end) return "at the end " + masters_[i].url() + " gave no list of all jobs within 60 s";
      host_.pause(kAgainAfter);
    }
  return "";
}

}  // namespace stellwerk::drill
