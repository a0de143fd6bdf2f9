/// Coordination over ZooKeeper: the driver of the election recipe, and the head as a znode.
///
/// It decides nothing about the election: leadership/zk_election.h does, and this performs its
/// effects over a ZkClient and feeds the outcomes back. After an expiry it makes a new client. The
/// same class runs over the real client and the simulated one.
///
/// Beyond the port's contract: requests that are pending at close() complete before its `done`, as
/// unknown or unavailable. The destructor ends everything at once (the session then expires).
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/executor.h"
#include "coordination/zookeeper_head.h"
#include "coordination/zookeeper_layout.h"
#include "coordination/zookeeper_paths.h"
#include "leadership/zk_election.h"

namespace stellwerk::coordination {

struct ZookeeperOptions {
  std::string ns;       ///< see zookeeper_namespace()
  std::string servers;  ///< as configured, for messages to people: "zk1:2181,zk2:2181"
  std::string guid;     ///< this process' own name in the queue; at most 64 characters, no '/'
  leadership::Safeguards safeguards{};
};

/// What else somebody may want to know, on the executor, at once. All may be empty; none may call
/// back into the Coordination.
struct ZookeeperHooks {
  /// A line for the log.
  std::function<void(const std::string& line)> log;
  /// Each (re)connected session, before a candidate is made in it; the guard needs id and password.
  std::function<void(const leadership::ZkSession&)> session;
  /// Path of our candidate, before on_may_claim(); empty: none any more.
  std::function<void(const std::string& path)> candidate;
};

class ZookeeperCoordination : public Coordination {
 public:
  /// Between two attempts at something that failed though there is a connection.
  static constexpr Duration kRetry = std::chrono::milliseconds(200);
  /// How long what was ours may look like somebody else's before we believe it.
  static constexpr Duration kUnmarkedPatience = std::chrono::seconds(10);
  /// A session that is suspended for this many of its timeouts is asked about by a second client: if
  /// that one connects, the first will never be taken again (servers set back to an older copy refuse
  /// it for ever) and is dropped.
  static constexpr int kSuspendedTimeouts = 3;
  /// What the first client then still has, since after an outage either may be the first to connect.
  static constexpr Duration kSecondGrace = std::chrono::seconds(5);
  static constexpr Duration kCloseMax = std::chrono::milliseconds(1900);

  ZookeeperCoordination(Executor& executor, leadership::ZkClientFactory factory, ZookeeperOptions options,
                        ZookeeperHooks hooks = {});
  ~ZookeeperCoordination() override;
  ZookeeperCoordination(const ZookeeperCoordination&) = delete;
  ZookeeperCoordination& operator=(const ZookeeperCoordination&) = delete;

  void start(CoordinationListener& listener) override;
  void join(const Candidate& candidate) override;
  void leave(Handler done) override;
  void read_head(ReadHandler done) override;
  void write_head(std::string bytes, HeadVersion expected, WriteHandler done) override;
  void announce(std::string leader_json) override;
  void erase_cluster(std::function<void(Result<void>)> done) override;
  void close(Handler done) override;

 private:
  struct Connection;
  using OpId = leadership::election::OpId;

  // The session (zookeeper_coordination_session.cc).
  void connect();
  void retire(std::shared_ptr<Connection>& connection, bool end_session);
  void connected(const leadership::ZkSession& session);
  void suspended(const std::string& detail);
  void session_ended();
  void refuse(const Error& error);
  void prepare(std::function<void(LayoutOutcome)> done);
  LayoutOutcome doubted(LayoutOutcome outcome);
  void prepare_first();
  void ready();
  void ask_second_client();
  void second_connected(const leadership::ZkSession& session);
  void second_lost();
  void set_state(std::string state, std::string detail);

