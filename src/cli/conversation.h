/// One request to a cluster whose masters come and go, repeated until its outcome is known or time is up.
///
/// Every master gives the same answers, so any that answers will do. A request that is repeated must
/// have the same effect once as many times: submissions carry their own job id, cancelling is so anyway.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/client_config.h"
#include "cli/host.h"

namespace stellwerk::cli {

struct Outcome {
  enum class Kind {
    answered,     ///< 2xx: `response`
    refused,      ///< a definite no
    no_leader,    ///< certainly nothing happened, and may later: no master leads or answers, or the storage is full
    unknown,      ///< it may have happened
    interrupted,  ///< Ctrl-C; `maybe_done` tells whether it may have happened
  };
  Kind kind = Kind::no_leader;
  http::ClientResponse response{};  ///< of `answered` and `refused`
  /// One sentence for people, of all but `answered`.
  std::string text{};
  bool maybe_done = false;
  /// What one may do about it, as one more sentence; mostly empty.
  std::string advice{};

  bool ok() const { return kind == Kind::answered; }
  int exit_code() const;
};

class Conversation {
 public:
  /// At most this long for one try when there are other masters to ask: a hung one must not eat the time of all.
  /// Longer than masters wait for each other and for workers, so that they can say who is silent.
  static constexpr Milliseconds kTryDeadline = std::chrono::seconds(10);
  /// A body of a change gets so much longer, for each try and in all: one second for so many bytes.
  static constexpr std::size_t kBodyBytesPerSecond = std::size_t{1} << 20;
  /// Of a try's deadline, the part that a master is told: its "nothing happened" must arrive before we hang up.
  static constexpr int kToldPercent = 90;
  /// With less left a change is not tried once more: cut short, what did not happen would be called unknown.
  static constexpr Milliseconds kTryAgainMin = Milliseconds(500);
  /// Between two rounds through all masters: doubling from the first to the second.
  static constexpr Milliseconds kPauseLeast = Milliseconds(100);
  static constexpr Milliseconds kPauseMost = std::chrono::seconds(2);

  /// `host` must outlive this.
  Conversation(Host& host, ClientConfig config) : host_(host), config_(std::move(config)) {}

  /// GET. Gives up at once when no master can be reached at all.
  Outcome read(const std::string& target);
  /// The same, but each master is asked once at most, with kTryDeadline: for those who come again.
  Outcome read_once(const std::string& target);
  /// A GET with headers of its own.
  Outcome read_once(const http::ClientRequest& request);
  /// A change that may be repeated. Says on stderr when it begins to wait.
  Outcome write(http::ClientRequest request);

  /// "http://a:8081, http://b:8081"
  std::string masters() const;
  Milliseconds timeout() const { return config_.timeout; }

 private:
  struct Attempt;
  enum class Patience { one_round, none, quiet, talking };

  Outcome ask(const http::ClientRequest& request, Patience patience, bool change);
  Outcome give_up(const Attempt& attempt, bool change) const;
  void learn(const http::ClientResponse& response);

  Host& host_;
  ClientConfig config_;
  std::size_t next_ = 0;  ///< the master to ask next: who answered last
  /// The newest position of any answer; later reads must not be older: a follower that gave the leader's answer to one
  /// question may be behind it with the next.
  std::string position_;
};

/// Prints `<what><text>.` on stderr, and the advice if there is one; its exit code.
int fail(Host& host, const Outcome& outcome, std::string_view what = {});
/// Prints `<text>.` on stderr.
int fail(Host& host, int exit_code, std::string_view text);

}  // namespace stellwerk::cli
