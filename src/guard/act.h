/// The two things that a guard does at ZooKeeper, each in short turns and with a deadline.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "guard/message.h"
#include "guard/zookeeper_link.h"

namespace stellwerk::guard {

/// How an act ended.
struct Outcome {
  bool gone = false;
  std::string why;
};

/// The owner polls for wait(), then gives the result to turn(), until there is an outcome.
class Act {
 public:
  /// Longer than this no act takes; the guard's core decides whether to try again.
  static constexpr Duration kActMax = std::chrono::seconds(3);

  virtual ~Act() = default;
  virtual Wait wait(Time now) = 0;
  virtual void turn(Time now, short revents) = 0;
  const std::optional<Outcome>& outcome() const { return outcome_; }
  /// Index of the server that another try should begin with.
  virtual std::size_t next_server() const = 0;

 protected:
  std::optional<Outcome> outcome_;
};

/// Attaches to the session, closes it, and attaches once more, when the hurry is over, to hear that it is gone.
std::unique_ptr<Act> end_session(Session session, std::size_t first_server, Time now);

/// Deletes the candidate, and the announcement if it is of the same session, in one multi and with a
/// session of its own. `still_wanted` is asked right before.
std::unique_ptr<Act> remove_place(Session session, Place place, std::size_t first_server,
                                  std::function<bool()> still_wanted, Time now);

}  // namespace stellwerk::guard
