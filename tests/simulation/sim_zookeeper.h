/// A ZooKeeper ensemble on virtual time, for the ZkClient port: what bites in a real one, in the
/// hands of a test and repeatable from a seed.
///
/// It has sessions that the servers expire by their own clock (within a tick after the timeout),
/// ephemeral and sequential nodes, versions and czxids, one-shot watches, replicas that lag until
/// somebody syncs, connections that are FIFO and may break with requests and replies in flight.
/// A process is a SimExecutor (paused: neither heartbeats nor reads, its replies pile up; killed: its
/// session is just silent) and a SimZkLink (the network between it and the ensemble).
///
/// One SimTime drives it; nothing here is thread-safe. Links and the ensemble must outlive clients
/// and executors' tasks; an executor must outlive the clients made on it.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "leadership/zk_client.h"
#include "simulation/sim_zk_tree.h"
#include "support/sim_executor.h"

namespace stellwerk::test {

enum class SimZkVerb { connect, ping, create, remove, exists, get, list, set, multi, sync, close };
const char* to_string(SimZkVerb verb);

struct SimZkOptions {
  int replicas = 3;
  Duration tick = std::chrono::seconds(2);
  int timeout_ticks_min = 2;
  int timeout_ticks_max = 20;                        ///< 40 s, as a stock server
  Duration lag_max = std::chrono::milliseconds(20);  ///< how far a replica may be behind the leader
  bool compares_versions = true;                     ///< off: no real server; to see what rests on it
};

/// Chances per message, 0 to 1. A lost request or reply breaks its connection, as TCP would.
struct SimZkFaults {
  double request_lost = 0;
  double reply_lost = 0;
  double slow = 0;  ///< a message takes slow_delay instead of the usual
  Duration delay_min = std::chrono::microseconds(200);
  Duration delay_max = std::chrono::milliseconds(2);
  Duration slow_delay = std::chrono::seconds(1);
};

struct SimZkConnection;
class SimZookeeper;

/// The network between one process and the ensemble.
class SimZkLink {
 public:
  SimZkLink(SimZookeeper& zookeeper, std::string name) : zookeeper_(zookeeper), name_(std::move(name)) {}
  SimZkLink(const SimZkLink&) = delete;
  SimZkLink& operator=(const SimZkLink&) = delete;

  SimZkFaults faults;

  /// Breaks the connection; the client may connect again at once. Requests on their way may still
  /// arrive, until the session has moved to the next connection.
  void cut();
  /// Packets are held back until the partition ends, and nobody is told.
  void partition(bool on);
  bool partitioned() const { return partitioned_; }
  /// One-shot: the next request of this kind never arrives, or is done but never answered.
  void lose_next_request(SimZkVerb verb) { lose_request_.insert(verb); }
  void lose_next_reply(SimZkVerb verb) { lose_reply_.insert(verb); }
  /// One-shot: instead of resuming, the next reconnection silently gets a new session; the old one
  /// lives on at the servers until it expires.
  void new_session_on_reconnect() { new_session_ = true; }
  /// Newest session that a client of this process was given; 0 = none.
  std::int64_t session() const { return session_; }
  const std::string& name() const { return name_; }

 private:
  friend class SimZookeeper;
  friend class SimZkClient;

  SimZookeeper& zookeeper_;
  const std::string name_;
  bool partitioned_ = false;
  bool new_session_ = false;
  std::int64_t session_ = 0;
  std::set<SimZkVerb> lose_request_;
  std::set<SimZkVerb> lose_reply_;
  std::vector<std::function<void()>> held_;
  std::vector<std::weak_ptr<SimZkConnection>> connections_;
};

/// What a client sends and gets. Only sim_zookeeper.cc and sim_zk_client.cc use these.
struct SimZkWatch {
  enum Kind { data, missing, children };
  Kind kind = data;
  std::string path;
  friend auto operator<=>(const SimZkWatch&, const SimZkWatch&) = default;
};
/// What such a watch sees when it fires and its node is there, or is not.
leadership::ZkChange change_of(SimZkWatch::Kind kind, bool exists);
struct SimZkHello {
  std::int64_t session = 0;  ///< 0 = a new one
  std::int64_t last_zxid = 0;
  Duration timeout{};
  std::vector<SimZkWatch> watches;
};
struct SimZkRequest {
  std::uint64_t xid = 0;
  SimZkVerb verb = SimZkVerb::ping;
  std::string path;
  bool watch = false;
  std::vector<leadership::ZkOp> ops;  ///< what create, remove, set and multi change
};
struct SimZkMessage {
  enum class Kind { accepted, expired, broken, reply, fired };
  Kind kind = Kind::broken;
  std::uint64_t xid = 0;
  std::int64_t zxid = 0;
  leadership::ZkReply reply;
  leadership::ZkSession session;
  SimZkWatch watch;               ///< fired; of a reply: the watch that is now set, if its path is not empty
  leadership::ZkChange change{};  ///< what it saw
};

class SimZookeeper {
 public:
  SimZookeeper(SimTime& time, std::mt19937_64& random, SimZkOptions options = {});
  SimZookeeper(const SimZookeeper&) = delete;
  SimZookeeper& operator=(const SimZookeeper&) = delete;

