/// Tells a guard of this process' death before the kernel has taken its memory back.
///
/// A killed process lets go of its memory first and of its descriptors afterwards, which takes milliseconds:
/// about 0.1 for each megabyte. A thread that has a descriptor table of its own lets go of it as soon as it
/// is dead itself, unless it happens to be the last one, which must free the memory. Of two, one is not the last.
#pragma once

#include <array>
#include <atomic>
#include <thread>

#include "base/file_descriptor.h"

namespace stellwerk::app {

/// Two threads that do nothing. Each holds the only write end of a pipe: it hangs up when they are no more.
class Tripwires {
 public:
  /// Call before there is a loop. Where threads may not have tables of their own (sandboxes, Linux before
  /// 5.9) there are no wires, which only costs those milliseconds.
  Tripwires();
  /// Ends the threads: the wires hang up.
  ~Tripwires();
  Tripwires(const Tripwires&) = delete;
  Tripwires& operator=(const Tripwires&) = delete;

  bool laid() const { return static_cast<bool>(ends_.front()); }
  /// Read ends, for poll(); -1 if not laid.
  std::array<int, 2> ends() const { return {ends_[0].get(), ends_[1].get()}; }

 private:
  enum class State { starting, holding, refused };
  struct Wire {
    std::atomic<State> state{State::starting};
    std::thread thread;
  };

  static void hold(Wire& wire, const std::atomic<bool>& over, int fd);

  std::array<FileDescriptor, 2> ends_;
  std::array<Wire, 2> wires_;
  std::atomic<bool> over_{false};
};

}  // namespace stellwerk::app
