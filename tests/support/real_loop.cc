#include "support/real_loop.h"

#include <boost/asio/io_context.hpp>
#include <chrono>

#include "loop/asio_executor.h"

namespace stellwerk::test {

struct RealLoop::Parts {
  boost::asio::io_context io;
  loop::AsioExecutor executor{io};
};

RealLoop::RealLoop() : parts_(std::make_unique<Parts>()) {}
RealLoop::~RealLoop() = default;

Executor& RealLoop::executor() {
  return parts_->executor;
}

boost::asio::io_context& RealLoop::io() {
  return parts_->io;
}

bool RealLoop::run_until(const std::function<bool()>& done, Duration limit) {
  const Time end = parts_->executor.now() + limit;
  while (!done()) {
    const Time now = parts_->executor.now();
    if (now >= end) return false;
    parts_->io.run_one_for(end - now);
  }
  return true;
}

void RealLoop::run_for(Duration time) {
  run_until([] { return false; }, time);
}

}  // namespace stellwerk::test
