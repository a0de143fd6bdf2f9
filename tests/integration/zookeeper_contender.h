/// A master's side of a real ZooKeeper: a ZookeeperCoordination, all that it told, and waits for it.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "coordination/zookeeper_client.h"
#include "coordination/zookeeper_coordination.h"
#include "support/real_loop.h"

namespace stellwerk::test {

/// The test fails if it is called from inside a call, or told twice that it may claim.
class Contender : public CoordinationListener {
 public:
  /// Most that anything here takes: for tests that fail.
  static constexpr Duration kLimit = std::chrono::seconds(60);

  /// Starts at once. `number`: 0 to 9, tells contenders apart.
  Contender(RealLoop& loop, coordination::Resolver& resolver, const coordination::ZooKeeperOptions& client,
            const std::string& ns, int number);

  Coordination& operator*() { return *coordination_; }
  Coordination* operator->() { return coordination_.get(); }
  Candidate candidate() const;

  /// Each says whether it came to that.
  bool wait(const std::function<bool()>& done) { return loop_.run_until(done, kLimit); }
  bool connected();
  /// Enters the queue; in it it sees itself among the members.
  bool join();
  bool may_claim();
  /// join() and may_claim().
  bool lead();
  bool leave();
  bool close();

  Result<HeadReading> read();
  WriteResult write(const std::string& bytes, HeadVersion expected);
  /// The version of a head that must be there, or of none.
  HeadVersion version();
  /// As kill -9: the session is left to its timeout.
  void kill() { coordination_.reset(); }

  std::size_t count(const std::string& what) const;
  std::string state() const { return statuses.empty() ? "" : statuses.back().state; }
  std::string detail() const { return statuses.empty() ? "" : statuses.back().detail; }
  std::vector<std::string> member_ids() const;

  /// "may claim", "lock lost", "session lost", "refused" and the states, in order.
  std::vector<std::string> told;
  std::vector<CoordinationStatus> statuses;
  bool leads = false;  ///< it was told that it may claim, and not yet that this is over
  Time act_until{};    ///< the end of what its contacts promise
  std::optional<HeadReading> head;
  std::vector<Candidate> members;
  std::vector<Error> refusals;
  std::string place;  ///< path of its candidate
  std::vector<leadership::ZkSession> sessions;
  std::vector<std::string> log;

 private:
  void on_status(const CoordinationStatus& status) override;
  void on_contact(Time sent, Duration valid_for) override;
  void on_may_claim(Time noticed) override;
  void on_lock_lost(bool session_lost, const std::string& why) override;
  void on_head(const HeadReading& reading) override;
  void on_members(const std::vector<Candidate>& now) override;
  void on_refused(const Error& error) override;
  void tell(const std::string& what);
  void call(const std::function<void(Coordination&)>& what);

  RealLoop& loop_;
  const int number_;
  bool inside_ = false;
  std::unique_ptr<coordination::ZookeeperCoordination> coordination_;
};

}  // namespace stellwerk::test
