#include "loop/fd_watch.h"

#include <poll.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <cstdint>
#include <utility>

#include "loop/turn_meter.h"

namespace stellwerk::loop {

using Descriptor = boost::asio::posix::stream_descriptor;

struct FdWatch::State : std::enable_shared_from_this<State> {
  explicit State(boost::asio::io_context& io) : descriptor(io), meter(turn_meter(io)) {}

  void wait(Descriptor::wait_type type) {
    descriptor.async_wait(type,
                          [weak = weak_from_this(), expected = generation](const boost::system::error_code& error) {
                            const auto self = weak.lock();
                            // A wait that was already taken from the system when it was cancelled arrives without an
                            // error.
                            if (!error && self && self->generation == expected) self->fire();
                          });
  }

  void fire() {
    const TurnMeter::Turn turn(meter);
    pollfd now{descriptor.native_handle(), POLLIN | POLLOUT, 0};
    ::poll(&now, 1, 0);
    disarm();
    const bool broken = (now.revents & (POLLERR | POLLHUP | POLLNVAL)) != 0;
    const Ready call = std::exchange(ready, nullptr);
    call(broken || (now.revents & POLLIN) != 0, broken || (now.revents & POLLOUT) != 0);
  }

  void disarm() {
    ++generation;
    if (descriptor.is_open()) descriptor.release();
  }

  Descriptor descriptor;
  TurnMeter& meter;
  Ready ready;
  std::uint64_t generation = 0;
};

FdWatch::FdWatch(boost::asio::io_context& io) : state_(std::make_shared<State>(io)) {}

FdWatch::~FdWatch() {
  disarm();
}

bool FdWatch::arm(int fd, bool read, bool write, Ready ready) {
  disarm();
  boost::system::error_code error;
  state_->descriptor.assign(fd, error);
  if (error) return false;
  state_->ready = std::move(ready);
  if (read) state_->wait(Descriptor::wait_read);
  if (write) state_->wait(Descriptor::wait_write);
  return true;
}

void FdWatch::disarm() {
  state_->disarm();
}

}  // namespace stellwerk::loop
