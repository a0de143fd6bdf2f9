/// A fixed number of threads that take work from one queue.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace stellwerk::storage {

/// Work must not throw. May be called from any thread; destroyed by one.
class WorkerPool {
 public:
  using Work = std::function<void()>;

  explicit WorkerPool(std::size_t threads);
  /// Waits for work that has begun; what has not is dropped. Work that hangs (a dead disk) hangs here.
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  void submit(Work work);

 private:
  void serve();

  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Work> waiting_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace stellwerk::storage
