/// The election recipe of ZooKeeper: who stands in which place of the queue, as a pure machine.
///
/// `step(now, event) -> effects`: no clock, no randomness, no I/O, no logging inside. Its driver
/// (coordination/zookeeper_coordination.h) performs the effects in their order over a ZkClient and
/// feeds every outcome back, tagged with the operation id of the effect it belongs to; what is late
/// or belongs to a former session is recognised by its id and dropped here.
///
/// What it holds on to, each with the safeguard that a test switches off:
/// - a create whose outcome is unknown is looked for before another is made (adopt_own);
/// - a session that was replaced silently is a lost one (compare_session);
/// - it never waits behind a node of its own (skip_own);
/// - it lists only after a sync, since a replica may not know our own node yet (sync_before_list).
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "leadership/candidate_name.h"
#include "leadership/zk_client.h"

namespace stellwerk::leadership {

/// Most candidates whose data is read and shown, and of those at most so many at a time.
inline constexpr std::size_t kMembersMax = 64;
inline constexpr std::size_t kMemberReadsMax = 16;
/// Between two attempts at something that failed though there is a connection.
inline constexpr Duration kElectionRetry = std::chrono::milliseconds(200);
/// Contact is made anew when the last one is older than this part of the session timeout.
inline constexpr int kProbePart = 6;

/// All on; only tests pass others.
struct Safeguards {
  bool adopt_own = true;
  bool compare_session = true;
  bool skip_own = true;
  bool sync_before_list = true;
};

namespace election {

/// Never 0, never used twice by one machine.
using OpId = std::uint64_t;

// ---- Events

/// A client is connected; the parents of the queue exist as far as the driver knows.
struct SessionUp {
  std::int64_t id = 0;
  Duration timeout{};
};
/// The connection is lost. Outcomes of what was in flight may come before or after, or never.
struct Suspended {};
/// The session is over; the next SessionUp comes from another client.
struct Expired {};
struct Replied {
  OpId op = 0;
  ZkReply reply;
};
/// The watch that effect `op` has set.
struct WatchFired {
  OpId op = 0;
  ZkChange change{};
};
struct Join {
  Candidate candidate;
};
struct Leave {};
/// Time has passed; see wake_at().
struct Tick {};
/// A request sent at `sent` succeeded that could not have without session and candidate.
struct Proved {
  Time sent;
};
/// A guarded write was refused because our candidate is not there.
struct CandidateGone {};
using Event =
    std::variant<SessionUp, Suspended, Expired, Replied, WatchFired, Join, Leave, Tick, Proved, CandidateGone>;

// ---- Effects. Those with an `op` are answered by Replied.

/// Makes the persistent nodes that the queue lives in; ok, unknown, or not_sent to be asked again.
struct Prepare {
  OpId op = 0;
};
/// An ephemeral sequential node; `path` lacks its sequence.
struct Create {
  OpId op = 0;
  std::string path;
  std::string data;
};
struct Sync {
  OpId op = 0;
  std::string path;
};
struct List {
  OpId op = 0;
  std::string path;
  bool watch = false;
};
struct Exists {
  OpId op = 0;
  std::string path;
  bool watch = false;
};
struct Get {
  OpId op = 0;
  std::string path;
};
struct Delete {
  OpId op = 0;
  std::string path;
};
/// The node that guarded writes must check; empty: we have none. Comes before MayClaim.
struct Candidacy {
  std::string path;
};
struct MayClaim {
  Time noticed;  ///< the first sign that the one before us may be gone
};
struct LockLost {
  bool session_lost = false;
  std::string why;
};
/// See CoordinationListener::on_contact.
struct Contact {
  Time sent;
  Duration valid_for{};
};
struct Members {
  std::vector<Candidate> members;
};
/// What Leave asked for is done.
struct Left {};
/// The session cannot be asked to give up our place: drop it, so that it ends by itself.
struct GiveUpSession {};
/// The servers will never let us stand.
struct Refused {
  Error error;
};
/// For the log.
struct Note {
  std::string text;
};
using Effect = std::variant<Prepare, Create, Sync, List, Exists, Get, Delete, Candidacy, MayClaim, LockLost, Contact,
                            Members, Left, GiveUpSession, Refused, Note>;
using Effects = std::vector<Effect>;

}  // namespace election

class ZkElection {
 public:
  /// `latch` is the path of the queue, `guid` this process' own name in it.
  ZkElection(std::string latch, std::string guid, Safeguards safeguards = {});

  election::Effects step(Time now, const election::Event& event);

