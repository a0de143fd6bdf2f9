#include "coordination/zookeeper_session.h"

#include <algorithm>
#include <array>
#include <ctime>
#include <utility>

namespace stellwerk::coordination {

using leadership::ZkSession;

namespace {

/// A deadline that passed while data lies unread is our lateness, not the server's; only so long.
constexpr Duration kOwnLatenessMax = std::chrono::seconds(1);

std::string utc(WallMs wall) {
  const std::time_t seconds = wall / 1000;
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  std::array<char, 32> text{};
  return {text.data(), std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts)};
}

std::string milliseconds(Duration d) {
  return std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(d).count()) + " ms";
}

}  // namespace

void ZooKeeperClient::schedule_turn() {
  if (std::exchange(turn_scheduled_, true)) return;
  later([this] { turn(false, false); });
}

void ZooKeeperClient::turn(bool readable, bool writable) {
  turn_scheduled_ = false;
  watch_.disarm();
  executor_.cancel(std::exchange(timer_, 0));
  if (over_) return;
  if (goodbye_) return read_goodbye();
  if (!take_input(readable, writable) || !observe()) return end_session();
  if (!judge() || !observe()) return end_session();
  if (over_ || (closed_ && closing_turn())) return;
  if (link_ != Link::attached) {
    look_up_names();
    tell_detail(false);
    if (!connect()) return wait_without_connection();
  }
  wait();
}

/// False, here and below: the session is over.
bool ZooKeeperClient::take_input(bool readable, bool writable) {
  if (!handle_) return true;
  if (handle_->has_socket() && (readable || writable) && handle_->process(readable, writable)) {
    heard_ = executor_.now();
    late_since_.reset();
  }
  return handle_->forget_stale_requests();
}

/// Compares what the library says with what we believed. It can neither lose and regain a connection
/// nor the other way round in one call, so nothing is missed.
bool ZooKeeperClient::observe() {
  if (!handle_) return true;
  if (handle_->expired()) return false;
  if (handle_->auth_failed()) {
    refuse(make_error(Errc::refused, "ZooKeeper refuses the digest credentials of this master; correct them"));
    return true;
  }
  if (link_ == Link::attaching && (handle_->connected() || handle_->read_only())) attached();
  if (link_ != Link::none && !handle_->has_socket()) link_failed();
  return true;
}

std::optional<std::string> ZooKeeperClient::overdue(Time now) const {
  if (link_ == Link::attaching && now >= attempt_until_) return "does not answer";
  if (link_ != Link::attached) return std::nullopt;
  const auto oldest = requests_.oldest();
  if (oldest && now >= *oldest + timeout() / 3) return "did not answer a request for " + milliseconds(timeout() / 3);
  if (now >= heard_ + timeout() / 2) return "was silent for " + milliseconds(timeout() / 2);
  return std::nullopt;
}

/// A silent server would cost the session: the library waits for two thirds of its timeout.
bool ZooKeeperClient::judge() {
  if (over_) return true;
  const Time now = executor_.now();
  const auto why = overdue(now);
  if (!why) return true;
  if (handle_->fd_readable()) {
    if (!late_since_) late_since_ = now;
    if (now - *late_since_ < kOwnLatenessMax) return true;
  }
  given_up_ = *why;
  return handle_->hang_up();
}

void ZooKeeperClient::tell_servers() {
  if (link_ != Link::attached || !options_.servers) return;
  auto known = servers_.addresses();
  if (known == session_.servers) return;
  session_.servers = std::move(known);
  options_.servers(session_.servers);
}

void ZooKeeperClient::look_up_names() {
  for (const std::string& name : servers_.names_to_look_up(executor_.now())) {
    const auto answered = [this, alive = std::weak_ptr<int>(alive_), name](const Result<Resolver::Addresses>& found) {
      if (alive.expired() || over_) return;
      servers_.looked_up(name, found, executor_.now());
      trouble_ = trouble_ || !found;
      tell_servers();
      schedule_turn();
    };
    resolver_.resolve(name, answered);
  }
}

/// True if there is a connection to wait for.
bool ZooKeeperClient::connect() {
  if (link_ != Link::none) return true;
  const Time now = executor_.now();
  const auto server = servers_.next(now);
  if (!server) return false;
  if (!handle_) {
    handle_ = ZooKeeperHandle::open(
        server->address, options_.session_timeout, options_.digest,
        [this](std::uint64_t fired, int type) { requests_.fire(fired, type); },
        [this](std::string_view line) { log_(ZooKeeperLogLevel::debug, std::string(line)); });
    if (!handle_) {
      servers_.failed("the client library cannot use this address", now);
      return false;
    }
  }
  handle_->use_server(server->address);
  given_up_.clear();
  link_ = Link::attaching;
  attempt_until_ = now + std::min(options_.connection_timeout, servers_.attempt_limit(timeout()));
  return true;
}

