#include "coordination/local_watch.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "base/assert.h"

namespace stellwerk::coordination {
namespace {

/// A file that was open for writing is closed when its process dies: that is how a death is seen.
constexpr std::uint32_t kMask =
    IN_CREATE | IN_MOVED_TO | IN_DELETE | IN_MOVED_FROM | IN_CLOSE_WRITE | IN_DELETE_SELF | IN_MOVE_SELF | IN_UNMOUNT;

bool starts_with(std::string_view name, std::string_view prefix) {
  return name.substr(0, prefix.size()) == prefix;
}

}  // namespace

LocalWatch::LocalWatch()
    : wakes_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)), events_(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK)) {
  STELLWERK_ASSERT(wakes_, "no descriptor for an eventfd");
}

bool LocalWatch::watch(const std::string& folder) {
  unwatch();
  if (events_) watched_ = ::inotify_add_watch(events_.get(), folder.c_str(), kMask | IN_ONLYDIR);
  return watched_ >= 0;
}

void LocalWatch::unwatch() {
  if (watched_ >= 0) ::inotify_rm_watch(events_.get(), watched_);
  watched_ = -1;
}

void LocalWatch::wake() {
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t ignored = ::write(wakes_.get(), &one, sizeof one);
}

LocalWatch::Seen LocalWatch::wait(std::chrono::milliseconds limit) {
  const bool blind = watched_ < 0;
  if (blind) limit = std::min(limit, kUnwatchedPollInterval);
  pollfd fds[2] = {{wakes_.get(), POLLIN, 0}, {events_.get(), POLLIN, 0}};
  const int ready = ::poll(fds, blind ? 1 : 2, static_cast<int>(std::max<std::int64_t>(limit.count(), 0)));
  if (ready > 0 && fds[0].revents != 0) {
    std::uint64_t wakes = 0;
    [[maybe_unused]] const ssize_t ignored = ::read(wakes_.get(), &wakes, sizeof wakes);
  }
  if (blind) return {true, true};
  return ready > 0 && fds[1].revents != 0 ? read_events() : Seen{};
}

LocalWatch::Seen LocalWatch::read_events() {
  Seen seen;
  alignas(inotify_event) char buffer[16 * 1024];
  for (;;) {
    const ssize_t got = ::read(events_.get(), buffer, sizeof buffer);
    if (got <= 0) return seen;
    for (ssize_t at = 0; at < got;) {
      inotify_event event{};
      std::memcpy(&event, buffer + at, sizeof event);
      const std::string_view name(event.len > 0 ? buffer + at + sizeof event : "");
      at += static_cast<ssize_t>(sizeof event + event.len);
      // A candidate was opened under its unfinished name and is closed under that.
      const bool queue =
          starts_with(name, "CANDIDATE-") || starts_with(name, "LOCK") || starts_with(name, "~candidate");
      const bool everything = name.empty();  // overflow, or the folder itself
      seen.head |= everything || starts_with(name, "HEAD-");
      seen.queue |= everything || queue;
    }
  }
}

}  // namespace stellwerk::coordination
