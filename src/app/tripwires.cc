#include "app/tripwires.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <limits>
#include <system_error>

#include "base/signals_blocked.h"

namespace stellwerk::app {
namespace {

constexpr unsigned kLastDescriptor = std::numeric_limits<unsigned>::max();

/// From now on the calling thread has a table of its own, with this one descriptor in it.
bool keep_only(int fd) {
  const auto number = static_cast<unsigned>(fd);
  // unshare() does the same, but is what sandboxes refuse.
  return ::syscall(SYS_close_range, number + 1, kLastDescriptor, CLOSE_RANGE_UNSHARE) == 0 &&
         (number == 0 || ::syscall(SYS_close_range, 0, number - 1, 0) == 0);
}

}  // namespace

Tripwires::Tripwires() {
  const SignalsBlocked blocked;
  for (std::size_t i = 0; i < wires_.size(); ++i) {
    std::array<int, 2> pipe{-1, -1};
    if (::pipe2(pipe.data(), O_CLOEXEC) != 0) break;
    ends_[i].reset(pipe[0]);
    const FileDescriptor held(pipe[1]);
    Wire& wire = wires_[i];
    try {
      wire.thread = std::thread([this, &wire, fd = held.get()] { hold(wire, over_, fd); });
    } catch (const std::system_error&) {
      break;  // no thread is to be had
    }
    wire.state.wait(State::starting);
  }
  for (const Wire& wire : wires_)
    if (wire.state != State::holding) ends_ = {};
}

Tripwires::~Tripwires() {
  over_ = true;
  over_.notify_all();
  for (Wire& wire : wires_)
    if (wire.thread.joinable()) wire.thread.join();
}

void Tripwires::hold(Wire& wire, const std::atomic<bool>& over, int fd) {
  wire.state = keep_only(fd) ? State::holding : State::refused;
  wire.state.notify_all();
  if (wire.state == State::holding) over.wait(false);
}

}  // namespace stellwerk::app
