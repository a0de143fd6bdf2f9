#include "app/log_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace stellwerk::app {

Result<std::shared_ptr<LogFile>> LogFile::open(const std::string& path) {
  FileDescriptor file = open_to_append(path);
  if (!file) return make_error(Errc::failed, std::strerror(errno));
  return std::shared_ptr<LogFile>(new LogFile(path, std::move(file)));
}

std::shared_ptr<LogFile> LogFile::console() {
  return std::shared_ptr<LogFile>(new LogFile({}, {}));
}

int LogFile::target() const {
  return path_.empty() ? STDOUT_FILENO : file_.get();
}

void LogFile::sink_it_(const spdlog::details::log_msg& message) {
  open_anew();
  spdlog::memory_buf_t line;
  if (torn_) line.push_back('\n');
  formatter_->format(message, line);
  std::size_t done = 0;
  while (done < line.size()) {
    const ssize_t written = ::write(target(), line.data() + done, line.size() - done);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) break;
    done += static_cast<std::size_t>(written);
  }
  if (done > 0) torn_ = line.data()[done - 1] != '\n';
  failing_ = done < line.size();
  if (failing_) throw spdlog::spdlog_ex("the log file takes no more", errno);
}

void LogFile::reopen() {
  asked_ = true;
}

void LogFile::on_reopened(std::function<void(Reopened)> hook) {
  const std::lock_guard lock(hook_mutex_);
  hook_ = std::move(hook);
}

void LogFile::open_anew() {
  if (!asked_.exchange(false)) return;
  Reopened now = opened_anew();
  const std::lock_guard lock(hook_mutex_);
  if (hook_) hook_(std::move(now));
}

LogFile::Reopened LogFile::opened_anew() {
  if (!path_.empty()) {
    FileDescriptor file = open_to_append(path_);
    if (!file) return cannot_open_anew(path_);
    file_ = std::move(file);
    torn_ = false;
  }
  if (const auto outputs = outputs_.reopen(); outputs.has_error()) return outputs.error();
  const int now = path_.empty() ? STDERR_FILENO : file_.get();
  return std::make_shared<FileDescriptor>(::fcntl(now, F_DUPFD_CLOEXEC, 0));
}

}  // namespace stellwerk::app
