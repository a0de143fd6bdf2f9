/// Our end of a task's control channel: lines both ways, whatever they say.
#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/file_descriptor.h"
#include "worker/task_runner.h"

namespace stellwerk::tasks {

/// What waits for a task that does not read, beside what the system's socket holds, in bytes.
inline constexpr std::size_t kControlUnsentBytesMax = std::size_t{256} << 10;

/// Of what a task says so much is read in a second, in bytes; each line costs kControlLineCost more. Then it waits, and
/// the task with it when the system's socket is full: the loop is there for others, too.
inline constexpr std::size_t kControlReadInSecondMax = std::size_t{16} << 20;
inline constexpr std::size_t kControlLineCost = std::size_t{4} << 10;

/// Use on the loop's thread. Calls back from the loop only, but for take_rest() never from inside a call.
class ControlChannel {
 public:
  struct Handler {
    std::function<void(std::string line)> on_line;
    /// Once: a line was longer than kControlLineBytesMax; it is left out, and every other such line.
    std::function<void()> on_long_line;
    /// Nobody will say anything any more; nothing follows.
    std::function<void()> on_end;
  };

  /// Throws what Asio throws when the system has no room.
  ControlChannel(boost::asio::io_context& io, FileDescriptor socket, Handler handler);
  ~ControlChannel();
  ControlChannel(const ControlChannel&) = delete;
  ControlChannel& operator=(const ControlChannel&) = delete;

  /// `line` without its end, and none inside. Beyond kControlUnsentBytesMax it is left out.
  void send(std::string_view line);
  /// Whoever could go on speaking has ended: what it said is read without a pause from now on.
  void hurry();
  /// Reads what is there now, and calls back from inside. Not after on_end.
  void take_rest();

 private:
  class State;
  std::shared_ptr<State> state_;
};

}  // namespace stellwerk::tasks
