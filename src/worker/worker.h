/// The core of a worker: what to do next. A composition of pure parts; no clock, socket, file, thread, logger or
/// random device inside.
///
/// One owner (the driver, worker/driver.h) feeds it events in order, performs its effects in order, and calls step()
/// with a Tick at wake_at() at the latest. Time is the executor's. A broken invariant aborts.
#pragma once

#include <variant>
#include <vector>

#include "worker/registration.h"

namespace stellwerk::worker {

struct WorkerOptions {
  RegistrationOptions registration;
};

using Event = std::variant<event::Dialled, event::Closed, event::Received, event::Remembered, event::Found,
                           event::Measured, event::Tick, event::StopWanted>;
using Effect = std::variant<effect::Dial, effect::Send, effect::Close, effect::Remember, effect::Discover,
                            effect::Measure, effect::Note, effect::Exit>;

class Worker {
 public:
  explicit Worker(WorkerOptions options);

  /// After effect::Exit: none.
  std::vector<Effect> step(Time now, Event event);
  Time wake_at() const;

  const Registration& registration() const { return registration_; }

 private:
  void register_with(Time now, RegistrationEvent event);

  std::vector<Effect> effects_;
  Registration registration_;
};

}  // namespace stellwerk::worker