  /// The network of the process called `name`; made at first use, stays where it is.
  SimZkLink& link(const std::string& name);
  /// Clients of the process called `link`, on its executor, asking for `timeout`.
  leadership::ZkClientFactory factory(SimExecutor& executor, const std::string& link, Duration timeout);

  // The ensemble as a whole.
  /// SIGSTOP and SIGCONT of all servers: what arrives meanwhile is taken afterwards, and sessions
  /// whose time has passed expire then, before or after that.
  void freeze();
  void thaw();
  /// Loss of the quorum, and its return: no connections, no expiry; then every session has its full time.
  void stop();
  void start();
  bool serving() const { return !stopped_ && !frozen_; }

  /// A copy of the servers' data directory, and going back to it (or to nothing). Sessions that
  /// the copy does not know are over; all connections break. `zxid_back`: the transaction numbers
  /// go back too, so that clients that saw later ones are refused (a restored standalone server).
  struct Copy;
  std::shared_ptr<const Copy> save() const;
  void restore(const std::shared_ptr<const Copy>& copy, bool zxid_back = false);
  void wipe();

  /// Another client's close of this session (the guard's), or an administrator's.
  void end_session(std::int64_t session);
  bool session_alive(std::int64_t session) const { return sessions_.contains(session); }

  // By hand, as with zkCli.
  const SimZkTree& tree() const { return tree_; }
  const SimZnode* find(const std::string& path) const;
  std::vector<std::string> children(const std::string& path) const { return children_of(tree_, path); }
  /// Makes missing parents too. Not for nodes that exist.
  void make(const std::string& path, const std::string& data, std::int64_t owner = 0);
  void put(const std::string& path, const std::string& data);
  /// `deleteall`; false if it is not there.
  bool delete_all(const std::string& path);
  void set_sequence(const std::string& parent, std::int32_t next);
  void set_version(const std::string& path, std::int32_t version);

  /// Called after each transaction with what it changed; `session` 0 = by hand or by the servers.
  using Observer = std::function<void(std::int64_t session, const std::vector<SimZkChange>& changes)>;
  void observe(Observer observer) { observer_ = std::move(observer); }

 private:
  friend class SimZkLink;
  friend class SimZkClient;

  struct Session {
    Duration timeout{};
    Time expires{};
    std::shared_ptr<SimZkConnection> connection;
  };
  struct Transaction {
    std::int64_t zxid = 0;
    std::vector<SimZkChange> changes;
  };
  struct Replica {
    SimZkTree tree;
    std::int64_t applied = 0;  ///< zxid
    Time caught_up_at{};
    std::vector<std::weak_ptr<SimZkConnection>> connections;
  };
  using ConnectionPtr = std::shared_ptr<SimZkConnection>;

  // The network (sim_zk_network.cc).
  ConnectionPtr open(SimZkLink& link, SimExecutor& executor, std::function<void(SimZkMessage)> receiver);
  void send_hello(const ConnectionPtr& connection, SimZkHello hello);
  void send(const ConnectionPtr& connection, SimZkRequest request);
  void travel(SimZkLink& link, Time arrival, std::function<void()> pass);
  void to_server(const ConnectionPtr& connection, std::function<void()> arrive);
  void to_client(const ConnectionPtr& connection, SimZkMessage message);
  void break_connection(const ConnectionPtr& connection);
  Duration delay(const SimZkLink& link);
  bool chance(double p);
  std::uint64_t below(std::uint64_t bound) { return random_() % bound; }

  // The servers (sim_zookeeper.cc).
  void arrived(std::function<void()> handle);
  void accept(const ConnectionPtr& connection, const SimZkHello& hello);
  void take(const ConnectionPtr& connection, const SimZkRequest& request);
  SimZkMessage serve(SimZkConnection& connection, const SimZkRequest& request);
  void read(SimZkConnection& connection, const SimZkRequest& request, SimZkMessage& answer);
  void restore_watches(SimZkConnection& connection, const SimZkHello& hello);
  std::int64_t new_session(Duration timeout);
  void touch(std::int64_t session);
  void arm_expiry(std::int64_t session);
  void expiry_due(std::int64_t session);
  std::int64_t commit(std::int64_t session, std::vector<SimZkChange> changes);
  void catch_up(std::size_t replica, std::int64_t zxid);
  void fire_watches(Replica& replica, const SimZkChange& change, bool existed, bool data_changed);
  void forget_applied();
  void reset_replicas();
  void break_all();

  SimTime& time_;
  std::mt19937_64& random_;
  const SimZkOptions options_;
  std::map<std::string, std::unique_ptr<SimZkLink>> links_;

  bool stopped_ = false;
  bool frozen_ = false;
  std::vector<std::function<void()>> frozen_inbox_;
  std::vector<std::int64_t> overdue_;

  SimZkTree tree_;
  std::int64_t zxid_ = 1;
  std::uint64_t incarnation_ = 0;  ///< grows with restore(); work of an earlier one is dropped
  std::deque<Transaction> log_;
  std::vector<Replica> replicas_;
  std::map<std::int64_t, Session> sessions_;
  std::int64_t next_session_ = 0x100000000000001;
  Observer observer_;
};

}  // namespace stellwerk::test
