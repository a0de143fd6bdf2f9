/// Who waits for what the view shows, and until when.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>

#include "api/backend.h"
#include "base/executor.h"

namespace stellwerk::app {

/// Only on the executor. A view costs as much as it ends: positions that are further away are not
/// looked at, only conditions are. Each waiter has one timer for all its time.
class ViewWaiters {
 public:
  using Done = std::function<void(api::Waited)>;

  ViewWaiters(Executor& executor, std::size_t most) : executor_(executor), most_(most) {}

  /// Looks at `view`, the newest, first. `done` runs in this turn or a later one.
  void add(const master::MasterView& view, api::Awaited awaited, Time deadline, Done done);
  /// Ends those who waited for this; they run in later turns.
  void look(const master::MasterView& view);

 private:
  using Id = std::uint64_t;
  struct Waiter {
    api::Awaited awaited;
    Executor::TimerId timer = 0;
    Done done;
  };
  void end_met(Id id);
  std::optional<Waiter> take(Id id);

  Executor& executor_;
  const std::size_t most_;
  Id next_ = 1;
  std::map<Id, Waiter> waiters_;
  std::set<std::pair<model::Position, Id>> positions_;
  std::set<Id> conditions_;
};

}  // namespace stellwerk::app
