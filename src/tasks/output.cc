#include "tasks/output.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/asio/post.hpp>
#include <cerrno>
#include <optional>
#include <string_view>
#include <utility>

#include "base/signals_blocked.h"
#include "tasks/error_tail.h"
#include "tasks/watched.h"
#include "worker/task_runner.h"

namespace stellwerk::tasks {

using Pipe = Watched;

/// Lives on the output thread. Waits hold it, so that it ends with its pipes.
class TaskOutput::Streams : public std::enable_shared_from_this<Streams> {
 public:
  Streams(OutputThread& thread, Setup setup)
      : thread_(thread),
        done_(std::move(setup.done)),
        lines_(std::move(setup.prefix)),
        streams_{Stream(thread, std::move(setup.output), setup.path + ".out"),
                 Stream(thread, std::move(setup.error), setup.path + ".err")} {}

  void begin() {
    for (Stream& stream : streams_) {
      stream.file.open();
      wait(stream);
    }
  }

  void cut() {
    for (Stream& stream : streams_) {
      for (std::size_t taken = 0; stream.pipe.is_open() && taken < kLastBytesMax; taken += kReadBytesMax)
        if (!read(stream)) break;
      end(stream);
    }
  }

  /// On the loop.
  void forget() { done_ = nullptr; }

 private:
  struct Stream {
    Stream(OutputThread& thread, FileDescriptor from, std::string path)
        : pipe(adopt(thread.io_, std::move(from))), file(std::move(path), thread.setup_.limits) {}

    Pipe pipe;
    RotatedFile file;
    std::uint64_t dropped = 0;
  };

  void wait(Stream& stream) {
    stream.pipe.async_wait(Pipe::wait_read,
                           [self = shared_from_this(), &stream](const boost::system::error_code& error) {
                             if (error || !stream.pipe.is_open()) return;
                             self->read(stream);
                             if (stream.pipe.is_open()) self->wait(stream);
                           });
  }

  /// False: nothing is there now, or it has ended.
  bool read(Stream& stream) {
    const ssize_t got = ::read(stream.pipe.native_handle(), thread_.buffer_.data(), thread_.buffer_.size());
    if (got > 0) {
      take(stream, std::string_view(thread_.buffer_.data(), static_cast<std::size_t>(got)));
      return true;
    }
    if (got == 0 || (errno != EAGAIN && errno != EINTR)) end(stream);
    return false;
  }

  void take(Stream& stream, std::string_view bytes) {
    const std::uint64_t dropped = stream.file.write(bytes);
    if (dropped > 0 && stream.dropped == 0)
      thread_.note("Output of a task is lost until it can be written again: " + stream.file.why());
    stream.dropped += dropped;
    if (&stream == &streams_[0]) {
      lines_.take(bytes, thread_.sink_);
      thread_.sink_.flush();
    } else {
      tail_.add(bytes);
    }
  }

  void end(Stream& stream) {
    if (!stream.pipe.is_open()) return;
    boost::system::error_code ignored;
    stream.pipe.close(ignored);
    if (stream.dropped > 0)
      thread_.note(std::to_string(stream.dropped) + " bytes of a task's output are missing in " + stream.file.path());
    stream.file.close();
    if (std::any_of(streams_.begin(), streams_.end(), [](const Stream& each) { return each.pipe.is_open(); })) return;
    lines_.end(thread_.sink_);
    thread_.sink_.flush();
    thread_.tell([self = shared_from_this(), tail = tail_.text()] {
      if (const auto done = std::exchange(self->done_, nullptr)) done(tail);
    });
  }

  OutputThread& thread_;
  std::function<void(std::string)> done_;  ///< touched by the loop's thread alone
  PrefixedLines lines_;
  ErrorTail tail_{worker::kErrorTailBytesMax};
  std::array<Stream, 2> streams_;
};

TaskOutput::TaskOutput(OutputThread& thread, Setup setup)
    : thread_(thread), streams_(std::make_shared<Streams>(thread, std::move(setup))) {
  boost::asio::post(thread_.io_, [streams = streams_] { streams->begin(); });
}

TaskOutput::~TaskOutput() {
  streams_->forget();
  cut();
}

void TaskOutput::cut() {
  boost::asio::post(thread_.io_, [streams = streams_] { streams->cut(); });
}

OutputThread::OutputThread(Executor& loop, Setup setup)
    : loop_(loop),
      setup_(std::move(setup)),
      sink_(setup_.sink, [this](std::string text) { note(std::move(text)); }),
      work_(boost::asio::make_work_guard(io_)) {
  const Pipe first(io_);  // what Asio needs for the first is made now, not when the first task starts
  const SignalsBlocked blocked;
  thread_ = std::thread([this] {
    io_.run();
    finished_.set_value();
  });
}

OutputThread::~OutputThread() {
  work_.reset();  // all pipes were cut, so it comes to its end when everything is written
  if (finished_.get_future().wait_for(kFarewellMax) != std::future_status::ready) io_.stop();
  thread_.join();
}

void OutputThread::tell(std::function<void()> task) {
  loop_.post([alive = std::weak_ptr<bool>(alive_), task = std::move(task)] {
    if (!alive.expired()) task();
  });
}

void OutputThread::note(std::string text) {
  tell([this, text = std::move(text)] {
    if (setup_.note) setup_.note(text);
  });
}

}  // namespace stellwerk::tasks
