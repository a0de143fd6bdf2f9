#include "tasks/line_sink.h"

#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace stellwerk::tasks {
namespace {

/// What is gathered for one write to a file, in bytes.
constexpr std::size_t kGatheredBytesMax = std::size_t{64} << 10;

}  // namespace

LineSink::LineSink(int descriptor, std::function<void(std::string)> note)
    : descriptor_(descriptor), note_(std::move(note)) {
  struct stat status {};
  regular_ = descriptor_ >= 0 && ::fstat(descriptor_, &status) == 0 && S_ISREG(status.st_mode);
}

void LineSink::add(std::string_view prefix, std::string_view line) {
  if (descriptor_ < 0) return;
  waiting_ += prefix;
  waiting_ += line;
  waiting_ += '\n';
  if (waiting_.size() >= kGatheredBytesMax) flush();
}

void LineSink::flush() {
  std::string_view rest = waiting_;
  while (!rest.empty()) {
    std::string_view piece = rest;
    if (!regular_ && piece.size() > kSinkLineBytesMax)
      piece = piece.substr(0, piece.substr(0, kSinkLineBytesMax).rfind('\n') + 1);
    const bool no_room = full();
    if (no_room || !write(piece)) {
      drop(rest, why_lost(no_room));
      break;
    }
    rest.remove_prefix(piece.size());
  }
  waiting_.clear();
}

/// The descriptor may be shared with the shell that started us, so it is not ours to make non-blocking. A pipe that
/// can be written at all takes PIPE_BUF bytes without waiting.
bool LineSink::full() {
  if (regular_) {
    struct stat status {};
    return ::fstat(descriptor_, &status) != 0 || status.st_size > kSinkFileBytesMax;
  }
  pollfd now{descriptor_, POLLOUT, 0};
  return ::poll(&now, 1, 0) != 1 || (now.revents & POLLOUT) == 0;
}

bool LineSink::write(std::string_view lines) {
  while (!lines.empty()) {
    const ssize_t written = ::write(descriptor_, lines.data(), lines.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    lines.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

std::string LineSink::why_lost(bool no_room) const {
  if (!no_room) return "it cannot be written";
  if (!regular_) return "nobody reads it fast enough";
  return "it is longer than " + std::to_string(kSinkFileBytesMax >> 20) +
         " MiB; they come again as soon as it is cut short (truncate -s 0)";
}

void LineSink::drop(std::string_view lines, const std::string& why) {
  if (dropped_ == 0)
    note_("Lines of tasks are missing on this worker's stdout: they are in the tasks' own files alone, because " + why);
  dropped_ += static_cast<std::uint64_t>(std::count(lines.begin(), lines.end(), '\n'));
}

PrefixedLines::PrefixedLines(std::string prefix)
    : prefix_(prefix.substr(0, kPrefixBytesMax)), piece_bytes_max_(kSinkLineBytesMax - prefix_.size() - 1) {}

void PrefixedLines::take(std::string_view bytes, LineSink& sink) {
  while (!bytes.empty()) {
    const std::size_t end = bytes.find('\n');
    const std::size_t room = piece_bytes_max_ - begun_.size();
    const std::size_t length = std::min({end, room, bytes.size()});
    const bool whole = length == end;
    if (!whole && length == bytes.size()) {
      begun_ += bytes;
      return;
    }
    if (begun_.empty()) {
      sink.add(prefix_, bytes.substr(0, length));
    } else {
      begun_ += bytes.substr(0, length);
      sink.add(prefix_, begun_);
      begun_.clear();
    }
    bytes.remove_prefix(whole ? length + 1 : length);
  }
}

void PrefixedLines::end(LineSink& sink) {
  if (!begun_.empty()) sink.add(prefix_, begun_);
  begun_.clear();
}

}  // namespace stellwerk::tasks
