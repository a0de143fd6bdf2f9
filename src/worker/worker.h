/// The core of a worker: what to do next. A composition of pure parts; no clock, socket, file, thread, logger or
/// random device inside.
///
/// One owner (the driver, worker/driver.h) feeds it events in order, performs its effects in order, and calls step()
/// with a Tick at wake_at() at the latest. Time is the executor's. A broken invariant aborts.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "worker/registration.h"
#include "worker/tasks.h"

namespace stellwerk::worker {

struct WorkerOptions {
  RegistrationOptions registration;
  TaskOptions tasks;
};

using Event =
    std::variant<event::Dialled, event::Closed, event::Received, event::Remembered, event::Found, event::Measured,
                 event::Tick, event::StopWanted, event::Prepared, event::Launched, event::Line, event::Exited>;
using Effect =
    std::variant<effect::Dial, effect::Send, effect::Close, effect::Remember, effect::Discover, effect::Measure,
                 effect::Registered, effect::Leased, effect::Note, effect::Exit, effect::Prepare, effect::Launch,
                 effect::Signal, effect::Say, effect::Discard, effect::KeepEnd, effect::ForgetEnd>;

class Worker {
 public:
  /// A worker that ends waits no longer than this for tasks that cannot even be killed.
  static constexpr std::chrono::seconds kEndMax = Tasks::kLeaveMax + std::chrono::seconds(5);

  explicit Worker(WorkerOptions options);

  /// After effect::Exit: none.
  std::vector<Effect> step(Clocks clocks, Event event);
  Time wake_at() const;

  const Registration& registration() const { return registration_; }
  const Tasks& tasks() const { return tasks_; }

 private:
  template <class E>
  void handle(Clocks clocks, E& e);
  void handle(Clocks clocks, event::Received& e);
  void handle(Clocks clocks, event::StopWanted& e);

  void register_with(Clocks clocks, RegistrationEvent event);
  void pass(Clocks clocks, effect::Send& effect);
  void pass(Clocks clocks, effect::Remember& effect);
  void pass(Clocks clocks, effect::Leased& effect);
  void pass(Clocks clocks, effect::Exit& effect);
  template <class E>
  void pass(Clocks clocks, E& effect);
  void keep(link::Message message);
  void tell_leader();
  void end(Clocks clocks);
  template <class T>
  void emit(T effect) {
    effects_.emplace_back(std::move(effect));
  }

  std::vector<Effect> effects_;
  Registration registration_;
  Tasks tasks_;
  std::string cluster_;
  LinkId told_ = 0;  ///< the leader that has been told all since its welcome
  /// For the next leader: what has happened to tasks since a hello may have said it.
  std::vector<link::Message> untold_;
  std::map<model::AttemptId, link::TaskReport> untold_reports_;  ///< of what has not ended, the newest
  bool leaving_ = false;
  Time end_at_ = Time::max();         ///< while it ends
  std::optional<effect::Exit> exit_;  ///< when nothing runs any more
  bool exited_ = false;
};

}  // namespace stellwerk::worker
