#include "app/exit_deadline.h"

#include <unistd.h>

namespace stellwerk::app {

namespace {

/// What `say` has for its words.
constexpr std::chrono::milliseconds kSay{200};

}  // namespace

ExitDeadline::ExitDeadline(std::chrono::milliseconds patience, int code, std::function<void()> say)
    : thread_([this, patience, code, say = std::move(say)] {
        std::unique_lock lock(mutex_);
        if (wake_.wait_for(lock, patience, [this] { return over_; })) return;
        // The log may be what hangs.
        std::thread(say).detach();
        std::this_thread::sleep_for(kSay);
        ::_exit(code);
      }) {}

ExitDeadline::~ExitDeadline() {
  {
    const std::lock_guard lock(mutex_);
    over_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

}  // namespace stellwerk::app
