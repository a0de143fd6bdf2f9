/// Where tasks live on a worker's disk, and what is kept there of them, as ports.
///
/// Implementations: the worker's own folder (identity/), and the simulator's.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/executor.h"
#include "link/task_message.h"

namespace stellwerk::worker {

/// What one attempt has to be given.
struct TaskNeeds {
  std::string name;  ///< of its output: "<vertex>-<subtask>"
  std::vector<std::string> ports;
  std::optional<model::ArtifactRef> artifact{};
};

/// What it has been given.
struct TaskPlace {
  std::string folder;  ///< working directory; exists
  std::string output;  ///< path of its output without an ending; its folder exists
  std::string bundle;  ///< where the bundle that its job brings is unpacked; empty: none
  std::map<std::string, std::int64_t> ports;
};

/// On the executor.
class TaskFolders {
 public:
  using Done = std::function<void(Result<TaskPlace>)>;

  virtual ~TaskFolders() = default;
  /// The ports are free, and held until release(). Of a bundle all that is at its root stands in the folder too, and a
  /// jar does under its name; both may take as long as to fetch them. Calls back once, on the executor, never from
  /// inside this call; after discard() perhaps not at all. Errors, each a sentence with the path or the artifact:
  /// failed, no_space, and those of Artifacts::take().
  virtual void prepare(const model::AttemptId& attempt, const TaskNeeds& needs, Done done) = 0;
  /// Its process is about to take the ports.
  virtual void release(const model::AttemptId& attempt) = 0;
  /// Nothing of it runs, and it may be about to be prepared: its working directory and its ports may go; its output
  /// stays.
  virtual void discard(const model::AttemptId& attempt) = 0;
};

/// What the next process of this worker has to know of the attempts of this one. It survives the process, not the
/// host: who loses more begins as a new incarnation whose attempts are gone, which leaders know how to mend.
class AttemptBook {
 public:
  virtual ~AttemptBook() = default;
  virtual void runs(const model::AttemptId& attempt, std::int64_t pid, std::int64_t started) = 0;
  /// It runs no more, and no leader knows.
  virtual void ended(const link::TaskEnded& ended) = 0;
  virtual void forget(const model::AttemptId& attempt) = 0;
};

}  // namespace stellwerk::worker
