/// What tasks write to stdout and stderr: taken from their pipes, kept in files, shown on the worker's own stdout.
///
/// All of it happens on one thread of its own: a disk that hangs, or a task that floods, holds up other tasks' output,
/// but never the loop. A task that writes faster than that thread takes it waits in its write(): one buffer for all
/// tasks is all the memory that a flood gets.
#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/executor.h"
#include "base/file_descriptor.h"
#include "tasks/line_sink.h"
#include "tasks/rotated_file.h"

namespace stellwerk::tasks {

/// Taken from a pipe at once, in bytes.
inline constexpr std::size_t kReadBytesMax = std::size_t{64} << 10;
/// Taken from a pipe that is closed although somebody may still write to it, in bytes: what it held, and a little more.
inline constexpr std::size_t kLastBytesMax = std::size_t{1} << 20;

class OutputThread;

/// One task's two pipes. Made, used and told of on the loop's thread.
class TaskOutput {
 public:
  struct Setup {
    FileDescriptor output;  ///< reading ends, which do not block
    FileDescriptor error;
    std::string path;    ///< ".out" and ".err" are appended
    std::string prefix;  ///< for lines of stdout on the sink
    /// On the loop: both pipes have ended or were cut off, and everything was written. The last lines of stderr.
    std::function<void(std::string error_tail)> done;
  };

  /// Throws what Asio throws when the system has no room.
  TaskOutput(OutputThread& thread, Setup setup);
  /// Nothing is told any more; what the pipes hold now is still written.
  ~TaskOutput();
  TaskOutput(const TaskOutput&) = delete;
  TaskOutput& operator=(const TaskOutput&) = delete;

  /// Takes what the pipes hold now and waits for no end of theirs.
  void cut();

 private:
  class Streams;
  OutputThread& thread_;
  std::shared_ptr<Streams> streams_;
};

/// The thread. Outlives every TaskOutput.
class OutputThread {
 public:
  /// What was taken from pipes is still written when this ends, within this time; a write that has begun then is waited
  /// for.
  static constexpr std::chrono::seconds kFarewellMax{2};

  struct Setup {
    OutputLimits limits;
    int sink = -1;  ///< for lines of stdout; stays its owner's; -1: none
    /// On the loop: what an operator should know, in a sentence.
    std::function<void(const std::string&)> note;
  };

  /// Throws what Asio throws when the system has no room.
  OutputThread(Executor& loop, Setup setup);
  ~OutputThread();
  OutputThread(const OutputThread&) = delete;
  OutputThread& operator=(const OutputThread&) = delete;

 private:
  friend class TaskOutput;
  /// From any thread: on the loop, unless this object is gone by then.
  void tell(std::function<void()> task);
  void note(std::string text);

  Executor& loop_;
  const Setup setup_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  LineSink sink_;
  std::vector<char> buffer_ = std::vector<char>(kReadBytesMax);
  boost::asio::io_context io_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  std::promise<void> finished_;
  std::thread thread_;
};

}  // namespace stellwerk::tasks
