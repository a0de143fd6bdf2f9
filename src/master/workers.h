/// The workers' side of a master: whom it takes, whom it sends on, who is registered. Pure.
///
/// Every master listens. One that does not lead says who does, or lets a worker wait a moment if that worker knows
/// no less than it does: the leader that both know of is perhaps gone, and the next one is perhaps this master.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "jobs/cluster_state.h"
#include "jobs/worker_table.h"
#include "link/message.h"
#include "master/protocol.h"
#include "master/worker_limits.h"

namespace stellwerk::master {

/// What this master is for workers.
struct WorkerRole {
  bool leads = false;
  std::string cluster;
  std::int64_t epoch = 0;            ///< of the leader, whoever it is
  std::string leader;                ///< its address for workers, if another leads
  std::vector<std::string> masters;  ///< of all, in the order of the queue

  friend bool operator==(const WorkerRole&, const WorkerRole&) = default;
};

/// What the scheduler hears of workers, in order.
namespace worker_event {

struct Came {
  link::Hello hello;
};
struct Away {
  std::string worker;
};
/// It did not come back in time.
struct Lost {
  std::string worker;
  std::int64_t incarnation = 0;
  std::string why;
};
/// It begins to leave.
struct Leaves {
  std::string worker;
};
/// Nothing of this incarnation runs any more: certainly, or as far as it said itself before its connection ended.
struct Gone {
  std::string worker;
  std::int64_t incarnation = 0;
  std::string why;
  bool certain = false;
};
struct Reported {
  std::string worker;
  link::TaskReport report;
};
struct Ended {
  std::string worker;
  link::TaskEnded ended;
};

}  // namespace worker_event
using WorkerEvent = std::variant<worker_event::Came, worker_event::Away, worker_event::Lost, worker_event::Leaves,
                                 worker_event::Gone, worker_event::Reported, worker_event::Ended>;

class Workers {
 public:
  explicit Workers(WorkerLimits limits) : limits_(limits) {}

  void opened(Clocks clocks, LinkId link, std::string peer, Outbox& out);
  void received(Clocks clocks, LinkId link, link::Message& message, Outbox& out);
  void closed(Clocks clocks, LinkId link, const std::string& why, Outbox& out);
  void beat(Clocks clocks, Outbox& out);

  /// The word of a worker's guard. `state`: what is committed, if we lead; else null.
  DeathAnswer hear_death(const link::Death& death, const jobs::ClusterState* state, Outbox& out);

  /// At every change of what this master is.
  void become(Clocks clocks, WorkerRole role, Outbox& out);
  /// Before and after every event: a leader that may not act echoes no heartbeat and registers nobody.
  void act(Clocks clocks, bool acting, Outbox& out);

  /// What has happened to registered workers since the last call.
  std::vector<WorkerEvent> take_events() { return std::exchange(events_, {}); }
  /// Whose leases were prolonged since the last call, by worker id, and when last. To be known before the events.
  std::map<std::string, Time> take_leases() { return std::exchange(leased_, {}); }
  /// To a registered worker; to others nothing is sent.
  void send(const std::string& worker, link::Message message, Outbox& out);
  void set_used_slots(const std::string& worker, std::int64_t used);

  /// Once after each change worth showing.
  bool take_changed() { return std::exchange(changed_, false); }
  jobs::WorkerTable share_table() { return table_.share(); }

 private:
  struct Link {
    std::string peer;
    link::Hello hello;  ///< with an id as soon as it came
    bool registered = false;
    bool leaving = false;
    Time until{};  ///< fresh: for a hello; waiting: for a leader; registered: for a heartbeat
  };

  void take(Clocks clocks, LinkId id, Link& link, link::Hello& message, Outbox& out);
  void take(Clocks clocks, LinkId id, Link& link, link::Heartbeat& message, Outbox& out);
  void take(Clocks clocks, LinkId id, Link& link, link::Leaving& message, Outbox& out);
  void take(Clocks clocks, LinkId id, Link& link, link::TaskReport& message, Outbox& out);
  void take(Clocks clocks, LinkId id, Link& link, link::TaskEnded& message, Outbox& out);
  template <class Other>
  void take(Clocks clocks, LinkId id, Link& link, Other& message, Outbox& out);

  void place_waiting(Clocks clocks, Outbox& out);
  void tell_masters(Outbox& out);
  std::int64_t known_epoch(const link::Hello& hello) const;
  void extend(Clocks clocks);
  void misbehaved(Clocks clocks, LinkId id, const std::string& why, Outbox& out);
  bool place(Clocks clocks, LinkId id, Link& link, Outbox& out);
  bool is_another(const link::Hello& hello, const model::WorkerDescription& known) const;
  void welcome(Clocks clocks, LinkId id, Link& link, Outbox& out);
  void refuse(LinkId id, Outbox& out);
  void reject(Clocks clocks, LinkId id, const std::string& why, Outbox& out);
  void end(LinkId id, Outbox& out);
  void left(const model::WorkerDescription& worker, Outbox& out);
  void went(Clocks clocks, const std::string& worker, const std::string& why, Outbox& out);
  void forget_away(Clocks clocks, Outbox& out);
  void forget_dead(const link::Death& death, Outbox& out);

  const WorkerLimits limits_;
  WorkerRole role_;
  bool acting_ = false;
  std::map<LinkId, Link> links_;
  std::map<std::string, LinkId> registered_;  ///< by worker id
  std::map<std::string, Time> away_;          ///< by worker id: forgotten then
  jobs::WorkerTable table_;
  std::vector<WorkerEvent> events_;
  std::map<std::string, Time> leased_;
  std::map<std::string, Time> rejections_;  ///< by reason: not told again before
  bool changed_ = false;
  bool loads_changed_ = false;
  Time show_at_{};
  Time last_beat_{};
};

}  // namespace stellwerk::master