  // The recipe's effects.
  void step(const leadership::election::Event& event);
  void perform(const leadership::election::Prepare& effect);
  void perform(const leadership::election::Create& effect);
  void perform(const leadership::election::Sync& effect);
  void perform(const leadership::election::List& effect);
  void perform(const leadership::election::Exists& effect);
  void perform(const leadership::election::Get& effect);
  void perform(const leadership::election::Delete& effect);
  void perform(const leadership::election::Candidacy& effect);
  void perform(const leadership::election::MayClaim& effect);
  void perform(const leadership::election::LockLost& effect);
  void perform(const leadership::election::Contact& effect);
  void perform(const leadership::election::Members& effect);
  void perform(const leadership::election::Left&);
  void perform(const leadership::election::GiveUpSession&);
  void perform(const leadership::election::Refused& effect);
  void perform(const leadership::election::Note& effect);
  leadership::ZkClient::Handler reply_to(OpId op);
  leadership::ZkClient::Watch watch_of(OpId op, bool wanted);
  void arm_wake();

  // The head.
  void watch_head();
  void head_seen(const HeadRead& read, std::uint64_t watch);
  void watch_absent_head(const HeadReading& absent);
  void tell_head(const HeadReading& reading);
  leadership::ZkClient::Watch head_watch(std::uint64_t watch);
  void retry_head();
  WriteResult written(const HeadWritten& written, Time sent);

  // The announcement.
  void write_announcement();
  void withdraw_announcement();

  leadership::ZkClient& client();
  /// Runs in a later turn, unless we are closed or gone by then.
  void later(std::function<void()> task);
  void tell(std::function<void(CoordinationListener&)> what);
  /// Runs a caller's completion in a later turn; before that of close().
  void complete(std::function<void()> done);
  /// Registers what completes a caller's request if the session ends first; finish() takes it back
  /// and says whether it was still there.
  std::uint64_t begin(std::function<void(const char* why)> abandon);
  void abandon_requests(const char* why);
  bool finish(std::uint64_t request) { return requests_.erase(request) > 0; }
  template <class Argument>
  std::function<void(Argument)> here(std::function<void(Argument)> handler);
  void cancel(Executor::TimerId& timer);
  void log(const std::string& line) const;

  Executor& executor_;
  const leadership::ZkClientFactory factory_;
  const ZookeeperOptions options_;
  const ZookeeperHooks hooks_;
  const ZookeeperPaths paths_;
  leadership::ZkElection election_;
  CoordinationListener* listener_ = nullptr;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);

  std::shared_ptr<Connection> connection_;
  std::shared_ptr<Connection> second_;  ///< see kSuspendedTimeouts
  std::vector<std::shared_ptr<Connection>> retired_;
  leadership::ZkSession session_;
  bool connected_ = false;
  bool prepared_ = false;  ///< the layout was found or made once
  bool ready_ = false;     ///< connected and prepared
  bool refused_ = false;
  std::optional<Time> unmarked_since_;  ///< the layout that was found once is not there, but other nodes are
  bool closing_ = false;
  CoordinationStatus status_;

  std::string candidate_path_;
  bool leads_ = false;
  std::vector<Handler> leave_handlers_;
  std::map<std::uint64_t, std::function<void(const char* why)>> requests_;
  std::uint64_t last_request_ = 0;
  Executor::TimerId wake_timer_ = 0;
  Executor::TimerId prepare_timer_ = 0;
  Executor::TimerId second_timer_ = 0;
  Executor::TimerId head_timer_ = 0;

  bool reading_head_ = false;
  bool head_changed_ = false;
  std::uint64_t head_watch_ = 0;  ///< the one that is set; 0 = none
  std::uint64_t last_watch_ = 0;
  bool tell_head_anyway_ = false;
  HeadReading told_head_;
  std::optional<HeadVersion> known_layout_;  ///< of the newest reading; see same_layout()
  bool writing_ = false;

  std::string announcement_;
  bool announcing_ = false;
};

}  // namespace stellwerk::coordination
