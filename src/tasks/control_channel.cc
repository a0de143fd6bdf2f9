#include "tasks/control_channel.h"

#include <sys/socket.h>

#include <array>
#include <boost/asio/steady_timer.hpp>
#include <cerrno>
#include <chrono>
#include <utility>

#include "loop/turn_meter.h"
#include "tasks/watched.h"

namespace stellwerk::tasks {
namespace {

constexpr std::size_t kControlReadBytesMax = std::size_t{16} << 10;
/// By take_rest(): more than the system's socket holds.
constexpr int kLastReadsMax = 64;

}  // namespace

using Socket = Watched;

class ControlChannel::State : public std::enable_shared_from_this<State> {
 public:
  State(boost::asio::io_context& io, FileDescriptor socket, Handler handler)
      : meter_(loop::turn_meter(io)), socket_(adopt(io, std::move(socket))), pause_(io), handler_(std::move(handler)) {}

  void listen() {
    socket_.async_wait(Socket::wait_read, [self = shared_from_this()](const boost::system::error_code& error) {
      if (error || self->closed()) return;
      const loop::TurnMeter::Turn turn(self->meter_);
      if (self->read() != Read::end && !self->closed()) self->go_on();
    });
  }

  void send(std::string_view line) {
    if (deaf_ || closed() || unsent_.size() + line.size() >= kControlUnsentBytesMax) return;
    const bool waits = !unsent_.empty();
    unsent_ += line;
    unsent_ += '\n';
    if (!waits) write();
  }

  void hurry() {
    hurried_ = true;
    pause_.cancel();
  }

  void take_rest() {
    for (int i = 0; i < kLastReadsMax && !closed() && read() == Read::something;) ++i;
  }

  void close() {
    boost::system::error_code ignored;
    socket_.close(ignored);
    pause_.cancel();
  }

 private:
  bool closed() const { return !socket_.is_open(); }

  void go_on() {
    const auto now = std::chrono::steady_clock::now();
    if (now - since_ >= std::chrono::seconds(1)) {
      since_ = now;
      spent_ = 0;
    }
    if (hurried_ || spent_ < kControlReadInSecondMax) return listen();
    pause_.expires_at(since_ + std::chrono::seconds(1));
    pause_.async_wait([self = shared_from_this()](const boost::system::error_code& error) {
      const bool woken = !error || self->hurried_;
      if (woken && !self->closed()) self->go_on();
    });
  }

  enum class Read { something, nothing, end };

  /// After the end, whoever only stopped to speak may still listen.
  Read read() {
    std::array<char, kControlReadBytesMax> buffer;
    const ssize_t got = ::recv(socket_.native_handle(), buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (got > 0) {
      take(std::string_view(buffer.data(), static_cast<std::size_t>(got)));
      return Read::something;
    }
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return Read::nothing;
    handler_.on_end();
    return Read::end;
  }

  /// Every callback may close us.
  void take(std::string_view bytes) {
    spent_ += bytes.size();
    while (!bytes.empty() && !closed()) {
      const std::size_t end = bytes.find('\n');
      const std::string_view part = bytes.substr(0, end);
      const bool was_too_long = too_long_;
      too_long_ = too_long_ || line_.size() + part.size() > worker::kControlLineBytesMax;
      if (too_long_) {
        line_ = std::string();
        if (!was_too_long && !std::exchange(long_line_told_, true)) handler_.on_long_line();
      } else {
        line_ += part;
      }
      if (end == std::string_view::npos) return;
      bytes.remove_prefix(end + 1);
      spent_ += kControlLineCost;
      if (!std::exchange(too_long_, false) && !closed()) handler_.on_line(std::exchange(line_, std::string()));
    }
  }

  void write() {
    const ssize_t sent = ::send(socket_.native_handle(), unsent_.data(), unsent_.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent > 0) unsent_.erase(0, static_cast<std::size_t>(sent));
    if (sent < 0 && errno != EAGAIN && errno != EINTR) {
      deaf_ = true;  // the task has closed it; what it said before may still be read
      unsent_ = std::string();
    }
    if (!unsent_.empty()) wait_for_room();
  }

  void wait_for_room() {
    socket_.async_wait(Socket::wait_write, [self = shared_from_this()](const boost::system::error_code& error) {
      if (error || self->closed()) return;
      const loop::TurnMeter::Turn turn(self->meter_);
      self->write();
    });
  }

  loop::TurnMeter& meter_;
  Socket socket_;
  boost::asio::steady_timer pause_;
  std::chrono::steady_clock::time_point since_{};  ///< of the second in which `spent_` was read
  std::size_t spent_ = 0;
  bool hurried_ = false;
  const Handler handler_;
  std::string line_;  ///< what came of one that has not ended
  bool too_long_ = false;
  bool long_line_told_ = false;
  std::string unsent_;  ///< not empty: a wait for room is under way
  bool deaf_ = false;
};

ControlChannel::ControlChannel(boost::asio::io_context& io, FileDescriptor socket, Handler handler)
    : state_(std::make_shared<State>(io, std::move(socket), std::move(handler))) {
  state_->listen();
}

ControlChannel::~ControlChannel() {
  state_->close();
}

void ControlChannel::send(std::string_view line) {
  state_->send(line);
}

void ControlChannel::hurry() {
  state_->hurry();
}

void ControlChannel::take_rest() {
  const auto state = state_;  // a callback may end us
  state->take_rest();
}

}  // namespace stellwerk::tasks
