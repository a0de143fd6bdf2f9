#include "loop/asio_executor.h"

#include <sys/timerfd.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <chrono>
#include <ctime>
#include <map>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/assert.h"
#include "loop/turn_meter.h"

namespace stellwerk::loop {
namespace {

Time boot_time() {
  timespec ts{};
  STELLWERK_ASSERT(::clock_gettime(CLOCK_BOOTTIME, &ts) == 0, "CLOCK_BOOTTIME is there since Linux 2.6.39");
  return Time(
      std::chrono::duration_cast<Duration>(std::chrono::seconds(ts.tv_sec) + std::chrono::nanoseconds(ts.tv_nsec)));
}

int open_alarm() {
  const int fd = ::timerfd_create(CLOCK_BOOTTIME, TFD_NONBLOCK | TFD_CLOEXEC);
  STELLWERK_ASSERT(fd != -1, "no descriptor is left for the loop's timer");
  return fd;
}

}  // namespace

/// One queue and one timerfd: Asio's own timers know only clocks that stand still during suspend.
class AsioExecutor::Timers : public std::enable_shared_from_this<Timers> {
 public:
  explicit Timers(boost::asio::io_context& io) : alarm_(io, open_alarm()), meter_(turn_meter(io)) {}

  TimerId add(Time when, Task task) {
    const TimerId id = next_++;
    queue_.emplace(Key{when, id}, std::move(task));
    due_.emplace(id, when);
    if (queue_.begin()->first.second == id) arm();
    return id;
  }

  void remove(TimerId id) {
    const auto it = due_.find(id);
    if (it == due_.end()) return;
    queue_.erase(Key{it->second, id});  // the alarm stays: an early look costs less than a system call
    due_.erase(it);
  }

  void listen() {
    alarm_.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                      [weak = weak_from_this()](const boost::system::error_code& error) {
                        const auto self = weak.lock();
                        if (!error && self) self->ring();
                      });
  }

 private:
  using Key = std::pair<Time, TimerId>;

  void ring() {
    std::uint64_t rings = 0;
    const auto got = ::read(alarm_.native_handle(), &rings, sizeof rings);
    if (got > 0) run_due();  // nothing to read: the alarm was set anew after it rang
    if (!queue_.empty()) arm();
    listen();
  }

  /// Only what is due now: a task that asks for "at once" again must not keep others waiting.
  void run_due() {
    const Time now = boot_time();
    std::vector<TimerId> ids;
    for (auto it = queue_.begin(); it != queue_.end() && it->first.first <= now; ++it) ids.push_back(it->first.second);
    for (const TimerId id : ids) {
      const auto it = due_.find(id);
      if (it == due_.end()) continue;  // cancelled by one that ran before it
      auto node = queue_.extract(Key{it->second, id});
      due_.erase(it);
      const TurnMeter::Turn turn(meter_);
      node.mapped()();
    }
  }

  void arm() {
    const auto ns = std::chrono::nanoseconds(queue_.begin()->first.first.time_since_epoch()).count();
    itimerspec at{};
    at.it_value.tv_sec = ns > 0 ? ns / 1'000'000'000 : 0;
    at.it_value.tv_nsec = ns > 0 ? ns % 1'000'000'000 : 1;  // all zero would switch it off
    STELLWERK_ASSERT(::timerfd_settime(alarm_.native_handle(), TFD_TIMER_ABSTIME, &at, nullptr) == 0,
                     "a timer descriptor takes every time that is not negative");
  }

  boost::asio::posix::stream_descriptor alarm_;
  TurnMeter& meter_;
  TimerId next_ = 1;
  std::map<Key, Task> queue_;
  std::unordered_map<TimerId, Time> due_;
};

AsioExecutor::AsioExecutor(boost::asio::io_context& io)
    : io_(io), meter_(turn_meter(io)), timers_(std::make_shared<Timers>(io)) {
  timers_->listen();
}

AsioExecutor::~AsioExecutor() = default;

Time AsioExecutor::now() const {
  return boot_time();
}

WallMs AsioExecutor::wall_ms() const {
  const auto since = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(since).count();
}

void AsioExecutor::post(Task task) {
  boost::asio::post(io_, [&meter = meter_, task = std::move(task)] {
    const TurnMeter::Turn turn(meter);
    task();
  });
}

Executor::TimerId AsioExecutor::at(Time when, Task task) {
  return timers_->add(when, std::move(task));
}

void AsioExecutor::cancel(TimerId timer) {
  timers_->remove(timer);
}

}  // namespace stellwerk::loop
