/// A production loop that a test turns by hand, on its own thread: for suites over real files, servers
/// and threads, whose events come when they come.
#pragma once

#include <functional>
#include <memory>

#include "base/executor.h"

namespace boost::asio {
class io_context;
}

namespace stellwerk::test {

class RealLoop {
 public:
  RealLoop();
  ~RealLoop();
  RealLoop(const RealLoop&) = delete;
  RealLoop& operator=(const RealLoop&) = delete;

  Executor& executor();
  boost::asio::io_context& io();

  /// Turns the loop until `done()` holds or `limit` has passed; says whether it holds. The limit is
  /// there for tests that fail: nobody may conclude anything from how long it took.
  bool run_until(const std::function<bool()>& done, Duration limit);
  /// Turns the loop for a while, for "and then nothing more happens".
  void run_for(Duration time);

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace stellwerk::test
