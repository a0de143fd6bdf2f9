/// The tasks of a worker: started, stopped and reported as leaders say. Pure.
///
///     told to start --> prepared --> (peers) --> running --> ended --> acknowledged
///
/// What runs goes on without a leader, and every end is kept until a leader has acknowledged it.
#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "worker/task_protocol.h"

namespace stellwerk::worker {

struct TaskOptions {
  /// From asking a task to stop to killing its group; 0: never.
  std::chrono::milliseconds cancellation_timeout{180'000};  ///< task.cancellation.timeout
  std::map<std::string, std::string> environment;           ///< of every task, before its own
  std::vector<link::TaskEnded> ended;                       ///< that an earlier process has kept
  model::GroupLimits limits{true, true, true};              ///< that the runner can hold tasks to
  std::string limits_why;                                   ///< why not to others
};

class Tasks {
 public:
  /// Prepared or running at once.
  static constexpr std::size_t kTasksMax = 20'000;
  /// A worker that leaves waits no longer than this for its tasks.
  static constexpr std::chrono::seconds kLeaveMax{10};
  /// Jobs of which is remembered that a limit of theirs was said not to hold; then some may be said again.
  static constexpr std::size_t kNotedMax = 1'000;

  explicit Tasks(TaskOptions options);

  void handle(Clocks clocks, const TaskEvent& event);

  // ---- what the leader says ----
  void take(WallMs wall, std::int64_t epoch, link::StartTask& message);
  void take(Time now, link::Peers& message);
  void take(Time now, WallMs wall, const link::StopTask& message);
  void take(const link::Acknowledge& message);

  /// Tasks of at-most-one jobs start and run before `until`, and are killed then. The newest counts: a leader that
  /// grants less than the one before it waits no longer than that for them.
  void lease(Time now, Time until);
  /// Ends everything, as no fault of the tasks': the worker leaves.
  void leave(Time now, WallMs wall);
  /// Ends everything and forgets what has ended: this worker belongs to another cluster now.
  void begin_anew(Time now, WallMs wall);
  /// Before anything else is told.
  void tick(Time now);
  Time wake_at() const;

  /// For a hello.
  std::vector<link::TaskReport> reports() const;
  std::vector<link::TaskEnded> ended() const;
  /// Nothing runs, and nothing is being prepared.
  bool idle() const { return tasks_.empty(); }
  std::size_t running() const { return tasks_.size(); }

  std::vector<TaskEffect> take_effects() { return std::exchange(effects_, {}); }
  /// To the leader, if there is one; who has none is told the same in the next hello.
  std::vector<link::Message> take_messages() { return std::exchange(messages_, {}); }

 private:
  struct Task {
    link::StartTask start;
    std::int64_t epoch = 0;
    enum class At { preparing, prepared, running } at = At::preparing;
    std::map<std::string, std::int64_t> ports;
    std::map<std::string, std::string> peers;
    std::int64_t pid = 0;
    WallMs since_ms = 0;
    bool stopping = false;
    bool given_back = false;
    bool silent = false;         ///< nobody wants to know how it ends
    bool lease_over = false;     ///< it was killed because of that
    Time kill_at = Time::max();  ///< while it is in `kills_`
  };

  void on(Clocks clocks, const event::Prepared& e);
  void on(Clocks clocks, const event::Launched& e);
  void on(Clocks clocks, const event::Line& e);
  void on(Clocks clocks, const event::Exited& e);

  void launch(Time now, TaskId id, Task& task);
  void end_leased();
  void note_limits(const link::StartTask& start);
  void stop(Time now, WallMs wall, TaskId id, Task& task, Duration patience);
  void finish(WallMs wall, TaskId id, model::AttemptEnd end, std::string why);
  Task* find(const model::AttemptId& attempt);
  Task* find(TaskId id);
  static link::TaskReport report_of(const Task& task);
  template <class T>
  void emit(T effect) {
    effects_.emplace_back(std::move(effect));
  }

  const TaskOptions options_;
  std::map<TaskId, Task> tasks_;
  std::map<model::AttemptId, TaskId> ids_;
  std::map<model::AttemptId, link::TaskEnded> ended_;
  std::set<std::pair<Time, TaskId>> kills_;  ///< of tasks that were asked to stop
  std::set<TaskId> leased_;                  ///< that run, or are being launched
  std::set<TaskId> waiting_;                 ///< that are ready to be launched as soon as there is a lease
  std::set<std::string> noted_;              ///< jobs, kNotedMax at most
  Time leased_until_{};
  TaskId last_ = 0;
  bool leaving_ = false;
  std::vector<TaskEffect> effects_;
  std::vector<link::Message> messages_;
};

}  // namespace stellwerk::worker
