#include "app/view_waiters.h"

#include <utility>
#include <vector>

namespace stellwerk::app {

void ViewWaiters::add(const master::MasterView& view, api::Awaited awaited, Time deadline, Done done) {
  if (api::holds(awaited, view)) return done(api::Waited::met);
  if (waiters_.size() >= most_) return done(api::Waited::crowded);
  const Id id = next_++;
  const auto timer = executor_.at(deadline, [this, id] {
    if (const auto waiter = take(id)) waiter->done(api::Waited::late);
  });
  if (const auto* position = std::get_if<model::Position>(&awaited))
    positions_.emplace(*position, id);
  else
    conditions_.insert(id);
  waiters_.emplace(id, Waiter{std::move(awaited), timer, std::move(done)});
}

void ViewWaiters::look(const master::MasterView& view) {
  while (!positions_.empty() && positions_.begin()->first <= view.applied) end_met(positions_.begin()->second);
  std::vector<Id> met;
  for (const Id id : conditions_)
    if (api::holds(waiters_.at(id).awaited, view)) met.push_back(id);
  for (const Id id : met) end_met(id);
}

void ViewWaiters::end_met(Id id) {
  auto waiter = take(id);
  executor_.cancel(waiter->timer);
  executor_.post([done = std::move(waiter->done)] { done(api::Waited::met); });
}

std::optional<ViewWaiters::Waiter> ViewWaiters::take(Id id) {
  auto node = waiters_.extract(id);
  if (node.empty()) return std::nullopt;
  if (const auto* position = std::get_if<model::Position>(&node.mapped().awaited))
    positions_.erase({*position, id});
  else
    conditions_.erase(id);
  return std::move(node.mapped());
}

}  // namespace stellwerk::app
