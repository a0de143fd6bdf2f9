/// The core of a master: who it is now, and what to do next. A composition of pure parts; no clock,
/// socket, file, thread, logger or random device inside.
///
///     starting --> follower --> claiming --> leader --> follower ...
///
/// One owner (the driver, master/driver.h) feeds it events in order and performs its effects in
/// order. Nothing in it blocks or throws; a broken invariant aborts.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "leadership/deadline.h"
#include "master/ending.h"
#include "master/follower.h"
#include "master/leader.h"
#include "master/options.h"
#include "master/protocol.h"
#include "master/scheduler.h"
#include "master/settler.h"
#include "master/standing.h"
#include "master/storage_pace.h"
#include "master/view.h"
#include "master/workers.h"

namespace stellwerk::master {

class Master {
 public:
  explicit Master(Options options);

  /// The first effects: nothing but notes; everything begins with the first beat.
  std::vector<Effect> step(Clocks clocks, Event event);

  /// What is to be shown now. Cheap: shares all that is big.
  ViewPtr view() const;

  Role role() const { return role_; }
  /// May this leader act now? (design: the local deadline)
  bool acting(Time now) const { return role_ == Role::leader && deadline_.acting(now); }
  /// Until when it may act without further word, for threads other than the loop's.
  Time act_until() const { return role_ == Role::leader ? deadline_.act_until() : Time{}; }

 private:
  void handle(Clocks clocks, event::Beat&);
  void handle(Clocks clocks, event::Slice&);
  void handle(Clocks clocks, event::StatusChanged& e);
  void handle(Clocks clocks, event::Contact& e);
  void handle(Clocks clocks, event::MayClaim& e);
  void handle(Clocks clocks, event::LockLost& e);
  void handle(Clocks clocks, event::HeadSeen& e);
  void handle(Clocks clocks, event::MembersSeen& e);
  void handle(Clocks clocks, event::Refused& e);
  void handle(Clocks clocks, event::Left& e);
  void handle(Clocks clocks, event::HeadRead& e);
  void handle(Clocks clocks, event::HeadWritten& e);
  void handle(Clocks clocks, event::Loaded& e);
  void handle(Clocks clocks, event::Got& e);
  void handle(Clocks clocks, event::Put& e);
  void handle(Clocks clocks, event::Listed& e);
  void handle(Clocks clocks, event::Removed& e);
  void handle(Clocks clocks, event::Probed& e);
  void handle(Clocks clocks, event::Erased& e);
  void handle(Clocks clocks, event::PeerAnswered& e);
  void handle(Clocks clocks, event::LinkOpened& e);
  void handle(Clocks clocks, event::LinkReceived& e);
  void handle(Clocks clocks, event::LinkClosed& e);
  void handle(Clocks clocks, event::DeathTold& e);
  void handle(Clocks clocks, event::Requested& e);
  void handle(Clocks clocks, event::TransferWanted& e);
  void handle(Clocks clocks, event::EndWanted& e);
  void handle(Clocks clocks, event::StopWanted&);

  void on_coordination_back(Clocks clocks);

  /// A claim: the head with our epoch, then cluster.json if the cluster is new, then the tail.
  struct Claim {
    journal::Commit commit;
    OpId op = 0;
    Time wake_at{};
    bool stands = false;        ///< the head carries our epoch
    bool cluster_file = false;  ///< cluster.json is durable, or was before us
    OpId cluster_op = 0;
    Time since{};
  };
  /// What ends a term by wish: a transfer or SIGTERM.
  struct Parting {
    Ticket ticket = 0;  ///< of a transfer
    Time deadline;
    Candidate next;
    bool stop = false;  ///< SIGTERM: exit when out
    OpId ask_op = 0;
    OpId leave_op = 0;
    bool caught_up = false;
  };

  void after_step(Clocks clocks);
  void show(Clocks clocks);
  /// What this event tells of the storage, before anybody else hears it.
  void hear_storage(Clocks clocks, const Event& event);
  void tell_storage(Clocks clocks);
  void look_for_holes();
  void show_tasks(Clocks clocks);
  void schedule(Clocks clocks);
  void tell_scheduler(Clocks clocks, WorkerEvent& event);
  /// The check goes on as soon as it can, not at the next beat: a cold start waits for it.
  void look_on(Clocks clocks);
  void follow_up_standing(Clocks clocks);
  void look_at_head();
  void try_claim(Clocks clocks);
  std::optional<model::Head> claimed_head(Clocks clocks) const;
  void perform_claim(Clocks clocks, journal::CommitStep step);
  void claim_stands(Clocks clocks);
  void continue_claim(Clocks clocks);
  void lead(Clocks clocks);
  void check_term(Clocks clocks);
  void end_term(Clocks clocks, const std::string& why);
  void drop_claim(Clocks clocks, const std::string& why);
  void leave_sick(Clocks clocks, const std::string& why);
  void leave_queue(Clocks clocks);
  void leave_if_unfit(Clocks clocks);
  void join_if_fit(Clocks clocks);
  void continue_parting(Clocks clocks);
  void watch_leave(Clocks clocks);
  void answer_parting(jobs::Reply::Kind kind, std::string text);
  void settle_transfer(Clocks clocks, jobs::Reply reply);
  void recreate_head(Clocks clocks);
  void watch_for_end(Clocks clocks);
  void set_role(Role role);
  void note_leader(const model::Head& head);
  WorkerRole worker_role() const;
  std::string message() const;
  /// One line for operators: where the time went.
  std::string takeover_story() const;
  void exit(int code, std::string why);

  Options options_;
  Outbox out_;
  Stamps stamps_;
  leadership::Deadline deadline_;
  StoragePace pace_;
  bool told_slow_ = false;
  Time tell_slow_at_{};
  Standing standing_;
  Follower follower_;
  std::optional<Claim> claim_;
  std::optional<Leader> leader_;
  Workers workers_;
  std::optional<Scheduler> scheduler_;  ///< while this term's first commit stands
  std::int64_t scheduled_epoch_ = 0;    ///< the scheduler's
  std::shared_ptr<const jobs::WorkerTable> shown_workers_;
  std::shared_ptr<const jobs::TaskTable> shown_tasks_;
  bool tasks_wait_ = false;  ///< what the newest view says of tasks is older than `shown_tasks_`
  Time show_tasks_at_{};
  std::vector<Settler> settlers_;
  std::optional<Parting> parting_;
  std::optional<Ending> ending_;

  Role role_ = Role::starting;
  CoordinationStatus coordination_;
  std::optional<Error> refused_;
  std::vector<Candidate> members_;
  std::optional<KnownLeader> known_leader_;
  std::string cluster_;
  std::int64_t epoch_ = 0;
  bool founding_ = false;  ///< the check found no cluster: we may make one
  bool in_queue_ = false;
  bool may_claim_ = false;
  OpId leave_op_ = 0;
  Time not_before_{};  ///< join again from then on
  std::chrono::milliseconds sick_pause_{0};
  Time claim_again_at_{};
  OpId read_op_ = 0;                      ///< a reading for the follower after a refused claim
  OpId refresh_op_ = 0;                   ///< a follower's own look at the head
  OpId verify_op_ = 0;                    ///< the journal's listing before a deleted head is made anew
  std::optional<model::Head> lost_head_;  ///< the head as it stood when it was deleted under us
  HeadVersion lost_version_;
  TakeoverTimes takeover_;
  std::string previous_leader_;
  std::string shown_reason_;  ///< the standing's, as the newest view has it
  bool exited_ = false;
  bool dirty_ = true;
};

}  // namespace stellwerk::master
