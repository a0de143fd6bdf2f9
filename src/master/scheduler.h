/// Which task runs where: the leader's soft knowledge of jobs and workers, and what it makes of it. Pure.
///
/// Made when a term's first commit is durable, from the committed state and the workers that are here; gone with the
/// term. It decides nothing for good: it asks the leader for changes, sees what has become of them in the committed
/// state, and tells workers only what that says (record, then command, then end; docs/model/Attempts.tla).
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "jobs/changes.h"
#include "jobs/checkpoints.h"
#include "jobs/job_run.h"
#include "jobs/restart_policy.h"
#include "jobs/slot_planner.h"
#include "jobs/task_table.h"
#include "link/message.h"
#include "master/protocol.h"
#include "master/scheduler_limits.h"
#include "master/waiting_jobs.h"

namespace stellwerk::master {

class Scheduler {
 public:
  /// What it wants done.
  struct Orders {
    std::vector<jobs::Change> changes;                            ///< by the leader
    std::vector<std::pair<std::string, link::Message>> messages;  ///< by worker id, in order
    std::vector<std::string> unreadable;                          ///< jobs whose specification is not understood
  };

  Scheduler(const SchedulerLimits& limits, Clocks clocks);

  /// Reads on in what it has to know before it places anything; true: there is more. In steps, because a state may
  /// have 100,000 jobs; what is committed meanwhile is told as ever.
  bool load(const jobs::ClusterState& state);
  bool loaded() const { return seen_ == Seen::all && to_load_.empty(); }

  /// The newest commits have changed these keys; `seq` is that of the last.
  void committed(Clocks clocks, const jobs::ClusterState& state, std::int64_t seq,
                 const std::vector<std::string>& keys);

  // ---- workers, as master/workers.h sees them; `wall` is now ----
  void came(WallMs wall, const jobs::ClusterState& state, const link::Hello& hello, Outbox& out);
  /// Its tasks of at-most-one jobs may run on for limits.lease from `at`.
  void leased(const std::string& worker, Time at);
  /// Its connection is over; it may come back.
  void away(const std::string& worker);
  /// It has not come back in time. Judged with care: see may_lose().
  void lost(Clocks clocks, const std::string& worker, std::int64_t incarnation, const std::string& why);
  /// Nothing of this incarnation runs any more. Unless that is certain, tasks of at-most-one jobs may; so may those
  /// that an earlier incarnation began on another host, under the same id.
  void gone(const std::string& worker, std::int64_t incarnation, const std::string& why, bool certain);
  /// It takes no more tasks, and gives back those that it has.
  void leaves(const std::string& worker);
  void take(WallMs wall, const jobs::ClusterState& state, const std::string& worker, const link::TaskReport& report);
  void take(const jobs::ClusterState& state, const std::string& worker, const link::TaskEnded& ended);
  void take(WallMs wall, const jobs::ClusterState& state, const std::string& worker,
            const link::CheckpointAnswer& answer);

  void beat(Clocks clocks, const jobs::ClusterState& state, Outbox& out);
  /// At the end of each turn in which the leader may act, as soon as it has loaded.
  Orders take_orders(Clocks clocks, const jobs::ClusterState& state);

  /// Slots in use, by worker id, since the last call.
  std::map<std::string, std::int64_t> take_used() { return std::exchange(used_changed_, {}); }

  /// What it hears of tasks, for people: once after each change, and shared.
  bool take_shown_changed() { return shown_.take_changed(); }
  jobs::TaskTable share_shown() { return shown_.share(); }

 private:
  struct Worker {
    std::int64_t incarnation = 0;
    std::string host;
    std::int64_t slots = 0;
    std::int64_t used = 0;
    std::set<std::string> labels;
    std::string home;
    std::int64_t home_since = 0;  ///< the first incarnation that this leader knows to have been there
    bool here = false;
    bool leaving = false;
    Time lost_at{};       ///< while it is not here: given up then; zero: nobody has said so
    Time leased_until{};  ///< by its newest lease of this term; what earlier terms gave ends by old_leases_until_
    std::string why_lost = "it has not come since this master leads";
    std::set<std::pair<std::string, model::TaskRef>> tasks;  ///< by job: open or proposed here
    std::set<std::string> outputs;                           ///< jobs that may have left output here
  };
  struct Job {
    std::unique_ptr<jobs::JobRun> run;  ///< null: not read yet
    model::JobStatus status = model::JobStatus::created;
    WallMs arrival = 0;            ///< when it was taken; never before what this leader has taken earlier
    Time start_at{};               ///< a restart's delay
    Time waits_since{};            ///< for slots
    bool failing = false;          ///< asked to fail for want of slots
    bool stopped = false;          ///< it ends, and all that is open was told to stop
    bool unreadable = false;       ///< its spec is not understood
    std::set<std::string> makers;  ///< workers that may have its output
    std::optional<jobs::Checkpoints> checkpoints;  ///< as soon as it has run here
    Time checkpoint_at = Time::max();              ///< its place in `checkpoint_wakes_`
    std::optional<model::Checkpoint> newest;       ///< read for those that begin from it
  };
  using Place = WaitingJobs::Place;
  /// An attempt of an at-most-one job that its worker took along: it is over for certain, and ends, with the lease.
  struct Held {
    std::int32_t number = 0;
    Time until{};
    model::AttemptEnd end = model::AttemptEnd::failed;
    jobs::Blame blame = jobs::Blame::worker_lost;
    std::string why;
  };

