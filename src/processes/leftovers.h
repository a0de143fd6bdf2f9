/// Tasks of a worker that is gone: its guard ends what it left running, and so does the next that starts in its place.
#pragma once

#include <chrono>
#include <cstdint>
#include <set>
#include <span>
#include <string>
#include <vector>

namespace stellwerk::processes {

/// Longest wait for processes that were killed.
inline constexpr std::chrono::seconds kLeftoversMax{5};

/// A process, as TaskProcess names it. Of this boot: after another one (boot_id()) nothing is left, and the numbers are
/// others'.
struct Leftover {
  std::int64_t pid = 0;
  std::int64_t started = 0;
};

struct LeftoverEnd {
  Leftover what;
  std::vector<std::int64_t> killed;  ///< processes that lived, and do no more
  std::vector<std::int64_t> left;    ///< that could not be killed, or did not end in time
  bool taken = false;                ///< the number is another process' now (or never was a task's): nothing was left

  /// One sentence for the log.
  std::string text() const;
};

/// Sends SIGKILL to all processes in the group or session of each task, again until none is left, and waits for their
/// end. Blocks for kLeftoversMax at most: before the loop turns. One answer for each, in the same order.
///
/// A process counts only with the pid *and* the time of its start. Where the first process is gone, members of its
/// group and session are still known by the number, which the system gives to nobody else as long as there are any;
/// they must not have started before it did. What this cannot tell apart: a task that had ended altogether, its number
/// given to somebody else who made a session, and who is gone too and left processes behind: those are killed.
std::vector<LeftoverEnd> end_leftovers(std::span<const Leftover> tasks);

/// The same with what tasks of one worker left in sessions of their own: it bears that worker's mark
/// (tasks/orphans.h says what does not). `worker` is the worker's own process; while that lives, nothing is done.
LeftoverEnd end_daemons_of(const Leftover& worker);

/// The processes with one of these marks that lead a session: a task's first, once it has become its own program, and
/// daemons. Looks at all processes once.
std::vector<Leftover> find_marked(const std::set<std::string>& marks);

}  // namespace stellwerk::processes
