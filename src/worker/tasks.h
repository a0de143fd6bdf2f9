/// The tasks of a worker: started, stopped and reported as leaders say. Pure.
///
///     told to start --> prepared --> (peers) --> running --> ended --> acknowledged
///
/// What runs goes on without a leader, and every end is kept until a leader has acknowledged it.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "worker/control_words.h"
#include "worker/failure_notes.h"
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
  /// What a process says of itself is passed on so often at most, in one kWordsEvery; then the newest of it, later.
  static constexpr int kWordsMax = 4;
  static constexpr std::chrono::seconds kWordsEvery{1};
  /// Of all that processes said of themselves, so much goes into a hello, in bytes.
  static constexpr std::size_t kHelloWordsBytesMax = std::size_t{1} << 20;
  /// A process that has said no hello for so long says none; before that it is asked for no checkpoint.
  static constexpr std::chrono::seconds kHelloMax{3};
  /// A worker that leaves waits no longer than this for its tasks.
  static constexpr std::chrono::seconds kLeaveMax{10};
  /// Jobs of which is remembered that a limit of theirs was said not to hold; then some may be said again.
  static constexpr std::size_t kNotedMax = 1'000;

  explicit Tasks(TaskOptions options);

  void handle(Clocks clocks, const TaskEvent& event);

  // ---- what the leader says ----
  void take(Clocks clocks, std::int64_t epoch, link::StartTask& message);
  void take(Time now, link::Peers& message);
  void take(Time now, WallMs wall, const link::StopTask& message);
  void take(const link::Acknowledge& message);
  void take(Clocks clocks, const link::TakeCheckpoint& message);
  void take(const link::CheckpointCompleted& message);

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
  std::vector<link::TaskReport> reports(Time now) const;
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
    Time since{};  ///< it is what it is
    bool stopping = false;
    bool given_back = false;
    bool silent = false;         ///< nobody wants to know how it ends
    bool lease_over = false;     ///< it was killed because of that
    Time kill_at = Time::max();  ///< while it is in `kills_`
    bool will_be_ready = false;  ///< its process has said that it says so
    bool ready = false;
    std::string progress;
    std::map<std::string, std::string> advertised;
    bool fault_told = false;  ///< that its process has said what nobody understands
    Time words_since{};       ///< the time in which `words` were passed on
    int words = 0;
    bool words_wait = false;                       ///< it is in `untold_`
    bool heard = false;                            ///< it has said hello
    bool answers = false;                          ///< it has said in its hello that it answers to checkpoints
    Time mute_at{};                                ///< without a hello until then it says none
    std::int64_t checkpoint = 0;                   ///< that its leader wants, the last one
    bool checkpoint_waits = false;                 ///< its process has yet to be told of it
    bool wished = false;                           ///< its job takes none by itself
    std::optional<link::CheckpointAnswer> answer;  ///< to that; kept until nobody can ask again
  };

  void on(Clocks clocks, const event::Prepared& e);
  void on(Clocks clocks, const event::Launched& e);
  void on(Clocks clocks, const event::Line& e);
  void on(Clocks clocks, const event::Exited& e);

  void hear(Clocks clocks, TaskId id, Task& task, const said::Hello& word);
  void hear(Clocks clocks, TaskId id, Task& task, const said::Ready& word);
  void hear(Clocks clocks, TaskId id, Task& task, const said::Progress& word);
  void hear(Clocks clocks, TaskId id, Task& task, const said::Advertise& word);
  void hear(Clocks clocks, TaskId id, Task& task, const said::Ack& word);
  void hear(Clocks clocks, TaskId id, Task& task, const said::Decline& word);
  void answer_checkpoint(Task& task, link::CheckpointAnswer answer);
  void ask_checkpoint(Time now, TaskId id, Task& task);
  void ask_mute(Time now);
  void tell_fault(Task& task, const std::string& why);
  void pass_on(Time now, TaskId id, Task& task);
  void pass_on_late(Time now);
  void tell_peers(TaskId id, Task& task, std::map<std::string, std::string> peers);

  void launch(Time now, TaskId id, Task& task);
  void end_leased();
  void note_limits(const link::StartTask& start);
  void stop(Time now, WallMs wall, TaskId id, Task& task, Duration patience);
  void finish(Clocks clocks, TaskId id, model::AttemptEnd end, std::string why);
  Task* find(const model::AttemptId& attempt);
  Task* find(TaskId id);
  static link::TaskReport report_of(Time now, const Task& task);
  template <class T>
  void emit(T effect) {
    effects_.emplace_back(std::move(effect));
  }

  const TaskOptions options_;
  std::map<TaskId, Task> tasks_;
  std::map<model::AttemptId, TaskId> ids_;
  std::map<model::AttemptId, link::TaskEnded> ended_;
  std::set<std::pair<Time, TaskId>> kills_;   ///< of tasks that were asked to stop
  std::set<std::pair<Time, TaskId>> untold_;  ///< what they said of themselves is passed on then
  std::set<std::pair<Time, TaskId>> mute_;    ///< they are asked for a checkpoint then at the latest
  std::set<TaskId> leased_;                   ///< that run, or are being launched
  std::set<TaskId> waiting_;                  ///< that are ready to be launched as soon as there is a lease
  std::set<std::string> noted_;               ///< jobs, kNotedMax at most
  FailureNotes failures_;
  Time leased_until_{};
  TaskId last_ = 0;
  bool leaving_ = false;
  std::vector<TaskEffect> effects_;
  std::vector<link::Message> messages_;
};

}  // namespace stellwerk::worker
