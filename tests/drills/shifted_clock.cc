/// For a program that is to believe in another time of day: loaded before its libraries (LD_PRELOAD), it shifts what
/// they tell of the wall clock by SHIFTED_CLOCK_SECONDS, or by the number that the file SHIFTED_CLOCK_FILE holds at
/// that moment, so that the clock can jump while the program runs. Clocks that measure how long something takes stay as
/// they are.
#include <fcntl.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

namespace {

constexpr std::size_t kNumberBytesMax = 32;

/// System calls alone: whoever asks for the time may hold any lock, and wants to find `errno` as it was.
time_t shift_in(const char* file) {
  const int error_before = errno;
  char number[kNumberBytesMax + 1] = {};
  const auto fd = static_cast<int>(::syscall(SYS_openat, AT_FDCWD, file, O_RDONLY | O_CLOEXEC));
  if (fd >= 0) {
    ::syscall(SYS_read, fd, number, kNumberBytesMax);
    ::syscall(SYS_close, fd);
  }
  errno = error_before;
  return static_cast<time_t>(std::atoll(number));
}

time_t shift() {
  if (const char* const file = ::getenv("SHIFTED_CLOCK_FILE"); file != nullptr) return shift_in(file);
  const char* const seconds = ::getenv("SHIFTED_CLOCK_SECONDS");
  return seconds == nullptr ? 0 : static_cast<time_t>(std::atoll(seconds));
}

bool is_wall(clockid_t clock) {
  return clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE;
}

}  // namespace

extern "C" {

int clock_gettime(clockid_t clock, timespec* out) noexcept {
  const auto result = static_cast<int>(::syscall(SYS_clock_gettime, clock, out));
  if (result == 0 && is_wall(clock)) out->tv_sec += shift();
  return result;
}

int gettimeofday(timeval* __restrict out, void* __restrict) noexcept {
  timespec now{};
  const int result = clock_gettime(CLOCK_REALTIME, &now);
  out->tv_sec = now.tv_sec;
  out->tv_usec = now.tv_nsec / 1000;
  return result;
}

time_t time(time_t* out) noexcept {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  if (out != nullptr) *out = now.tv_sec;
  return now.tv_sec;
}
}
