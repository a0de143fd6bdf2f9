#include "master/waiting_jobs.h"

namespace stellwerk::master {

bool WaitingJobs::insert(const Place& place) {
  aside_.erase(place);
  ready_.insert(place);
  return all_.insert(place).second;
}

void WaitingJobs::erase(const Place& place) {
  ready_.erase(place);
  aside_.erase(place);
  all_.erase(place);
}

void WaitingJobs::set_aside(const Place& place) {
  if (auto node = ready_.extract(place)) aside_.insert(std::move(node));
}

void WaitingJobs::set_aside(const Place& place, Time until) {
  if (ready_.erase(place) > 0) later_.emplace(until, place);
}

bool WaitingJobs::look_at_due(Time now) {
  bool some = false;
  while (!later_.empty() && later_.begin()->first <= now) {
    const Place& place = later_.begin()->second;
    if (all_.contains(place)) {
      ready_.insert(place);
      some = true;
    }
    later_.erase(later_.begin());
  }
  return some;
}

}  // namespace stellwerk::master
