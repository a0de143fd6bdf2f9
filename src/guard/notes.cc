#include "guard/notes.h"

#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <ctime>

#include "base/json_writer.h"

namespace stellwerk::guard {

void Notes::go_to(FileDescriptor log) {
  if (!log) return;
  if (!later_) ::close(log_);
  later_ = std::move(log);
  log_ = later_.get();
}

/// As the master's own lines look.
void Notes::add(const std::string& text) {
  if (waiting_.size() >= kWaitingMax) return;
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  const std::string millis = std::to_string(1000 + now.tv_nsec / 1'000'000).substr(1);
  tm parts{};
  std::array<char, 32> stamp{};
  if (!json_) {
    ::localtime_r(&now.tv_sec, &parts);
    std::strftime(stamp.data(), stamp.size(), "%F %T", &parts);
    return waiting_.push_back(std::string(stamp.data()) + "," + millis + " WARN  " + name_ + " - " + text + "\n");
  }
  ::gmtime_r(&now.tv_sec, &parts);
  std::strftime(stamp.data(), stamp.size(), "%FT%T", &parts);
  std::string line;
  JsonWriter(line)
      .begin_object()
      .member("time", std::string(stamp.data()) + "." + millis + "Z")
      .member("level", "WARN")
      .member("logger", name_)
      .member("message", text)
      .end_object();
  waiting_.push_back(line + "\n");
}

/// A file that hangs says so to nobody; everything else tells by poll().
bool Notes::would_block_elsewhere() const {
  struct stat info {};
  return ::fstat(log_, &info) != 0 || S_ISREG(info.st_mode);
}

void Notes::add_once(const std::string& text) {
  if (said_ == text) return;
  said_ = text;
  add(text);
}

void Notes::flush() {
  if (waiting_.empty()) return;
  std::string lines;
  for (const auto& line : waiting_) lines += line;
  waiting_.clear();
  if (would_block_elsewhere()) {
    // The child may hang for as long as it likes; if there is none, nobody can be told.
    if (::fork() == 0) ::_exit(::write(log_, lines.data(), lines.size()) < 0 ? 1 : 0);
    return;
  }
  pollfd log{log_, POLLOUT, 0};
  if (::poll(&log, 1, 0) != 1 || (log.revents & POLLOUT) == 0) return;
  if (::write(log_, lines.data(), lines.size()) < 0) return;
}

}  // namespace stellwerk::guard
