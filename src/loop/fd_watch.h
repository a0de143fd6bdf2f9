/// Waiting for a descriptor that somebody else owns and may close behind our back (a C library's socket).
#pragma once

#include <functional>
#include <memory>

namespace boost::asio {
class io_context;
}

namespace stellwerk::loop {

/// One descriptor at a time, one event per arm(). Use on the loop's thread only.
///
/// The descriptor stays its owner's. Whoever arms a watch disarms it *before* the owner may close the
/// descriptor: afterwards the same number may already be another file. After disarm(), and after the
/// destructor, `ready` is not called, even if the event had already been taken from the system.
class FdWatch {
 public:
  /// Errors and hang-ups count as both.
  using Ready = std::function<void(bool readable, bool writable)>;

  explicit FdWatch(boost::asio::io_context& io);
  ~FdWatch();
  FdWatch(const FdWatch&) = delete;
  FdWatch& operator=(const FdWatch&) = delete;

  /// Calls `ready` once, from the loop, when `fd` can be read (if `read`) or written (if `write`); the
  /// watch is disarmed by then. False: the system refuses to watch `fd`; nothing is called.
  bool arm(int fd, bool read, bool write, Ready ready);
  void disarm();

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace stellwerk::loop