  /// When a Tick is wanted next, if nothing else happens before.
  std::optional<Time> wake_at() const;

  bool in_queue() const { return !own_.empty() && !leaving_; }

 private:
  using OpId = election::OpId;

  // zk_election.cc: what happened.
  void on(const election::SessionUp& event);
  void on(const election::Suspended&);
  void on(const election::Expired&);
  void on(const election::Replied& event);
  void on(const election::WatchFired& event);
  void on(const election::Join& event);
  void on(const election::Leave&);
  void on(const election::Tick&);
  void on(const election::Proved& event);
  void on(const election::CandidateGone&);
  void prepared(const ZkReply& reply);
  void created(const ZkReply& reply);
  void listed(OpId op, const ZkReply& reply);
  void take_names(const std::vector<std::string>& names);
  void verified(OpId op, const ZkReply& reply);
  void predecessor_left(const std::string& name);
  void predecessor_seen(OpId op, const ZkReply& reply);
  void stray_seen(const ZkReply& reply);
  void deleted(const ZkReply& reply);
  void member_read(const std::string& name, const ZkReply& reply);
  void session_over(const std::string& why);
  void forget_operations();
  void lose(bool session_lost, std::string why);
  void own_is(const std::string& name);
  void own_is_no_more();
  void prove(Time sent);
  void failed(const ZkReply& reply, const std::string& what);
  void ignore_impostor(const std::string& name);
  void drop_name(const std::string& name);

  // zk_election_queue.cc: what to do next.
  void proceed();
  bool settle_strays();
  void remove(const std::string& name);
  void left();
  void look();
  void create();
  void verify();
  void take_place();
  void read_members();
  void show_members();
  bool probe_is_due() const { return now_ - last_proof_ >= timeout_ / kProbePart; }
  const CandidateName* predecessor() const;
  const CandidateName* stray() const;
  OpId sync();

  OpId next_op() { return ++last_op_; }
  std::string path_of(const std::string& name) const { return latch_ + "/" + name; }
  template <class Effect>
  void emit(Effect effect) {
    effects_.push_back(std::move(effect));
  }
  void note(std::string text) { emit(election::Note{std::move(text)}); }

  const std::string latch_;
  const std::string guid_;
  const Safeguards safeguards_;

  // Of one step.
  Time now_{};
  election::Effects effects_;
  bool listed_now_ = false;

  OpId last_op_ = 0;

  // What is wanted.
  std::optional<Candidate> wanted_;
  bool leaving_ = false;
  Time leave_by_{};

  // The session.
  bool connected_ = false;
  bool refused_ = false;
  bool read_once_ = false;    ///< the queue, so its name is sound
  std::int64_t session_ = 0;  ///< 0 = none yet, or over
  Duration timeout_{};
  Time hold_until_{};  ///< nothing new is asked before
  Time synced_{};      ///< when the last sync that was answered had been sent
  Time last_proof_{};  ///< see Contact

  // The queue as last listed.
  bool look_again_ = true;
  bool parents_missing_ = false;
  std::vector<CandidateName> order_;
  std::set<std::string> impostors_;  ///< persistent nodes named like candidates
  std::set<std::string> doomed_;     ///< own nodes of former sessions
  std::set<std::string> noted_;      ///< foreign names that were noted
  std::map<std::string, Candidate> members_;
  std::vector<Candidate> shown_;

  // Our place.
  std::string own_;            ///< name of our candidate
  bool own_verified_ = false;  ///< on this connection
  bool maybe_created_ = false;
  bool told_may_claim_ = false;
  std::string before_name_;      ///< whom we wait behind
  std::optional<Time> noticed_;  ///< since when the one before us may be gone

  // What is under way, by operation: 0 = nothing.
  std::map<OpId, Time> syncs_;  ///< when each was sent
  OpId prepare_op_ = 0;
  OpId create_op_ = 0;
  OpId list_op_ = 0;
  Time list_sent_{};
  bool list_watches_ = false;  ///< it asks for a watch too
  OpId own_op_ = 0;
  Time own_sent_{};
  bool own_watches_ = false;
  OpId before_op_ = 0;
  OpId stray_op_ = 0;
  std::string stray_name_;
  OpId delete_op_ = 0;
  std::string delete_name_;
  std::map<OpId, std::string> member_ops_;

  // Watches that are set: 0 = none.
  OpId list_watch_ = 0;
  OpId own_watch_ = 0;
  OpId before_watch_ = 0;
};

}  // namespace stellwerk::leadership
