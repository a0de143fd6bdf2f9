#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <string_view>

#include "guard/act.h"

namespace stellwerk::guard {
namespace {

using State = ZookeeperLink::State;

/// What hears that the session is over may wait; who takes over now needs servers and processors for itself.
constexpr Duration kLookAfter = std::chrono::milliseconds(100);

/// Length, then the request's own number, which is 0 for a close. Anything else (word on the credentials) may have
/// been under way before it.
bool answers_close(std::string_view bytes) {
  constexpr std::size_t kLength = 4;
  return bytes.size() >= 2 * kLength && bytes.substr(kLength, 4) == std::string_view("\0\0\0\0", 4);
}

class EndSession : public Act {
 public:
  EndSession(Session session, std::size_t first, Time now)
      : session_(std::move(session)), until_(now + kActMax), link_(attach(first)) {}

  Wait wait(Time now) override {
    if (closing_) return {link_->handle().fd(), POLLIN, std::max(until_ - now, Duration(0))};
    if (!link_) return {-1, 0, std::max(look_at_ - now, Duration(0))};
    Wait wait = link_->wait(now);
    wait.max = std::min(wait.max, std::max(until_ - now, Duration(0)));
    wants_write_ = (wait.events & POLLOUT) != 0;
    return wait;
  }

  void turn(Time now, short revents) override {
    if (closing_) {
      read_answer(now, revents);
    } else if (!link_) {
      if (now >= look_at_) link_ = attach(server_);
    } else {
      link_->turn(now, revents);
      look();
    }
    if (!outcome_ && now >= until_) outcome_ = Outcome{false, "no server has answered in time"};
  }

  std::size_t next_server() const override { return link_ ? link_->server() : server_; }

 private:
  std::unique_ptr<ZookeeperLink> attach(std::size_t first) const {
    return std::make_unique<ZookeeperLink>(session_, ZookeeperLink::Mode::existing, first);
  }

  void look() {
    switch (link_->state()) {
      case State::trying: return;
      case State::expired: outcome_ = Outcome{true, {}}; return;
      case State::failed: outcome_ = Outcome{false, link_->why()}; return;
      case State::connected: break;
    }
    // What the library still wants to send (credentials) goes before.
    if (wants_write_ && link_->handle().interest().write) return;
    // Asking it may have been what found the connection broken.
    if (!link_->handle().connected() || !link_->handle().request_close())
      outcome_ = Outcome{false, "the connection broke"};
    else
      closing_ = true;
  }

  /// Whatever the server answers, it has taken the session away; the next look tells. Without an answer
  /// nobody takes over yet, and the look does not wait.
  void read_answer(Time now, short revents) {
    if ((revents & (POLLIN | POLLERR | POLLHUP)) == 0) return;
    char bytes[256];
    const ssize_t got = ::recv(link_->handle().fd(), bytes, sizeof bytes, MSG_DONTWAIT);
    if (got < 0) return;
    closing_ = false;
    server_ = link_->server();
    link_.reset();
    look_at_ = answers_close({bytes, static_cast<std::size_t>(got)}) ? now + kLookAfter : now;
  }

  const Session session_;
  const Time until_;
  std::unique_ptr<ZookeeperLink> link_;  ///< none: until look_at_
  std::size_t server_ = 0;
  Time look_at_{};
  bool wants_write_ = false;
  bool closing_ = false;
};

}  // namespace

std::unique_ptr<Act> end_session(Session session, std::size_t first_server, Time now) {
  return std::make_unique<EndSession>(std::move(session), first_server, now);
}

}  // namespace stellwerk::guard
