/// The thread of a LocalCoordination: it owns the session and does what blocks.
#pragma once

#include <deque>
#include <functional>
#include <mutex>
#include <thread>

#include "base/executor.h"
#include "coordination/local_session.h"
#include "coordination/local_watch.h"

namespace stellwerk::coordination {

/// Constructed and destroyed on the loop's thread, which waits for the other in the destructor.
class LocalWorker {
 public:
  using Work = std::function<void(LocalSession&)>;

  /// `events` is called on the worker's thread, and outlives this with `executor`.
  LocalWorker(const Executor& executor, LocalPlace place, LocalMode mode, LocalEvents& events);
  /// What has not begun is dropped.
  ~LocalWorker();
  LocalWorker(const LocalWorker&) = delete;
  LocalWorker& operator=(const LocalWorker&) = delete;

  /// From any thread; in order.
  void submit(Work work);

 private:
  void run();
  std::deque<Work> take_work();

  const Executor& executor_;
  LocalWatch watch_;
  LocalSession session_;
  std::mutex mutex_;
  std::deque<Work> waiting_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace stellwerk::coordination
