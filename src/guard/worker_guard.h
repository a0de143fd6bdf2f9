/// The core of a worker's guard: a tiny process beside a worker that acts when the worker dies.
///
/// It ends all that the worker's tasks left, and when it is certain that nothing runs any more it says so to all
/// masters until one that leads has made something of it: then the tasks start elsewhere at once. If it cannot be
/// certain it says nothing, and masters wait as long as they do for a worker without a guard.
///
/// A worker that hangs is none of its business: tasks run on without their worker. But those of at-most-one jobs hold
/// its lease, and the guard ends them when that is over.
///
/// Pure: events in, effects out, time as a value. One owner (worker_program.cc, or the simulator) feeds it in order and
/// performs the effects in order.
#pragma once

#include <stellwerk/coordination.h>

#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "guard/worker_message.h"

namespace stellwerk::guard::worker_mode {

struct Options {
  /// What is not gone by then is nobody's to end; between two tries passes `end_again`.
  std::chrono::milliseconds end_max{30'000};
  std::chrono::milliseconds end_again{100};
  /// So long masters are told, each again after a pause that doubles from the first to the last.
  std::chrono::milliseconds tell_max{120'000};
  std::chrono::milliseconds pause_first{20};
  std::chrono::milliseconds pause_last{1000};
};

/// What a master made of the word.
enum class Answer {
  settled,  ///< it leads, and nothing is left to do
  taken,    ///< it leads; to be said again, because what it does is not durable yet
  not_now,  ///< it does not lead, or nobody answered
  never,    ///< it is another cluster's, or does not understand
};

namespace event {
struct Tick {};
/// A message from the worker.
struct Told {
  Message message;
};
/// The worker's process is no more.
struct WorkerDied {};
/// The end of EndTasks.
struct TasksEnded {
  bool gone = false;    ///< certainly all of them
  bool unsure = false;  ///< what was about to be started was not found: it may come to be, or not
  std::string text;     ///< what was done, or is left, for people
};
/// The end of EndLeased.
struct LeasedEnded {
  bool gone = false;  ///< certainly all of them
  std::string text;   ///< what was done, or is left, for people; empty: there was nothing to do any more
};
/// The end of Tell.
struct Answered {
  std::string master;
  Answer answer = Answer::not_now;
  std::string text;  ///< for people
};
}  // namespace event
using Event =
    std::variant<event::Tick, event::Told, event::WorkerDied, event::TasksEnded, event::LeasedEnded, event::Answered>;

namespace effect {
/// End these, whatever bears the mark of one that was being started (empty: none was), and the worker's daemons.
struct EndTasks {
  Process worker;
  std::vector<Process> tasks;
  std::string starting;
};
/// End these, and whatever else bears their marks; nothing else of the worker's.
struct EndLeased {
  std::vector<LeasedTask> tasks;
  std::string starting;  ///< the mark of one that was being started; empty: none was
};
/// Say to this master that the worker is dead and its tasks are gone; one at a time to each.
struct Tell {
  std::string master;
  Self worker;
  std::string cluster;
  std::int64_t epoch = 0;
};
/// One line for the worker's log.
struct Note {
  std::string text;
};
struct Exit {};
}  // namespace effect
using Effect = std::variant<effect::EndTasks, effect::EndLeased, effect::Tell, effect::Note, effect::Exit>;

class WorkerGuard {
 public:
  explicit WorkerGuard(Options options) : options_(options) {}

  std::vector<Effect> step(Time now, const Event& event);
  /// A Tick is due then. While the worker lives: at the end of its lease, if it has leased tasks.
  Time wake_at() const;

 private:
  struct Master {
    std::string address;
    bool asked = false;  ///< and has not answered
    bool never = false;
    Time ask_at{};
    Duration pause{};
  };

  void on(Time now, const event::Tick&);
  void on(Time now, const event::Told& told);
  void on(Time now, const event::WorkerDied&);
  void on(Time now, const event::TasksEnded& ended);
  void on(Time now, const event::LeasedEnded& ended);
  void on(Time now, const event::Answered& answered);
  void told(const Self& self) { self_ = self; }
  void told(const Place& place) { place_ = place; }
  void told(const Starts& starts);
  void told(const Runs& runs);
  void told(const RunsLeased& runs);
  void told(const Lease& lease);
  void told(const NotStarted&) { starting_.clear(); }
  void told(const Ended& ended);
  void told(const Log&) {}  // whoever performs writes there
  void told(const Farewell&) { farewell_ = true; }
  void runs(const Process& process);
  bool holds_lease() const;
  void watch_lease(Time now);
  void end_tasks();
  void begin_to_tell(Time now);
  void tell(Time now);
  std::string since_noticed(Time now) const;
  void note(std::string text);
  void exit();

  const Options options_;
  std::vector<Effect> effects_;
  Self self_;
  Place place_;
  std::map<std::int64_t, std::int64_t> tasks_;  ///< pid to start
  std::map<std::int64_t, LeasedTask> leased_;   ///< by pid; they are among `tasks_` too
  std::string starting_;
  bool starting_leased_ = false;
  Time leased_until_{};
  Time end_leased_at_{};  ///< not before: the last try failed
  bool ending_leased_ = false;
  std::string told_lease_over_;  ///< so that each result is told once
  bool too_many_ = false;
  bool farewell_ = false;
  std::optional<Time> died_at_;
  bool ending_ = false;
  std::optional<Time> end_again_at_;
  std::vector<Master> masters_;  ///< while they are told
  std::string last_answer_ = "no master is known";
  Time tell_until_{};
  bool exited_ = false;
};

}  // namespace stellwerk::guard::worker_mode
