/// The folders of jobs on a worker's disk: of the attempts that it runs, and of what they print.
///
///     <tasks>/<job>/<vertex>-<subtask>-<attempt>/   while the attempt runs; the job's as long as one of its attempts
///     <outputs>/<job>/                              stays, of the newest kOutputsMax jobs
#pragma once

#include <stellwerk/result.h>

#include <cstddef>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "model/attempt.h"

namespace stellwerk::identity {

/// From any thread. Blocks on small operations of its disk, and for as long on another thread's; what is large is
/// removed without keeping anybody waiting.
class JobFolders {
 public:
  /// Of what jobs print, folders that stay. Beyond them go those whose last attempt here ended the longest ago; never
  /// that of a job which runs here.
  static constexpr std::size_t kOutputsMax = 1'000;
  /// Removed in one turn of whoever removes them, and made before somebody looks again.
  static constexpr std::size_t kOutputsSlice = 50;

  JobFolders(std::string tasks, std::string outputs) : tasks_(std::move(tasks)), outputs_(std::move(outputs)) {}

  std::string working(const model::AttemptId& attempt) const;
  std::string output(const JobId& job) const { return outputs_ + "/" + job.text(); }

  /// Both exist until remove(). Errors: failed, no_space.
  Result<void> make(const model::AttemptId& attempt);
  /// The attempt's working folder and all in it, and that of its job when nothing else is there. What cannot be removed
  /// is removed when the worker starts again: it harms nobody.
  void remove(const model::AttemptId& attempt);

  /// So many folders of outputs were made that old ones may have to go.
  bool outputs_due();
  /// One turn; true: there are more to remove. Only ever from one thread at a time.
  bool remove_old_outputs();

 private:
  void find_old_outputs();
  void remove_output(const std::string& name);

  const std::string tasks_;
  const std::string outputs_;
  std::vector<std::string> old_outputs_;  ///< names, the oldest last; of the thread that removes them
  /// A job's folder is empty before its first attempt's is made in it: in between nobody may remove it.
  std::mutex mutex_;
  std::set<model::AttemptId> here_;  ///< made and not removed
  std::size_t outputs_made_ = 0;     ///< since they were looked at
};

}  // namespace stellwerk::identity
