/// Jobs that have something to start: all of them in the order of arrival, and which are worth a look now. Pure.
///
/// A cluster may hold 100,000 that wait, and something changes hundreds of times a second: whoever got nothing, and
/// would get nothing again before workers offer something else, is set aside, so that a look costs what may change.
#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>

#include "base/executor.h"

namespace stellwerk::master {

class WaitingJobs {
 public:
  /// When it arrived, and its id.
  using Place = std::pair<WallMs, std::string>;

  /// It waits, and is worth a look. True: it did not wait before.
  bool insert(const Place& place);
  void erase(const Place& place);

  /// Not worth a look before look_at_all().
  void set_aside(const Place& place);
  /// Nor before `until`.
  void set_aside(const Place& place, Time until);
  /// Workers offer something else than before. Costs what was set aside.
  void look_at_all() { ready_.merge(aside_); }
  /// Those whose time has come; true: there are some.
  bool look_at_due(Time now);

  const std::set<Place>& all() const { return all_; }
  const std::set<Place>& ready() const { return ready_; }

 private:
  void forget_later(const Place& place);

  std::set<Place> all_;
  std::set<Place> ready_;
  std::set<Place> aside_;  ///< until look_at_all(); not among `ready_`
  std::set<std::pair<Time, Place>> later_;
  std::map<Place, Time> later_at_;  ///< of each in `later_`
};

}  // namespace stellwerk::master
