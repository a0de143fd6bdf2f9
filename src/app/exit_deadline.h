/// The last resort of a process that ends: threads that hang in the kernel (a dead disk, a lost mount)
/// cannot be joined, and must not keep it from ending.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

namespace stellwerk::app {

/// From its making the process has `patience` to destroy it; then `say` is called on a thread of its
/// own and the process ends a moment later with `code`, whether it returned or not, with no destructor run.
class ExitDeadline {
 public:
  ExitDeadline(std::chrono::milliseconds patience, int code, std::function<void()> say);
  ~ExitDeadline();
  ExitDeadline(const ExitDeadline&) = delete;
  ExitDeadline& operator=(const ExitDeadline&) = delete;

 private:
  std::mutex mutex_;
  std::condition_variable wake_;
  bool over_ = false;
  std::thread thread_;
};

}  // namespace stellwerk::app
