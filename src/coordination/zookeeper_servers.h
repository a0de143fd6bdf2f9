/// Which ZooKeeper server to try next, when, and for how long. Pure: time comes in, nothing goes out.
#pragma once

#include <stellwerk/coordination.h>

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "coordination/zookeeper_quorum.h"

namespace stellwerk::coordination {

/// A server is given this long to accept us in the first round; each further round doubles it.
inline constexpr Duration kFirstAttemptMax = std::chrono::seconds(1);
/// Between two rounds in which nobody accepted us: doubles from the first to the last.
inline constexpr Duration kRoundPauseFirst = std::chrono::milliseconds(50);
inline constexpr Duration kRoundPauseLast = std::chrono::seconds(1);
/// A connection that was lost sooner counts as a failed round, so that a server that takes us and
/// throws us out again is not asked in a busy loop.
inline constexpr Duration kStableAfter = std::chrono::seconds(1);
/// A name is looked up again after this long while there is no connection; after a failure the wait
/// doubles from kLookupRetryFirst.
inline constexpr Duration kLookupAgain = std::chrono::seconds(5);
inline constexpr Duration kLookupRetryFirst = std::chrono::seconds(1);

/// The members of a quorum, what their names stand for, and the round that is under way. A round tries
/// every known address once, then pauses. A name that hangs or fails holds up nobody else.
class ZooKeeperServers {
 public:
  struct Server {
    std::string address;  ///< "10.0.0.7:2181" or "::1:2181", as the C library wants it
    std::string text;     ///< for people
  };

  /// `seed` decides who is first, so that many masters spread over the servers.
  ZooKeeperServers(std::vector<ZooKeeperMember> members, std::uint64_t seed);

  /// Names that are due now; they count as being looked up from then on.
  std::vector<std::string> names_to_look_up(Time now);
  void looked_up(const std::string& name, const Result<std::vector<std::string>>& addresses, Time now);

  /// The next server to try, if one may be tried now.
  std::optional<Server> next(Time now);
  /// The first moment at which next() or names_to_look_up() may have something; none: only an answer
  /// to a look-up brings something new.
  std::optional<Time> next_change() const;
  /// How long the attempt under way may take, so that all servers get their turn within a session.
  Duration attempt_limit(Duration session_timeout) const;

  /// What became of the last one that next() gave.
  void failed(const std::string& why, Time now);
  void established(Time now);
  void lost(const std::string& why, Time now);

  /// All that are known, the current one first.
  std::vector<std::string> addresses() const;

  /// One clause per member: what is known about it and why it did not take us.
  std::string describe() const;

 private:
  struct Member {
    ZooKeeperMember name;
    std::vector<std::string> addresses;
    bool asked = false;  ///< a look-up is under way
    Time ask_at{};
    Duration retry = kLookupRetryFirst;
    std::string lookup_error;
  };

  std::vector<Server> known() const;
  void end_round(Time now);

  std::vector<Member> members_;
  std::set<std::string> tried_;                ///< in this round
  std::map<std::string, std::string> errors_;  ///< by address: why it did not take us
  Server current_;
  unsigned failed_rounds_ = 0;
  Time resume_at_{};
  Time established_at_{};
};

}  // namespace stellwerk::coordination
