#include "identity/disk_memory.h"

#include <string>
#include <utility>

namespace stellwerk::identity {

void DiskMemory::remember(const worker::Place& place, Done done) {
  if (waiting_ >= kWaitingMax) {
    executor_.post([done = std::move(done), path = folder_.path()] {
      done(make_error(Errc::unavailable, path + " does not answer: " + std::to_string(kWaitingMax) + " writes wait"));
    });
    return;
  }
  ++waiting_;
  thread_.submit([this, place, alive = alive_, done = std::move(done)]() mutable {
    executor_.post([this, alive, done = std::move(done), result = folder_.remember(place)] {
      if (!*alive) return;
      --waiting_;
      done(result);
    });
  });
}

}  // namespace stellwerk::identity
