#include "identity/job_folders.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <optional>

#include "identity/system_error.h"

namespace stellwerk::identity {

namespace fs = std::filesystem;

namespace {

/// Ends the name of a folder that is being removed: its job may come back meanwhile, and gets another one.
constexpr std::string_view kGoing = ".going";

/// Whose output the folder is; none: it is not ours.
std::optional<JobId> job_of(std::string_view name) {
  if (name.ends_with(kGoing)) name.remove_suffix(kGoing.size());
  const auto job = JobId::parse(name);
  if (!job || job->text() != name) return std::nullopt;
  return *job;
}

}  // namespace

std::string JobFolders::working(const model::AttemptId& attempt) const {
  return tasks_ + "/" + attempt.job.text() + "/" + std::to_string(attempt.task.vertex) + "-" +
         std::to_string(attempt.task.subtask) + "-" + std::to_string(attempt.number);
}

Result<void> JobFolders::make(const model::AttemptId& attempt) {
  const std::scoped_lock lock(mutex_);
  here_.insert(attempt);
  const std::string printed = output(attempt.job);
  for (const auto& path : {working(attempt), printed}) {
    std::error_code error;
    const bool made = fs::create_directories(path, error);
    if (made && path == printed) ++outputs_made_;
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
  here_.erase(attempt);
  // Its age is that of the last end.
  ::utimensat(AT_FDCWD, output(attempt.job).c_str(), nullptr, 0);
}

bool JobFolders::outputs_due() {
  const std::scoped_lock lock(mutex_);
  return outputs_made_ >= kOutputsSlice;
}

bool JobFolders::remove_old_outputs() {
  if (old_outputs_.empty()) find_old_outputs();
  for (std::size_t i = 0; i < kOutputsSlice && !old_outputs_.empty(); ++i) {
    remove_output(old_outputs_.back());
    old_outputs_.pop_back();
  }
  return !old_outputs_.empty();
}

void JobFolders::find_old_outputs() {
  {
    const std::scoped_lock lock(mutex_);
    outputs_made_ = 0;
  }
  std::vector<std::pair<fs::file_time_type, std::string>> found;
  std::vector<std::string> going;
  std::error_code error;
  for (fs::directory_iterator at(outputs_, error); !error && at != fs::directory_iterator(); at.increment(error)) {
    const std::string name = at->path().filename().string();
    std::error_code gone;
    if (!job_of(name) || !fs::is_directory(at->symlink_status(gone))) continue;
    if (name.ends_with(kGoing))
      going.push_back(name);
    else
      found.emplace_back(at->last_write_time(gone), name);
  }
  std::sort(found.begin(), found.end(), std::greater());
  for (std::size_t i = kOutputsMax; i < found.size(); ++i) old_outputs_.push_back(std::move(found[i].second));
  // What an earlier process did not come to the end of.
  old_outputs_.insert(old_outputs_.end(), going.begin(), going.end());
}

void JobFolders::remove_output(const std::string& name) {
  std::string path = outputs_ + "/" + name;
  std::error_code error;
  if (!name.ends_with(kGoing)) {
    const std::scoped_lock lock(mutex_);
    const JobId job = *job_of(name);
    const auto first = here_.lower_bound({job, {0, 0}, 0});
    if (first != here_.end() && first->job == job) return;
    const std::string whole = std::exchange(path, path + std::string(kGoing));
    fs::rename(whole, path, error);
  }
  if (!error) fs::remove_all(path, error);
}

}  // namespace stellwerk::identity