void ZooKeeperClient::wait() {
  const ZooKeeperHandle::Interest interest = handle_->interest();
  if (!observe()) return end_session();
  if (over_) return;
  const bool armed = interest.fd != -1 && handle_->has_socket() &&
                     watch_.arm(interest.fd, interest.read, interest.write,
                                [this](bool readable, bool writable) { turn(readable, writable); });
  if (!armed) {
    if (handle_->has_socket()) give_up("its socket cannot be watched");
    return over_ ? void() : wait_without_connection();
  }
  const Time now = executor_.now();
  arm_timer(next_deadline(now, interest.wait));
}

Time ZooKeeperClient::next_deadline(Time now, Duration library_wait) const {
  Time first = now + library_wait;
  const auto consider = [&](Time when) { first = std::min(first, when); };
  if (link_ == Link::attaching) consider(attempt_until_);
  if (link_ == Link::attached) {
    consider(heard_ + timeout() / 2);
    if (const auto oldest = requests_.oldest()) consider(*oldest + timeout() / 3);
  } else {
    consider(std::max(now, told_at_) + kZkDetailEvery);
    if (const auto change = servers_.next_change(); change && *change > now) consider(*change);
  }
  if (closed_) consider(close_until_);
  // Overdue with input to be read: the watch wakes us, the timer must not spin beside it.
  return late_since_ ? std::max(first, now + kOwnLatenessMax) : first;
}

void ZooKeeperClient::wait_without_connection() {
  const Time now = executor_.now();
  Time first = now + kZkDetailEvery;
  if (const auto change = servers_.next_change()) first = std::min(first, *change);
  if (closed_) first = std::min(first, close_until_);
  arm_timer(first);
}

void ZooKeeperClient::arm_timer(Time when) {
  executor_.cancel(timer_);
  timer_ = executor_.at(when, [this] {
    timer_ = 0;
    turn(false, false);
  });
}

// What became of the connection.

void ZooKeeperClient::attached() {
  const ZkSession before = session_;
  const ZkSession now{handle_->session_id(), handle_->session_password(), handle_->session_timeout(),
                      servers_.addresses()};
  const bool sane = now.id != 0 && now.timeout > Duration::zero() && now.timeout <= kZkSessionTimeoutMax;
  if (!sane || handle_->read_only()) {
    give_up("does not speak ZooKeeper's protocol");
    if (before.id == 0) handle_.reset();  // it believes what it was told
    return;
  }
  link_ = Link::attached;
  session_ = now;
  heard_ = executor_.now();
  late_since_.reset();
  trouble_ = false;
  told_.clear();
  servers_.established(heard_);
  std::string line = before.id == 0 ? "ZooKeeper session " : "reconnected to ZooKeeper with session ";
  line += zookeeper_session_text(now.id) + ", timeout " + milliseconds(now.timeout);
  if (now.timeout != options_.session_timeout) line += " (asked for " + milliseconds(options_.session_timeout) + ")";
  if (before.id != 0 && before.id != now.id) line += ", which replaces " + zookeeper_session_text(before.id);
  log_(ZooKeeperLogLevel::info, line);
  if (!closed_) later([this, now] { listener_->on_connected(now); });
}

void ZooKeeperClient::link_failed() {
  const Time now = executor_.now();
  std::string why = std::exchange(given_up_, {});
  if (why.empty()) why = handle_->failure();
  if (why.empty()) why = "the connection broke";
  const bool was_attached = std::exchange(link_, Link::none) == Link::attached;
  late_since_.reset();
  trouble_ = true;
  if (was_attached) {
    since_ = now;
    since_wall_ = executor_.wall_ms();
    servers_.lost(why, now);
  } else {
    servers_.failed(why, now);
  }
  tell_detail(was_attached);
}

void ZooKeeperClient::give_up(const std::string& why) {
  given_up_ = why;
  if (!handle_->hang_up() || !observe()) end_session();
}

void ZooKeeperClient::tell_detail(bool at_once) {
  const Time now = executor_.now();
  if (closed_ || over_ || (!at_once && !trouble_ && now < since_ + kZkDetailEvery)) return;
  if (!at_once && !told_.empty() && now < told_at_ + kZkDetailEvery) return;
  std::string detail =
      "no connection to ZooKeeper since " + utc(since_wall_) + ", it is tried again: " + servers_.describe();
  if (detail == told_) return;
  told_ = std::move(detail);
  told_at_ = now;
  log_(ZooKeeperLogLevel::warn, told_);
  later([this, told = told_] { listener_->on_suspended(told); });
}

}  // namespace stellwerk::coordination
