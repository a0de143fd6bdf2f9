/// What tasks leave behind: processes that outlive the one that was started.
///
/// This process is made the one that orphans among its descendants are given to (PR_SET_CHILD_SUBREAPER), so a process
/// whose parents have ended becomes our child, wherever it moved itself. It is known as a task's
///  - by its session: everything that did not call setsid();
///  - by STELLWERK_TASK_MARK in the environment that it was started with: daemons.
/// It is killed when its task has ended, and reaped whenever it ends. What hides behind a living parent that is found
/// is found when that one is gone.
///
/// Not found: who left the session *and* was started with another environment (or with one of over 256 KiB, or may not
/// be looked at: a program that is setuid); who lives below a process that is not found; and who makes new sessions
/// faster than they are looked for. Those end up as our children too, are reaped, and live on as nobody's.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/executor.h"
#include "processes/proc.h"

namespace stellwerk::tasks {

/// How often is looked while there are tasks and nothing happens.
inline constexpr Duration kSweepEvery = std::chrono::seconds(1);
/// Who was killed is looked for again after this, then after twice as long, up to kSweepEvery.
inline constexpr Duration kSweepAgainFirst = std::chrono::milliseconds(1);
/// Processes that are looked at, or told to be gone, in one turn of the loop.
inline constexpr std::size_t kSweepSlice = 64;
/// Who has no environment that can be read (he may just be becoming another program) is nobody's after this.
inline constexpr Duration kUndecidedMax = std::chrono::milliseconds(250);
/// A killed process that is still there after so long is reported: only the kernel can hold it.
inline constexpr Duration kKilledNoteAfter = std::chrono::seconds(5);

/// Use on the loop's thread; one at a time in a process.
class Orphans {
 public:
  struct Setup {
    /// All children of this process, and maybe others: child_candidates().
    std::function<std::vector<std::int64_t>()> candidates;
    /// Children of this process that are neither tasks nor theirs, and that somebody else reaps. Empty: there are none.
    std::function<bool(std::int64_t pid)> somebody_elses;
    /// Whether something of an ended task lives that cannot be found so; it is killed again. Empty: nothing does.
    std::function<bool(std::int64_t pid)> lives_elsewhere;
    /// Nothing is left of a task but its first process, which may be reaped now. From the loop.
    std::function<void(std::int64_t pid)> on_gone;
    std::function<void(const std::string&)> note;
  };

  Orphans(Executor& executor, Setup setup);
  ~Orphans();
  Orphans(const Orphans&) = delete;
  Orphans& operator=(const Orphans&) = delete;

  /// The value of kMarkVariable for the task that is started next.
  std::string next_mark();
  /// The task with that mark runs as this process.
  void began(std::int64_t pid);
  /// Its process has ended and its group was killed; it is not to be reaped before on_gone.
  void ended(std::int64_t pid);
  /// Looks once, in one go; true if nothing is left of any ended task. on_gone is not called. For the end of us.
  bool look_now();

 private:
  struct Task {
    std::uint64_t number = 0;
    bool ended = false;
    Time ended_at{};
    std::uint64_t ended_in_pass = 0;  ///< passes that began before know nothing
    std::int64_t living = 0;          ///< in this pass: one of them
    bool noted = false;
    bool gone = false;  ///< but not told yet
  };
  struct Stranger {
    std::int64_t started = 0;
    std::uint64_t owner = 0;  ///< number of a task; 0: nobody knows
    Time first_seen{};
    bool decided = false;  ///< looking again tells nothing new
    std::uint64_t seen_in_pass = 0;
  };

  void schedule(Duration delay);
  void begin_pass();
  void slice();
  void end_pass();
  void look_at(std::int64_t pid);
  std::uint64_t owner_of(const processes::ProcessStat& stat);
  void kill(const processes::ProcessStat& stat);
  bool judge(std::int64_t pid, Task& task);
  bool lives_elsewhere(std::int64_t pid) const;
  void tell_gone();

  Executor& executor_;
  const Setup setup_;
  const std::int64_t self_;
  std::string mark_prefix_;
  std::uint64_t started_ = 0;
  std::map<std::int64_t, Task> tasks_;
  std::unordered_map<std::uint64_t, std::int64_t> by_number_;
  std::map<std::int64_t, Stranger> strangers_;

  std::uint64_t pass_ = 0;
  bool passing_ = false;
  bool reaped_ = false;     ///< in this pass somebody was: his children may have become ours unseen
  bool undecided_ = false;  ///< in this pass: about somebody
  std::vector<std::int64_t> to_look_at_;
  std::deque<std::int64_t> gone_;
  Duration again_ = kSweepAgainFirst;
  Executor::TimerId timer_ = 0;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace stellwerk::tasks
