#include "coordination/local_worker.h"

#include <utility>

namespace stellwerk::coordination {

LocalWorker::LocalWorker(const Executor& executor, LocalPlace place, LocalMode mode, LocalEvents& events)
    : executor_(executor), session_(std::move(place), mode, events, watch_), thread_([this] { run(); }) {}

LocalWorker::~LocalWorker() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  watch_.wake();
  thread_.join();
}

void LocalWorker::submit(Work work) {
  {
    const std::lock_guard lock(mutex_);
    waiting_.push_back(std::move(work));
  }
  watch_.wake();
}

std::deque<LocalWorker::Work> LocalWorker::take_work() {
  const std::lock_guard lock(mutex_);
  return std::exchange(waiting_, {});
}

void LocalWorker::run() {
  std::chrono::milliseconds wait{0};
  for (;;) {
    const LocalWatch::Seen seen = watch_.wait(wait);
    {
      const std::lock_guard lock(mutex_);
      if (stopping_) return;
    }
    // What was asked for comes after the first turn, which connects.
    wait = session_.turn(seen, executor_.now());
    const auto works = take_work();
    for (const auto& work : works) work(session_);
    if (!works.empty()) wait = std::chrono::milliseconds(0);
  }
}

}  // namespace stellwerk::coordination
