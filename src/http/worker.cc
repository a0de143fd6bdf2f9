#include "http/worker.h"

#include <algorithm>
#include <iterator>

#include "http/answer.h"
#include "http/connection.h"
#include "http/exchange.h"

namespace stellwerk::http {
namespace {

/// Exchanges kept for reuse by one thread.
constexpr std::size_t kSpareExchangesMax = 64;
/// Deadlines are looked at this often, and at least four times within the shortest.
constexpr std::chrono::milliseconds kTickMax{250};
constexpr std::chrono::milliseconds kTickMin{2};

std::chrono::milliseconds tick_period(const ServerOptions& o) {
  const auto shortest = std::min({o.idle_deadline, o.header_deadline, o.progress_deadline, o.handler_deadline,
                                  o.linger_deadline, o.stream_heartbeat});
  return std::clamp(shortest / 4, kTickMin, kTickMax);
}

}  // namespace

Worker::Worker(std::shared_ptr<ServerState> state)
    : state_(std::move(state)),
      io_(std::make_unique<boost::asio::io_context>(1)),
      tick_(std::make_unique<boost::asio::steady_timer>(*io_)),
      tick_period_(tick_period(state_->options)),
      read_buffer_(kReadBytes) {}

Worker::~Worker() = default;

void Worker::start() {
  // The thread waits for the lock, so thread_id_ is set before anything runs on it.
  const std::lock_guard lock(mutex_);
  thread_ = std::thread([this] { run(); });
  thread_id_ = thread_.get_id();
}

void Worker::run() {
  { const std::lock_guard lock(mutex_); }
  on_tick();
  const auto work = boost::asio::make_work_guard(*io_);
  io_->run();
}

void Worker::stop() {
  post([this] {
    for (Connections* some : {&waiting_, &served_})
      while (!some->empty()) {
        const std::shared_ptr<Connection> connection = some->front();
        connection->close();
      }
    io_->stop();
  });
  if (thread_.joinable()) thread_.join();
  std::unique_ptr<boost::asio::io_context> io;
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    io.swap(io_);
  }
  // Not under the lock: what is dropped here may answer requests of its own, and so post.
  spare_exchanges_.clear();
  tick_.reset();
}

void Worker::arm_tick() {
  tick_->expires_after(tick_period_);
  tick_->async_wait([this](boost::system::error_code error) {
    if (!error) on_tick();
  });
}

void Worker::on_tick() {
  date_line_ = http::date_line(std::chrono::system_clock::to_time_t(std::chrono::system_clock::now()));
  const Clock::time_point now = Clock::now();
  std::vector<std::shared_ptr<Connection>> due;
  for (const Connections* some : {&served_, &waiting_})
    std::copy_if(some->begin(), some->end(), std::back_inserter(due),
                 [now](const auto& connection) { return connection->is_due(now); });
  // What is done with one may close others.
  for (const auto& connection : due) connection->on_tick(now);
  arm_tick();
}

void Worker::adopt(boost::asio::ip::tcp::socket socket) {
  const auto connection = std::make_shared<Connection>(*this, std::move(socket));
  waiting_.push_front(connection);
  connection->start(waiting_.begin());
}

void Worker::on_gate_closed() {
  std::vector<std::shared_ptr<Connection>> all(served_.begin(), served_.end());
  all.insert(all.end(), waiting_.begin(), waiting_.end());
  for (const auto& connection : all) connection->on_gate_closed();
}

bool Worker::make_room(const Connection& newcomer) {
  if (waiting_.empty() || waiting_.back().get() == &newcomer) {
    if (!drop_served(&Connection::waits_for_client, newcomer)) return false;
  } else {
    const std::shared_ptr<Connection> longest = waiting_.back();
    longest->close();
  }
  ++state_->connections_dropped;
  return true;
}

bool Worker::drop_reader(Keeps what, const Connection& who) {
  if (!drop_served(what, who)) return false;
  ++state_->readers_dropped;
  return true;
}

bool Worker::drop_served(Keeps what, const Connection& who) {
  const auto found = std::find_if(served_.rbegin(), served_.rend(), [what, &who](const auto& connection) {
    return connection.get() != &who && (connection.get()->*what)();
  });
  if (found == served_.rend()) return false;
  const std::shared_ptr<Connection> connection = *found;
  connection->close();
  return true;
}

std::shared_ptr<Exchange> Worker::take_exchange() {
  if (spare_exchanges_.empty()) return std::make_shared<Exchange>(state_);
  std::shared_ptr<Exchange> exchange = std::move(spare_exchanges_.back());
  spare_exchanges_.pop_back();
  return exchange;
}

void Worker::recycle(std::shared_ptr<Exchange> exchange) {
  if (spare_exchanges_.size() < kSpareExchangesMax) spare_exchanges_.push_back(std::move(exchange));
}

}  // namespace stellwerk::http
