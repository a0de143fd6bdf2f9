/// A guard's connection to ZooKeeper: one server after another, each for a moment only, because a dead
/// master's lock waits for it.
#pragma once

#include <memory>
#include <string>

#include "guard/message.h"
#include "zookeeper/handle.h"

namespace stellwerk::guard {

/// What a loop is to wait for before the next turn.
struct Wait {
  int fd = -1;
  short events = 0;
  Duration max{};
};

/// Not thread-safe. Every turn is short; what it waits for is said by wait().
class ZookeeperLink {
 public:
  /// A server that has not taken us after this long is given up for the next one.
  static constexpr Duration kAttemptMax = std::chrono::milliseconds(500);

  enum class State {
    trying,
    connected,
    expired,  ///< a server said that the session is over
    failed,   ///< no server took us: why()
  };
  enum class Mode {
    existing,  ///< attach to the session
    own,       ///< a new session with the same credentials
  };

  /// Begins with `servers[first]` and tries each once.
  ZookeeperLink(Session session, Mode mode, std::size_t first = 0);

  State state() const { return state_; }
  const std::string& why() const { return why_; }
  /// The server that took us, as an index of the session's servers.
  std::size_t server() const { return at_; }
  /// Only when connected.
  zookeeper::Handle& handle() { return *handle_; }

  Wait wait(Time now);
  void turn(Time now, short revents);

 private:
  void dial(Time now);
  void next(Time now, const std::string& why);

  const Session session_;
  const Mode mode_;
  State state_ = State::trying;
  std::string why_ = "it knows no server";
  std::size_t at_;
  std::size_t tried_ = 0;
  Time attempt_until_{};
  std::unique_ptr<zookeeper::Handle> handle_;
};

}  // namespace stellwerk::guard
