#include "app/memory_setup.h"

#include <fcntl.h>
#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <climits>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <new>

namespace stellwerk::app {
namespace {

/// Without a fixed value glibc takes the largest block that was ever freed (up to 32 MiB) for one to keep.
constexpr int kLargeBlock = 1024 * 1024;
constexpr std::size_t kLineMax = 256;
/// Time, milliseconds, who.
constexpr const char* kTextLine =
    "%s,%03ld ERROR stellwerk - Out of memory: this %s ends at once, so that nothing of it stands in the way of "
    "another "
    "one\n";
constexpr const char* kJsonLine =
    "{\"time\":\"%s.%03ldZ\",\"level\":\"ERROR\",\"logger\":\"stellwerk\",\"message\":\"Out of memory: this %s ends at "
    "once, "
    "so that nothing of it stands in the way of another one\"}\n";

struct LastWords {
  std::array<char, PATH_MAX> log_file{};
  std::array<char, 16> who{};
  bool json = false;
};

/// std::set_new_handler takes a plain function, which may allocate nothing itself: what it says stands here beforehand.
LastWords& last_words() {
  static LastWords words;
  return words;
}

void write_to(int fd, const char* line, int size) {
  // It is the end; nobody could be told of a failure.
  if (::write(fd, line, static_cast<std::size_t>(size)) < 0) return;
}

[[noreturn]] void out_of_memory() {
  const LastWords& words = last_words();
  timespec now{};
  tm parts{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  if (words.json)
    ::gmtime_r(&now.tv_sec, &parts);
  else
    ::localtime_r(&now.tv_sec, &parts);
  std::array<char, 32> time{};
  std::strftime(time.data(), time.size(), words.json ? "%Y-%m-%dT%H:%M:%S" : "%Y-%m-%d %H:%M:%S", &parts);
  std::array<char, kLineMax> line{};
  const int size = std::snprintf(line.data(), line.size(), words.json ? kJsonLine : kTextLine, time.data(),
                                 now.tv_nsec / 1'000'000, words.who.data());
  const int written = std::min(size, static_cast<int>(line.size()) - 1);
  const int log = words.log_file[0] == 0 ? -1 : ::open(words.log_file.data(), O_WRONLY | O_APPEND | O_CLOEXEC);
  if (log >= 0) write_to(log, line.data(), written);
  write_to(STDERR_FILENO, line.data(), written);
  std::abort();
}

}  // namespace

void return_large_blocks() {
  ::mallopt(M_MMAP_THRESHOLD, kLargeBlock);
}

void end_when_out_of_memory(const std::string& who, const std::string& log_file, bool json) {
  LastWords& words = last_words();
  words.json = json;
  if (who.size() < words.who.size()) std::copy(who.begin(), who.end(), words.who.begin());
  if (log_file.size() < words.log_file.size()) std::copy(log_file.begin(), log_file.end(), words.log_file.begin());
  std::set_new_handler(out_of_memory);
}

}  // namespace stellwerk::app
