#include "app/log_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace stellwerk::app {
namespace {

/// Less the umask, as the C library makes files.
constexpr mode_t kMode = 0666;

}  // namespace

Result<std::shared_ptr<LogFile>> LogFile::open(const std::string& path) {
  FileDescriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, kMode));
  if (!file) return make_error(Errc::failed, std::strerror(errno));
  return std::shared_ptr<LogFile>(new LogFile(std::move(file)));
}

void LogFile::sink_it_(const spdlog::details::log_msg& message) {
  spdlog::memory_buf_t line;
  if (torn_) line.push_back('\n');
  formatter_->format(message, line);
  std::size_t done = 0;
  while (done < line.size()) {
    const ssize_t written = ::write(file_.get(), line.data() + done, line.size() - done);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) break;
    done += static_cast<std::size_t>(written);
  }
  if (done > 0) torn_ = line.data()[done - 1] != '\n';
  failing_ = done < line.size();
  if (failing_) throw spdlog::spdlog_ex("the log file takes no more", errno);
}

}  // namespace stellwerk::app
