#include "guard/zookeeper_link.h"

#include <poll.h>

#include <algorithm>

namespace stellwerk::guard {

namespace {

/// A session of our own lives for moments only.
constexpr Duration kOwnTimeout = std::chrono::seconds(4);

}  // namespace

ZookeeperLink::ZookeeperLink(Session session, Mode mode, std::size_t first)
    : session_(std::move(session)), mode_(mode), at_(first) {
  if (session_.servers.empty()) state_ = State::failed;
}

void ZookeeperLink::dial(Time now) {
  std::optional<zookeeper::Handle::Existing> existing;
  if (mode_ == Mode::existing)
    existing.emplace(zookeeper::Handle::Existing{session_.id, {session_.password.data(), session_.password.size()}});
  const Duration timeout = mode_ == Mode::existing ? Duration(session_.timeout) : kOwnTimeout;
  handle_ = zookeeper::Handle::open(
      session_.servers[at_ % session_.servers.size()], timeout, session_.digest, [](std::uint64_t, int) {},
      [](std::string_view) {}, existing);
  attempt_until_ = now + kAttemptMax;
}

void ZookeeperLink::next(Time now, const std::string& why) {
  why_ = session_.servers[at_ % session_.servers.size()] + ": " + why;
  handle_.reset();
  state_ = State::trying;
  ++at_;
  if (++tried_ >= session_.servers.size()) {
    state_ = State::failed;
    return;
  }
  dial(now);
}

Wait ZookeeperLink::wait(Time now) {
  if (state_ == State::failed || state_ == State::expired) return {};
  if (!handle_ && state_ == State::trying) dial(now);
  if (!handle_) {
    next(now, "no address");
    return {};
  }
  const auto interest = handle_->interest();
  Wait wait;
  wait.fd = interest.fd;
  wait.events = static_cast<short>((interest.read ? POLLIN : 0) | (interest.write ? POLLOUT : 0));
  wait.max = interest.fd == -1 ? Duration(0) : interest.wait;
  if (state_ == State::trying) wait.max = std::min(wait.max, std::max(attempt_until_ - now, Duration(0)));
  return wait;
}

void ZookeeperLink::turn(Time now, short revents) {
  if (state_ == State::failed || state_ == State::expired || !handle_) return;
  const bool readable = (revents & (POLLIN | POLLERR | POLLHUP)) != 0;
  const bool writable = (revents & POLLOUT) != 0;
  if (readable || writable) {
    handle_->process(readable, writable);
    // One turn takes one message; those behind it are there already.
    while (handle_->fd_readable() && handle_->process(true, false)) {
    }
  }
  if (handle_->expired()) {
    state_ = State::expired;
  } else if (handle_->auth_failed()) {
    next(now, "the credentials are refused");
  } else if (handle_->connected()) {
    state_ = State::connected;
  } else if (state_ == State::connected) {
    state_ = State::failed;
    why_ = "the connection broke";
  } else if (!handle_->has_socket()) {
    next(now, handle_->failure().empty() ? "does not answer" : handle_->failure());
  } else if (now >= attempt_until_) {
    next(now, "does not answer");
  }
}

}  // namespace stellwerk::guard
