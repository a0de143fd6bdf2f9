#include "support/sim_executor.h"

#include <algorithm>
#include <utility>

namespace stellwerk::test {

std::uint64_t SimTime::at(Time when, Task task) {
  const std::uint64_t id = next_++;
  const Time due = when < now_ ? now_ : when;
  queue_.emplace(Key{due, id}, std::move(task));
  where_.emplace(id, due);
  return id;
}

void SimTime::cancel(std::uint64_t id) {
  const auto it = where_.find(id);
  if (it == where_.end()) return;
  queue_.erase(Key{it->second, id});
  where_.erase(it);
}

bool SimTime::step() {
  if (queue_.empty()) return false;
  auto node = queue_.extract(queue_.begin());
  now_ = node.key().first;
  where_.erase(node.key().second);
  ++steps_;
  node.mapped()();
  return true;
}

void SimTime::run_until(Time when) {
  while (!queue_.empty() && queue_.begin()->first.first <= when) step();
  if (now_ < when) now_ = when;
}

bool SimTime::run_until(const std::function<bool()>& done, Duration limit) {
  const Time end = now_ + limit;
  while (!done()) {
    if (queue_.empty() || queue_.begin()->first.first > end) {
      now_ = end;
      return done();
    }
    step();
  }
  return true;
}

Executor::TimerId SimExecutor::at(Time when, Task task) {
  const TimerId id = next_++;
  if (killed_) return id;
  const std::uint64_t handle = time_.at(when, [this, id] { due(id); });
  pending_.emplace(id, Waiting{handle, std::max(when, time_.now()), std::move(task)});
  return id;
}

void SimExecutor::due(TimerId id) {
  if (paused_) {
    piled_up_.emplace(std::make_pair(time_.now(), id), id);
    if (const auto it = pending_.find(id); it != pending_.end()) it->second.piled = true;
    return;
  }
  auto node = pending_.extract(id);
  if (!node.empty()) node.mapped().task();
}

void SimExecutor::cancel(TimerId timer) {
  const auto it = pending_.find(timer);
  if (it == pending_.end()) return;
  time_.cancel(it->second.handle);
  pending_.erase(it);
}

void SimExecutor::resume() {
  paused_ = false;
  auto all = std::exchange(piled_up_, {});
  for (auto& [id, waiting] : pending_)
    if (!waiting.piled && waiting.when <= time_.now()) all.emplace(std::make_pair(time_.now(), id), id);
  for (const auto& [key, id] : all) {
    const auto it = pending_.find(id);
    if (it == pending_.end()) continue;
    time_.cancel(it->second.handle);
    it->second.piled = false;
    it->second.handle = time_.at(time_.now(), [this, id = id] { due(id); });
  }
}

void SimExecutor::kill() {
  killed_ = true;
  for (const auto& [id, entry] : pending_) time_.cancel(entry.handle);
  pending_.clear();
  piled_up_.clear();
}

}  // namespace stellwerk::test
