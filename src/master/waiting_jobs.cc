#include "master/waiting_jobs.h"

namespace stellwerk::master {

bool WaitingJobs::insert(const Place& place) {
  aside_.erase(place);
  forget_later(place);
  ready_.insert(place);
  return all_.insert(place).second;
}

void WaitingJobs::erase(const Place& place) {
  ready_.erase(place);
  aside_.erase(place);
  forget_later(place);
  all_.erase(place);
}

void WaitingJobs::forget_later(const Place& place) {
  const auto at = later_at_.find(place);
  if (at == later_at_.end()) return;
  later_.erase({at->second, place});
  later_at_.erase(at);
}

void WaitingJobs::set_aside(const Place& place) {
  if (auto node = ready_.extract(place)) aside_.insert(std::move(node));
}

void WaitingJobs::set_aside(const Place& place, Time until) {
  if (ready_.erase(place) == 0) return;
  later_.emplace(until, place);
  later_at_.emplace(place, until);
}

bool WaitingJobs::look_at_due(Time now) {
  bool some = false;
  while (!later_.empty() && later_.begin()->first <= now) {
    const Place place = later_.begin()->second;
    forget_later(place);
    ready_.insert(place);
    some = true;
  }
  return some;
}

}  // namespace stellwerk::master
