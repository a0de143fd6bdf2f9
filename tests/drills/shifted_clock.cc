/// For a program that is to believe in another time of day: loaded before its libraries (LD_PRELOAD), it shifts what
/// they tell of the wall clock by SHIFTED_CLOCK_SECONDS. Clocks that measure how long something takes stay as they are.
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include <cstdlib>

namespace {

time_t shift() {
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
