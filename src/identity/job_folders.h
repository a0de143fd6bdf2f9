/// The folders of jobs on a worker's disk: of the attempts that it runs, and of what they print.
///
///     <tasks>/<job>/<vertex>-<subtask>-<attempt>/   while the attempt runs; the job's as long as one of its attempts
///     <outputs>/<job>/                              stays
#pragma once

#include <stellwerk/result.h>

#include <mutex>
#include <string>
#include <utility>

#include "model/attempt.h"

namespace stellwerk::identity {

/// From any thread. Blocks on small operations of its disk, and for as long on another thread's; what is large is
/// removed without keeping anybody waiting.
class JobFolders {
 public:
  JobFolders(std::string tasks, std::string outputs) : tasks_(std::move(tasks)), outputs_(std::move(outputs)) {}

  std::string working(const model::AttemptId& attempt) const;
  std::string output(const JobId& job) const { return outputs_ + "/" + job.text(); }

  /// Both exist until remove(). Errors: failed, no_space.
  Result<void> make(const model::AttemptId& attempt);
  /// The attempt's working folder and all in it, and that of its job when nothing else is there. What cannot be removed
  /// is removed when the worker starts again: it harms nobody.
  void remove(const model::AttemptId& attempt);

 private:
  const std::string tasks_;
  const std::string outputs_;
  /// A job's folder is empty before its first attempt's is made in it: in between nobody may remove it.
  std::mutex mutex_;
};

}  // namespace stellwerk::identity
