#include "simulation/sim_zk_client.h"

#include "base/assert.h"
#include "simulation/sim_zk_connection.h"

namespace stellwerk::test {

using leadership::ZkCode;
using leadership::ZkMode;
using leadership::ZkOp;
using leadership::ZkReply;

namespace {

constexpr Duration kRetryMin = std::chrono::milliseconds(50);
constexpr Duration kRetrySpan = std::chrono::milliseconds(100);
constexpr Duration kCloseMax = std::chrono::milliseconds(1500);

}  // namespace

SimZkClient::SimZkClient(SimZookeeper& zookeeper, SimExecutor& executor, SimZkLink& link, Duration timeout)
    : zookeeper_(zookeeper), executor_(executor), link_(link), asked_timeout_(timeout) {}

SimZkClient::~SimZkClient() {
  STELLWERK_ASSERT(calling_ == 0, "a ZkClient was destroyed from inside its own callback");
  drop_connection();
  executor_.cancel(timer_);
  for (const auto& [xid, pending] : pending_) executor_.cancel(pending.deadline);
}

template <class Function>
void SimZkClient::call(Function function) {
  ++calling_;
  function();
  --calling_;
}

void SimZkClient::later(std::function<void()> task) {
  executor_.post([alive = std::weak_ptr<bool>(alive_), task = std::move(task)] {
    if (!alive.expired()) task();
  });
}

// ---- the connection

void SimZkClient::start(leadership::ZkClientListener& listener) {
  STELLWERK_ASSERT(state_ == State::idle, "a ZkClient is started once");
  listener_ = &listener;
  connect();
}

void SimZkClient::connect() {
  state_ = State::connecting;
  connection_ = zookeeper_.open(link_, executor_, nullptr);
  connection_->receiver = [this](const SimZkMessage& message) { receive(message); };
  SimZkHello hello;
  hello.session = session_.id;
  hello.last_zxid = last_zxid_;
  hello.timeout = asked_timeout_;
  for (const auto& [watch, handler] : watches_) hello.watches.push_back(watch);
  zookeeper_.send_hello(connection_, std::move(hello));
  const Duration timeout = session_.id == 0 ? asked_timeout_ : session_.timeout;
  timer_ = executor_.after(timeout / 3, [this] {
    last_error_ = "no answer from sim" + std::to_string(connection_->replica + 1) + ":2181";
    reconnect_later();
  });
}

void SimZkClient::reconnect_later() {
  drop_connection();
  executor_.cancel(timer_);
  const auto spread = zookeeper_.below(static_cast<std::uint64_t>(kRetrySpan.count()));
  timer_ = executor_.after(kRetryMin + Duration(static_cast<Duration::rep>(spread)), [this] { connect(); });
}

void SimZkClient::drop_connection() {
  if (!connection_) return;
  connection_->receiver = nullptr;
  zookeeper_.break_connection(connection_);
  connection_.reset();
}

void SimZkClient::lose_connection(const std::string& why) {
  last_error_ = why;
  if (state_ == State::closing) return finish_close();
  const bool was_connected = state_ == State::connected;
  state_ = State::connecting;
  reconnect_later();
  if (!was_connected) return;
  const std::string detail = "connecting to sim1:2181, sim2:2181, sim3:2181; last error: " + why;
  // Real libraries do either first.
  const bool told_first = zookeeper_.below(2) == 0;
  if (told_first) call([&] { listener_->on_suspended(detail); });
  complete_all(ZkCode::unknown);
  if (!told_first && state_ == State::connecting) call([&] { listener_->on_suspended(detail); });
}

void SimZkClient::receive(const SimZkMessage& message) {
  switch (message.kind) {
    case SimZkMessage::Kind::accepted: return accepted(message);
    case SimZkMessage::Kind::expired: {
      if (state_ == State::closing) return finish_close();
      state_ = State::over;
      drop_connection();
      executor_.cancel(timer_);
      watches_.clear();
      return call([&] { listener_->on_expired(); });
    }
    case SimZkMessage::Kind::broken: return lose_connection("connection closed by its other end");
    case SimZkMessage::Kind::reply: return answered(message);
    case SimZkMessage::Kind::fired: return fired(message.watch, message.change);
  }
}

void SimZkClient::accepted(const SimZkMessage& message) {
  if (session_.id != message.session.id) watches_.clear();
  session_ = message.session;
  state_ = State::connected;
  executor_.cancel(timer_);
  arm_ping();
  call([&] { listener_->on_connected(session_); });
}

void SimZkClient::arm_ping() {
  timer_ = executor_.after(session_.timeout / 3, [this] {
    if (state_ != State::connected) return;
    SimZkRequest request;
    request.verb = SimZkVerb::ping;
    arm_ping();
    if (pending_.empty()) ask(std::move(request), nullptr, [](const ZkReply&) {});
  });
}

// ---- requests

void SimZkClient::refuse(Handler done, ZkCode code) {
  later([this, done = std::move(done), code] {
    ZkReply reply;
    reply.code = code;
    if (state_ != State::closed) call([&] { done(reply); });
  });
}

void SimZkClient::ask(SimZkRequest request, Watch watch, Handler done) {
  if (state_ != State::connected || pending_.size() >= leadership::kZkRequestsMax) {
    return refuse(std::move(done), ZkCode::not_sent);
  }
  request.xid = next_xid_++;
  request.watch = watch != nullptr;
  Pending pending;
  pending.done = std::move(done);
  pending.watch = std::move(watch);
  pending.deadline = executor_.after(session_.timeout / 3, [this, verb = request.verb] {
    lose_connection(std::string("no answer to ") + to_string(verb));
  });
  pending_.emplace(request.xid, std::move(pending));
  zookeeper_.send(connection_, std::move(request));
}

void SimZkClient::answered(const SimZkMessage& message) {
  last_zxid_ = std::max(last_zxid_, message.zxid);
  auto node = pending_.extract(message.xid);
  if (node.empty()) return;
  Pending& pending = node.mapped();
  executor_.cancel(pending.deadline);
  if (!message.watch.path.empty()) watches_.emplace(message.watch, std::move(pending.watch));
  call([&] { pending.done(message.reply); });
}

void SimZkClient::fired(const SimZkWatch& watch, leadership::ZkChange change) {
  const auto [begin, end] = watches_.equal_range(watch);
  std::vector<Watch> handlers;
  for (auto it = begin; it != end; ++it) handlers.push_back(std::move(it->second));
  watches_.erase(begin, end);
  for (const Watch& handler : handlers) {
    if (state_ == State::connected || state_ == State::connecting) call([&] { handler(change); });
  }
}

void SimZkClient::complete_all(ZkCode code) {
  const auto pending = std::move(pending_);
  pending_.clear();
  for (const auto& [xid, request] : pending) executor_.cancel(request.deadline);
  for (const auto& [xid, request] : pending) {
    ZkReply reply;
    reply.code = code;
    if (state_ != State::closed) call([&] { request.done(reply); });
  }
}

void SimZkClient::read(SimZkVerb verb, std::string path, Watch watch, Handler done) {
  if (!valid_path(path)) return refuse(std::move(done), ZkCode::bad_argument);
  SimZkRequest request;
  request.verb = verb;
  request.path = std::move(path);
  ask(std::move(request), std::move(watch), std::move(done));
}

void SimZkClient::write(SimZkVerb verb, std::vector<ZkOp> ops, Handler done) {
  for (const ZkOp& op : ops) {
    const bool valid = std::visit([](const auto& each) { return valid_path(each.path); }, op);
    if (!valid) return refuse(std::move(done), ZkCode::bad_argument);
  }
  SimZkRequest request;
  request.verb = verb;
  request.ops = std::move(ops);
  ask(std::move(request), nullptr, std::move(done));
}

void SimZkClient::create(std::string path, std::string data, ZkMode mode, Handler done) {
  write(SimZkVerb::create, {leadership::ZkCreate{std::move(path), std::move(data), mode}}, std::move(done));
}

void SimZkClient::remove(std::string path, std::int32_t version, Handler done) {
  write(SimZkVerb::remove, {leadership::ZkDelete{std::move(path), version}}, std::move(done));
}

void SimZkClient::set(std::string path, std::string data, std::int32_t version, Handler done) {
  write(SimZkVerb::set, {leadership::ZkSet{std::move(path), std::move(data), version}}, std::move(done));
}

void SimZkClient::multi(std::vector<ZkOp> ops, Handler done) {
  write(SimZkVerb::multi, std::move(ops), std::move(done));
}

void SimZkClient::exists(std::string path, Watch watch, Handler done) {
  read(SimZkVerb::exists, std::move(path), std::move(watch), std::move(done));
}

void SimZkClient::get(std::string path, Watch watch, Handler done) {
  read(SimZkVerb::get, std::move(path), std::move(watch), std::move(done));
}

void SimZkClient::list(std::string path, Watch watch, Handler done) {
  read(SimZkVerb::list, std::move(path), std::move(watch), std::move(done));
}

void SimZkClient::sync(std::string path, Handler done) {
  read(SimZkVerb::sync, std::move(path), nullptr, std::move(done));
}

// ---- the end

void SimZkClient::close(std::function<void()> done) {
  closed_ = std::move(done);
  const bool connected = state_ == State::connected;
  executor_.cancel(timer_);
  for (const auto& [xid, pending] : pending_) executor_.cancel(pending.deadline);
  pending_.clear();
  watches_.clear();
  if (!connected) {
    drop_connection();
    state_ = State::closing;
    later([this] { finish_close(); });
    return;
  }
  state_ = State::connected;
  SimZkRequest request;
  request.verb = SimZkVerb::close;
  ask(std::move(request), nullptr, [this](const ZkReply&) { finish_close(); });
  state_ = State::closing;
  timer_ = executor_.after(kCloseMax, [this] { finish_close(); });
}

void SimZkClient::finish_close() {
  if (state_ == State::closed) return;
  state_ = State::closed;
  executor_.cancel(timer_);
  for (const auto& [xid, pending] : pending_) executor_.cancel(pending.deadline);
  pending_.clear();
  drop_connection();
  const auto done = std::move(closed_);
  if (done) call(done);
}

}  // namespace stellwerk::test
