#include "coordination/zookeeper_client.h"

#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <utility>

#include "base/assert.h"
#include "coordination/zookeeper_quorum.h"
#include "coordination/zookeeper_session.h"

namespace stellwerk::coordination {

using leadership::ZkClient;
using leadership::ZkClientListener;
using leadership::ZkCode;
using leadership::ZkMode;
using leadership::ZkOp;

std::string zookeeper_session_text(std::int64_t id) {
  std::array<char, 24> text{};
  std::snprintf(text.data(), text.size(), "0x%llx", static_cast<unsigned long long>(id));
  return text.data();
}

ZooKeeperClient::ZooKeeperClient(boost::asio::io_context& io, Executor& executor, ZooKeeperOptions options,
                                 Resolver& resolver, ZooKeeperLog log)
    : executor_(executor),
      options_(std::move(options)),
      resolver_(resolver),
      log_(std::move(log)),
      requests_(options_.acl, [this](std::function<void()> task) { later(std::move(task)); }),
      watch_(io) {}

ZooKeeperClient::~ZooKeeperClient() {
  alive_.reset();
  watch_.disarm();
  executor_.cancel(timer_);
  handle_.reset();
}

void ZooKeeperClient::later(std::function<void()> task) {
  executor_.post([alive = std::weak_ptr<int>(alive_), task = std::move(task)] {
    if (!alive.expired()) task();
  });
}

void ZooKeeperClient::start(ZkClientListener& listener) {
  STELLWERK_ASSERT(listener_ == nullptr, "a client is started once");
  listener_ = &listener;
  auto members = parse_zookeeper_quorum(options_.quorum);
  if (!members) return refuse(members.error());
  if (options_.acl == ZooKeeperAcl::creator && options_.digest.empty()) {
    return refuse(make_error(Errc::not_supported,
                             "high-availability.zookeeper.client.acl: 'creator' needs digest credentials "
                             "(user:password), because SASL is not in this version; set them, or 'open'"));
  }
  servers_ = ZooKeeperServers(*std::move(members), options_.seed);
  since_ = executor_.now();
  since_wall_ = executor_.wall_ms();
  schedule_turn();
}

// The end.

void ZooKeeperClient::end_session() {
  if (over_) return;
  log_(ZooKeeperLogLevel::warn, "ZooKeeper session " + zookeeper_session_text(session_.id) + " is over");
  if (closed_) return finish_close();
  over_ = true;
  handle_.reset();
  requests_.forget_watches();
  later([this] { listener_->on_expired(); });
}

void ZooKeeperClient::refuse(Error error) {
  over_ = true;
  watch_.disarm();
  handle_.reset();
  requests_.forget_watches();
  log_(ZooKeeperLogLevel::warn, error.text);
  if (closed_) return finish_close();
  later([this, error = std::move(error)] { listener_->on_refused(error); });
}

void ZooKeeperClient::close(std::function<void()> done) {
  STELLWERK_ASSERT(!closed_, "a client is closed once");
  closed_ = std::move(done);
  close_until_ = executor_.now() + kZkCloseMax;
  requests_.abandon(ZkCode::unknown);
  requests_.forget_watches();
  if (over_ || session_.id == 0) return finish_close();
  schedule_turn();
}

/// True if there is nothing else to do in this turn. Without a connection it is tried until the
/// deadline, because a session that nobody ends holds its lock until its timeout.
bool ZooKeeperClient::closing_turn() {
  if (executor_.now() >= close_until_) {
    log_(ZooKeeperLogLevel::warn,
         "ZooKeeper session " + zookeeper_session_text(session_.id) + ": no server to end it, it will time out");
    finish_close();
    return true;
  }
  if (link_ != Link::attached) return false;
  const ZooKeeperHandle::Interest interest = handle_->interest();
  if (!observe()) {
    end_session();
    return true;
  }
  if (over_) return true;
  if (link_ != Link::attached || interest.write) return false;  // requests of before go first
  if (!handle_->request_close()) return false;
  goodbye_ = true;
  say_goodbye();
  return true;
}

void ZooKeeperClient::say_goodbye() {
  const bool armed = watch_.arm(handle_->fd(), true, false, [this](bool, bool) { read_goodbye(); });
  if (!armed) return finish_close();
  arm_timer(close_until_);
}

/// The server answers and closes the connection; everything before the end of the stream is stale.
void ZooKeeperClient::read_goodbye() {
  std::array<char, 4096> stale{};
  ssize_t got = 1;
  while (got > 0) got = ::recv(handle_->fd(), stale.data(), stale.size(), MSG_DONTWAIT);
  const bool more = got == -1 && (errno == EAGAIN || errno == EINTR);
  if (more && executor_.now() < close_until_) return say_goodbye();
  log_(more ? ZooKeeperLogLevel::warn : ZooKeeperLogLevel::info,
       "ZooKeeper session " + zookeeper_session_text(session_.id) +
           (more ? ": asked to end it, without an answer" : " is closed"));
  finish_close();
}

void ZooKeeperClient::finish_close() {
  over_ = true;
  watch_.disarm();
  executor_.cancel(std::exchange(timer_, 0));
  handle_.reset();
  later(std::exchange(closed_, [] {}));
}

// Requests.

/// The handle, if a request can be sent now. Its descriptor is not watched from here to the next turn.
ZooKeeperHandle* ZooKeeperClient::ready() {
  if (over_ || closed_ || link_ != Link::attached || !handle_->connected()) return nullptr;
  watch_.disarm();
  schedule_turn();
  return handle_.get();
}

void ZooKeeperClient::create(std::string path, std::string data, ZkMode mode, Handler done) {
  requests_.create(ready(), {std::move(path), std::move(data), mode}, executor_.now(), std::move(done));
}

void ZooKeeperClient::remove(std::string path, std::int32_t version, Handler done) {
  requests_.remove(ready(), {std::move(path), version}, executor_.now(), std::move(done));
}

void ZooKeeperClient::exists(std::string path, Watch watch, Handler done) {
  requests_.exists(ready(), path, std::move(watch), executor_.now(), std::move(done));
}

void ZooKeeperClient::get(std::string path, Watch watch, Handler done) {
  requests_.get(ready(), path, std::move(watch), executor_.now(), std::move(done));
}

void ZooKeeperClient::list(std::string path, Watch watch, Handler done) {
  requests_.list(ready(), path, std::move(watch), executor_.now(), std::move(done));
}

void ZooKeeperClient::set(std::string path, std::string data, std::int32_t version, Handler done) {
  requests_.set(ready(), {std::move(path), std::move(data), version}, executor_.now(), std::move(done));
}

void ZooKeeperClient::multi(std::vector<ZkOp> ops, Handler done) {
  requests_.multi(ready(), ops, executor_.now(), std::move(done));
}

void ZooKeeperClient::sync(std::string path, Handler done) {
  requests_.sync(ready(), path, executor_.now(), std::move(done));
}

std::unique_ptr<ZkClient> make_zookeeper_client(boost::asio::io_context& io, Executor& executor,
                                                ZooKeeperOptions options, Resolver& resolver, ZooKeeperLog log) {
  const ZooKeeperLog ignore = [](ZooKeeperLogLevel, const std::string&) {};
  return std::make_unique<ZooKeeperClient>(io, executor, std::move(options), resolver, log ? std::move(log) : ignore);
}

}  // namespace stellwerk::coordination
