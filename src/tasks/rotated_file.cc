#include "tasks/rotated_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

#include "base/assert.h"
#include "tasks/descriptors.h"

namespace stellwerk::tasks {
namespace {

/// How much of `bytes` goes into a file with room for `room` of them: whole lines, or 0.
std::size_t whole_lines(std::string_view bytes, std::uint64_t room) {
  if (bytes.size() <= room) return bytes.size();
  const std::size_t last = bytes.substr(0, room).rfind('\n');
  return last == std::string_view::npos ? 0 : last + 1;
}

}  // namespace

RotatedFile::RotatedFile(std::string path, OutputLimits limits) : path_(std::move(path)), limits_(limits) {
  STELLWERK_ASSERT(limits_.file_bytes > 0 && limits_.older_files >= 0, "a file holds at least a byte");
}

void RotatedFile::open() {
  file_.reset();
  size_ = 0;
  // Not truncated: the attempt before wrote here. Not blocking: somebody may have put a pipe there.
  FileDescriptor file(::open(path_.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0644));
  if (!file) {
    fail("");
    return;
  }
  auto moved = move_up(std::move(file), kHeldFrom);
  if (moved.has_error()) {
    why_ = path_ + ": " + moved.error().text;
    return;
  }
  file_ = std::move(*moved);
  struct stat status {};
  regular_ = ::fstat(file_.get(), &status) == 0 && S_ISREG(status.st_mode);
  size_ = regular_ ? static_cast<std::uint64_t>(status.st_size) : 0;
}

std::uint64_t RotatedFile::write(std::string_view bytes) {
  while (!bytes.empty()) {
    if (!file_) open();
    if (!file_) return bytes.size();
    const std::uint64_t room = size_ < limits_.file_bytes ? limits_.file_bytes - size_ : 0;
    std::size_t piece = whole_lines(bytes, room);
    if (piece == 0 && size_ == 0) piece = static_cast<std::size_t>(room);
    if (piece == 0) {
      rotate();
      continue;
    }
    if (!write_piece(bytes, piece)) return bytes.size();
  }
  return 0;
}

bool RotatedFile::write_piece(std::string_view& bytes, std::size_t length) {
  while (length > 0) {
    const ssize_t written = ::write(file_.get(), bytes.data(), length);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return fail("");
    bytes.remove_prefix(static_cast<std::size_t>(written));
    length -= static_cast<std::size_t>(written);
    if (regular_) size_ += static_cast<std::uint64_t>(written);
  }
  return true;
}

/// Whatever goes wrong, the file that is written next is empty.
void RotatedFile::rotate() {
  const auto name = [this](int age) { return age == 0 ? path_ : path_ + "." + std::to_string(age); };
  // Older ones may be missing: somebody cleans up, or there were never that many. One that stays is written over.
  for (int age = limits_.older_files; --age > 0;) ::rename(name(age).c_str(), name(age + 1).c_str());
  if (limits_.older_files > 0 && (::rename(name(0).c_str(), name(1).c_str()) == 0 || errno == ENOENT)) open();
  if (size_ == 0) return;
  if (::ftruncate(file_.get(), 0) != 0) fail("emptying ");
  size_ = 0;
}

bool RotatedFile::fail(const std::string& what) {
  why_ = what + path_ + ": " + std::strerror(errno);
  return false;
}

}  // namespace stellwerk::tasks