  /// What of the state load() has seen.
  enum class Seen { nothing, jobs, all };
  bool see_on(const jobs::ClusterState& state);
  void see_first(const std::string& id, const jobs::JobEntry& entry);

  Job* find(const std::string& id);
  jobs::JobRun* run_of(const jobs::ClusterState& state, const std::string& id);
  void see_job(Clocks clocks, const jobs::ClusterState& state, const std::string& id);
  void see_attempt(const jobs::ClusterState& state, const jobs::AttemptPlace& place, std::int64_t seq);
  void react(Clocks clocks, const std::string& id);
  void let_go(const std::string& id);
  void forget(const std::string& id);
  void adopt(jobs::JobRun& run);
  void note_output(const jobs::JobRun& run, model::TaskRef ref);
  jobs::JobRun* holder(const jobs::ClusterState& state, const std::string& worker, const model::AttemptId& attempt);
  void follow_slots(jobs::JobRun& run);
  void attach(const jobs::JobRun& run, model::TaskRef ref);
  void start_on_worker(const jobs::ClusterState& state, jobs::JobRun& run, model::TaskRef ref);
  std::optional<link::Restore> restore_for(const jobs::ClusterState& state, const jobs::JobRun& run,
                                           model::TaskRef ref);
  void see_checkpoints(Clocks clocks, const jobs::ClusterState& state, const std::string& id);
  void look_at_checkpoints(Clocks clocks, const jobs::ClusterState& state, const std::string& id);
  void wake_checkpoints(Clocks clocks);
  void ask_again(const std::string& worker);
  bool workers_here(const jobs::JobRun& run) const;
  template <class Message>
  void send_to_each(const jobs::JobRun& run, const std::vector<model::TaskRef>& tasks, const Message& message);
  void fail_tasks(jobs::JobRun& run, const std::vector<model::TaskRef>& tasks, const std::string& fault);
  void stop_task(jobs::JobRun& run, model::TaskRef ref);
  jobs::StartTasks& start_change(const JobId& id);
  void send_peers(jobs::JobRun& run, jobs::Region region, bool again);
  void send_new_peers(Clocks clocks);
  void end_task(jobs::JobRun& run, model::TaskRef ref, model::AttemptEnd end, jobs::Blame blame, std::string why);
  void show(const jobs::JobRun& run, model::TaskRef ref);
  void tell_to_stop(const std::string& worker, const model::AttemptId& attempt);
  void acknowledge(const std::string& worker, const model::AttemptId& attempt);
  void lose(const std::string& worker, const std::string& why, std::int64_t dead);
  Time lease_over(const std::string& worker) const;
  void hold(jobs::JobRun& run, model::TaskRef ref, Held held);
  void end_held(Clocks clocks);
  void lose_output(const std::string& worker, std::int64_t incarnation);
  void give_up_waiting(Clocks clocks, const jobs::ClusterState& state);
  bool may_lose(Clocks clocks);
  void judge(Clocks clocks, Outbox& out);
  void extend(Clocks clocks);
  void plan(Clocks clocks, const jobs::ClusterState& state);
  struct Wish {
    std::string job;
    jobs::Region region;
    std::vector<std::int32_t> slots;  ///< of the job's that are nowhere yet
  };
  struct Slots {
    std::int64_t free = 0;
    std::int64_t total = 0;
  };
  std::vector<Wish> wishes(Clocks clocks, const jobs::ClusterState& state, Slots slots);
  void offers_changed();
  void add_wishes(const jobs::JobRun& run, std::vector<Wish>& out);
  void note_lacks(const std::vector<Wish>& wanted, const jobs::SlotPlan& plan);
  void start(const Wish& wish, const std::vector<std::string>& placed);
  model::RestartStrategy strategy_of(const jobs::JobRun& run) const;
  void send(const std::string& worker, link::Message message);

  const SchedulerLimits& limits_;
  std::unordered_map<std::string, Job> jobs_;
  WaitingJobs waiting_;
  WallMs newest_arrival_ = 0;
  std::map<std::string, Worker> workers_;
  std::map<std::pair<std::string, model::TaskRef>, Held> held_;  ///< by job
  Time old_leases_until_{};                                      ///< those of leaders before us
  const Time begun_;
  Seen seen_ = Seen::nothing;
  std::size_t seen_parts_ = 0;  ///< of what comes next
  std::vector<std::string> to_load_;
  std::map<std::string, jobs::EndTasks> ends_;
  std::map<std::string, std::vector<model::AttemptId>> acks_;
  std::map<std::string, std::int64_t> used_changed_;
  std::set<std::string> touched_;                            ///< jobs to react on
  std::set<std::pair<Time, std::string>> checkpoint_wakes_;  ///< jobs whose checkpoints are to be looked at then
  jobs::TaskTable shown_;
  Orders orders_;
  std::uint64_t seed_ = 0;
  bool plan_ = true;
  Time brake_until_{};
  std::int64_t brake_left_ = 0;
  Time looked_at_{};  ///< for jobs that have waited too long
  Time last_beat_{};
  std::set<std::pair<std::string, jobs::Region>> readdressed_;  ///< by job: some are to be found elsewhere by now
  Time readdressed_at_{};                                       ///< when that was told last
};

}  // namespace stellwerk::master
