#include "identity/job_folders.h"

#include <filesystem>

#include "identity/system_error.h"

namespace stellwerk::identity {

namespace fs = std::filesystem;

std::string JobFolders::working(const model::AttemptId& attempt) const {
  return tasks_ + "/" + attempt.job.text() + "/" + std::to_string(attempt.task.vertex) + "-" +
         std::to_string(attempt.task.subtask) + "-" + std::to_string(attempt.number);
}

Result<void> JobFolders::make(const model::AttemptId& attempt) {
  const std::scoped_lock lock(mutex_);
  for (const auto& path : {working(attempt), output(attempt.job)}) {
    std::error_code error;
    fs::create_directories(path, error);
    if (error) return system_error("could not make " + path, error.value());
  }
  return {};
}

void JobFolders::remove(const model::AttemptId& attempt) {
  const fs::path path = working(attempt);
  std::error_code ignored;
  fs::remove_all(path, ignored);
  const std::scoped_lock lock(mutex_);
  fs::remove(path.parent_path(), ignored);
}

}  // namespace stellwerk::identity
