/// What clients of a cluster asked and were told, and what was seen of its tasks: values, in the order of their ends.
///
/// Whoever records it (drill/) adds; history/checker.h says whether a cluster that keeps its promises
/// (docs/architecture.md, P1 to P10) could have answered so. One thread at a time uses a history.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/job.h"
#include "model/position.h"

namespace stellwerk::history {

/// On one clock that nobody sets, since any beginning.
using Micros = std::int64_t;

enum class Action {
  submit,  ///< under an id of the client's own
  cancel,
  read_job,   ///< its status
  list_jobs,  ///< all of them
};

/// What the one who asked may conclude.
enum class Outcome {
  done,       ///< 2xx
  refused,    ///< 4xx, 507: nothing happened, and will not
  nothing,    ///< 503, or it was never sent: certainly nothing happened
  not_found,  ///< 404
  unknown,    ///< 504, 500, or the connection ended before the answer
};

/// Of a change and of a read alike: what an answer with this status means; 0: none came.
Outcome outcome_of(int status) noexcept;

struct Seen {
  std::string job{};
  model::JobStatus status = model::JobStatus::created;
};

struct Call {
  int client = 0;
  Action action = Action::read_job;
  std::string job{};     ///< of all but list_jobs
  std::string master{};  ///< who was asked
  Micros invoked = 0;
  Micros answered = 0;  ///< of `unknown`: when it was given up
  Outcome outcome = Outcome::unknown;
  int status = 0;            ///< HTTP; 0: no answer
  bool follower = false;     ///< the one that answered said so
  bool short_lived = false;  ///< of a submission: the job ends by itself
  std::optional<model::Position> at_least{};
  std::optional<model::Position> position{};
  std::optional<std::int64_t> lag_ms{};
  std::vector<Seen> seen{};  ///< of a read that was `done`
};

/// One task of a watched job, as the leader shows it.
struct TaskSeen {
  std::string job{};
  std::int64_t attempt = 0;
  std::int64_t pid = 0;
  std::string worker{};
};
/// All tasks that run, once the cluster had settled.
struct TaskLook {
  Micros at = 0;
  std::size_t round = 0;  ///< that it follows; 0: before the first
  std::vector<TaskSeen> tasks{};
  /// Workers that were hit since the look before: what they ran may have begun anew.
  std::vector<std::string> workers_hit{};
};

/// One attempt of the task of an at-most-one job, as it announced itself, in that order.
struct OnceAttempt {
  std::int64_t pid = 0;
  std::int64_t token = 0;    ///< for fencing
  bool met_another = false;  ///< it found the lock of another one that lived
};

/// While it lasted no change could become durable, so none that was asked for after its begin was acknowledged before
/// its end.
struct Silence {
  Micros from = 0;
  Micros to = 0;
};

struct History {
  std::vector<Call> calls{};
  std::vector<TaskLook> looks{};
  std::vector<Silence> silences{};
  std::vector<OnceAttempt> once{};
  std::size_t once_unreadable = 0;  ///< lines of the at-most-one job that tell nothing: its worker died in between
  /// What stellwerk fsck found wrong in the end; empty: nothing, or it was not asked.
  std::string fsck{};
  /// Nobody else uses the cluster: what exists, we asked for; and nothing is ever forgotten. Else an ended job may be,
  /// as jobstore.* of that cluster says.
  bool alone = true;
};

/// "client 3 asked localhost:8081 to cancel 019f... (12.345 to 12.349 s): 202 at 3-17"
std::string describe(const Call& call);

}  // namespace stellwerk::history
