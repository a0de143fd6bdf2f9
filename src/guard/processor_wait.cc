#include "guard/processor_wait.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <chrono>
#include <cstdlib>
#include <string>

namespace stellwerk::guard {
namespace {

/// A small file of /proc, without its end if that is longer.
std::string read_all(int fd) {
  std::array<char, 512> bytes;
  const ssize_t got = ::pread(fd, bytes.data(), bytes.size(), 0);
  return got > 0 ? std::string(bytes.data(), static_cast<std::size_t>(got)) : std::string();
}

/// As the kernel numbers it in our pid namespace; 0: it is not there.
long pid_of(int pidfd) {
  const int info = ::open(("/proc/self/fdinfo/" + std::to_string(pidfd)).c_str(), O_RDONLY | O_CLOEXEC);
  if (info < 0) return 0;
  const std::string text = read_all(info);
  ::close(info);
  constexpr char kKey[] = "Pid:";
  const auto at = text.find(kKey);
  if (at == std::string::npos) return 0;
  return std::strtol(text.c_str() + at + sizeof kKey - 1, nullptr, 10);
}

}  // namespace

ProcessorWait::ProcessorWait(int pidfd) {
  if (const long pid = pid_of(pidfd); pid > 0)
    file_ = ::open(("/proc/" + std::to_string(pid) + "/schedstat").c_str(), O_RDONLY | O_CLOEXEC);
}

ProcessorWait::~ProcessorWait() {
  if (file_ >= 0) ::close(file_);
}

/// "<ns on a processor> <ns ready and waiting> <slices>"
std::optional<Duration> ProcessorWait::read() const {
  if (file_ < 0) return std::nullopt;
  const std::string text = read_all(file_);
  const auto blank = text.find(' ');
  if (blank == std::string::npos) return std::nullopt;
  std::int64_t ns = 0;
  const char* const end = text.data() + text.size();
  if (std::from_chars(text.data() + blank + 1, end, ns).ec != std::errc{}) return std::nullopt;
  return std::chrono::duration_cast<Duration>(std::chrono::nanoseconds(ns));
}

}  // namespace stellwerk::guard
