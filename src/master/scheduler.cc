#include "master/scheduler.h"

#include <algorithm>

#include "base/assert.h"
#include "model/job_spec_reader.h"

/// Jobs: what their records say, and what follows from that.
namespace stellwerk::master {

using jobs::Blame;
using jobs::JobRun;
using jobs::TaskRun;
using model::AttemptEnd;
using model::JobStatus;
using model::TaskRef;

namespace {

constexpr const char* kRestarted = "its worker was restarted";

bool may_start(JobStatus status) {
  return status == JobStatus::created || status == JobStatus::running || status == JobStatus::restarting;
}

/// The job of a key that matters here; empty: none.
std::string_view job_of_key(std::string_view key) {
  return key.starts_with("jobs/") || key.starts_with("history/") || key.starts_with("quarantine/") ? model::job_of(key)
                                                                                                   : std::string_view();
}

/// None: it is not there, or was written by a version that knows more.
std::optional<model::JobSpec> spec_of(const jobs::ClusterState& state, const std::string& id) {
  const auto entry = state.jobs().find(id);
  if (!entry || !entry->spec) return std::nullopt;
  const auto canonical = model::decode_job_spec(*entry->spec);
  if (canonical.has_error()) return std::nullopt;
  auto read = model::read_job_spec(*canonical, DocKind::json);
  if (read.has_error()) return std::nullopt;
  return std::move(read->spec);
}

}  // namespace

Scheduler::Scheduler(const SchedulerLimits& limits, Clocks clocks)
    : limits_(limits),
      old_leases_until_(clocks.now + limits.lease + limits.lease_margin),
      begun_(clocks.now),
      last_beat_(clocks.now) {}

// ---- what there was before it ----

bool Scheduler::load(const jobs::ClusterState& state) {
  if (see_on(state)) return true;
  for (std::size_t i = 0; i < limits_.load_jobs && !to_load_.empty(); ++i) {
    const std::string id = std::move(to_load_.back());
    to_load_.pop_back();
    if (find(id) == nullptr) continue;
    run_of(state, id);
    touched_.insert(id);
  }
  return !to_load_.empty();
}

/// True: there is more.
bool Scheduler::see_on(const jobs::ClusterState& state) {
  std::size_t seen = 0;
  while (seen_ != Seen::all && seen < limits_.see_entries) {
    if (seen_ == Seen::nothing)
      state.jobs().for_each_in(seen_parts_, [&](const std::string& id, const jobs::JobEntry& entry) {
        ++seen;
        if (!entry.archived && entry.healthy() && !state.quarantined().contains(id)) see_first(id, entry);
      });
    else
      // Whoever is not here now had better come: they are judged when they had time to.
      state.attempts().for_each_in(seen_parts_, [&](const std::string& path, const model::Attempt& attempt) {
        ++seen;
        if (jobs_.contains(path.substr(0, path.find('/'))))
          workers_[attempt.worker].lost_at = begun_ + limits_.takeover_grace;
      });
    if (++seen_parts_ < CowMap<jobs::JobEntry>::kParts) continue;
    seen_parts_ = 0;
    seen_ = seen_ == Seen::nothing ? Seen::jobs : Seen::all;
  }
  return seen_ != Seen::all;
}

/// A commit may have told of it before.
void Scheduler::see_first(const std::string& id, const jobs::JobEntry& entry) {
  const auto [at, fresh] = jobs_.try_emplace(id);
  Job& job = at->second;
  if (fresh) {
    job.status = entry.state->status;
    job.arrival = entry.state->start_ms;
    newest_arrival_ = std::max(newest_arrival_, job.arrival);
    job.waits_since = begun_;
    if (job.status == JobStatus::restarting) job.start_at = begun_ + std::chrono::milliseconds(entry.state->delay_ms);
  }
  if (job.status == JobStatus::created)
    waiting_.insert({job.arrival, id});
  else
    to_load_.push_back(id);
}

Scheduler::Job* Scheduler::find(const std::string& id) {
  const auto at = jobs_.find(id);
  return at == jobs_.end() ? nullptr : &at->second;
}

/// Null if the job has ended, or its spec is not understood: which is said once.
JobRun* Scheduler::run_of(const jobs::ClusterState& state, const std::string& id) {
  Job* const job = find(id);
  if (job == nullptr) return nullptr;
  if (job->run || job->unreadable) return job->run.get();
  const auto parsed = JobId::parse(id);
  auto spec = spec_of(state, id);
  if (!spec || parsed.has_error()) {
    job->unreadable = true;
    orders_.unreadable.push_back(id);
    return nullptr;
  }
  job->run = std::make_unique<JobRun>(*parsed, std::move(*spec), state);
  adopt(*job->run);
  return job->run.get();
}

/// What its records say runs somewhere.
void Scheduler::adopt(JobRun& run) {
  for (const TaskRef ref : run.tasks_at(TaskRun::At::open)) attach(run, ref);
  for (const TaskRef ref : run.tasks_at(TaskRun::At::finished)) note_output(run, ref);
  follow_slots(run);
}

void Scheduler::note_output(const JobRun& run, TaskRef ref) {
  if (!run.regions().keeps_output(ref.vertex)) return;
  const std::string& worker = run.task(ref).worker;
  workers_[worker].outputs.insert(run.id().text());
  jobs_.at(run.id().text()).makers.insert(worker);
}

// ---- what the newest commits have changed ----

void Scheduler::committed(Clocks clocks, const jobs::ClusterState& state, std::int64_t seq,
                          const std::vector<std::string>& keys) {
  std::set<std::string_view> seen;
  for (const auto& key : keys)
    if (const auto place = jobs::parse_attempt_key(key)) see_attempt(state, *place, seq);
  for (const auto& key : keys) {
    const std::string_view id = job_of_key(key);
    if (!id.empty() && seen.insert(id).second) see_job(clocks, state, std::string(id));
  }
}

void Scheduler::see_job(Clocks clocks, const jobs::ClusterState& state, const std::string& id) {
  const auto entry = state.jobs().find(id);
  const bool quarantined = state.quarantined().contains(id);
  if (!quarantined && (!entry || entry->archived)) let_go(id);
  if (quarantined || !entry || entry->archived || !entry->healthy()) return forget(id);
  const auto [at, fresh] = jobs_.try_emplace(id);
  Job& job = at->second;
  const JobStatus before = std::exchange(job.status, entry->state->status);
  // Behind all that came before it, also by a clock that was set back since.
  if (fresh) job.arrival = newest_arrival_ = std::max(newest_arrival_ + 1, entry->state->start_ms);
  if (fresh || before != job.status) {
    job.failing = false;
    job.waits_since = clocks.now;
    if (job.status == JobStatus::restarting) {
      job.start_at = clocks.now + std::chrono::milliseconds(entry->state->delay_ms);
      job.waits_since = job.start_at;
    }
    job.stopped = false;
  }
  touched_.insert(id);
  see_checkpoints(clocks, state, id);
}

void Scheduler::see_attempt(const jobs::ClusterState& state, const jobs::AttemptPlace& place, std::int64_t seq) {
  const std::string id(place.job);
  Job* const job = find(id);
  if (job == nullptr || !job->run || !job->run->has(place.task)) return;
  JobRun& run = *job->run;
  const auto attempt = state.attempt(run.id(), place.task);
  if (!attempt) return;
  const TaskRun before = run.task(place.task);
  run.take(place.task, *attempt, seq);
  follow_slots(run);
  if (before.worker != attempt->worker)
    if (const auto other = workers_.find(before.worker); other != workers_.end())
      other->second.tasks.erase({id, place.task});
  if (attempt->open()) {
    attach(run, place.task);
    return start_on_worker(state, run, place.task);
  }
  held_.erase({id, place.task});
  shown_.erase(run.id(), place.task);
  if (const auto worker = workers_.find(before.worker); worker != workers_.end())
    worker->second.tasks.erase({id, place.task});
  if (attempt->end == AttemptEnd::finished) note_output(run, place.task);
  // A worker that was given up may be back by now, and run it still.
  if (!before.over) tell_to_stop(attempt->worker, run.attempt_of(place.task));
  acknowledge(attempt->worker, run.attempt_of(place.task));
}

/// It has ended. Where the ends of its tasks were forgotten as soon as they stood, see_attempt() did not meet them.
void Scheduler::let_go(const std::string& id) {
  Job* const job = find(id);
  if (job == nullptr || !job->run) return;
  for (const TaskRef ref : job->run->tasks_at(TaskRun::At::open)) {
    const TaskRun& task = job->run->task(ref);
    if (!task.over) tell_to_stop(task.worker, job->run->attempt_of(ref));
    acknowledge(task.worker, job->run->attempt_of(ref));
  }
}

void Scheduler::forget(const std::string& id) {
  Job* const job = find(id);
  if (job == nullptr) return;
  if (job->run) {
    for (const auto at : {TaskRun::At::proposed, TaskRun::At::open})
      for (const TaskRef ref : job->run->tasks_at(at)) {
        workers_[job->run->task(ref).worker].tasks.erase({id, ref});
        held_.erase({id, ref});
        shown_.erase(job->run->id(), ref);
      }
    for (const std::string& maker : job->makers) workers_[maker].outputs.erase(id);
    job->run->leave_all();
    follow_slots(*job->run);
  }
  shown_.set_lack(id, std::nullopt);
  waiting_.erase({job->arrival, id});
  ends_.erase(id);
  touched_.erase(id);
  checkpoint_wakes_.erase({job->checkpoint_at, id});
  jobs_.erase(id);
}

/// After its records or its tasks have changed: what has to stop, what may start.
void Scheduler::react(Clocks clocks, const std::string& id) {
  Job* const job = find(id);
  if (job == nullptr) return;
  const Place place{job->arrival, id};
  if (!may_start(job->status)) {
    // Once; a leader before this one may not have told them all.
    if (job->run && !std::exchange(job->stopped, true))
      for (const TaskRef ref : job->run->tasks_at(TaskRun::At::open)) stop_task(*job->run, ref);
    waiting_.erase(place);
    return;
  }
  if (job->run) {
    for (const TaskRef ref : job->run->run_again()) stop_task(*job->run, ref);
    if (!job->run->waits()) {
      waiting_.erase(place);
      return;
    }
  }
  if (job->unreadable) return;
  if (waiting_.insert(place)) job->waits_since = std::max(clocks.now, job->start_at);
  plan_ = true;
}

// ---- tasks ----

void Scheduler::attach(const JobRun& run, TaskRef ref) {
  const TaskRun& task = run.task(ref);
  workers_[task.worker].tasks.insert({run.id().text(), ref});
}

void Scheduler::follow_slots(JobRun& run) {
  for (const auto& [id, by] : run.take_slot_changes()) {
    Worker& worker = workers_[id];
    worker.used += by;
    used_changed_[id] = worker.used;
    if (by < 0) plan_ = true;
  }
}

void Scheduler::start_on_worker(const jobs::ClusterState& state, JobRun& run, TaskRef ref) {
  TaskRun& task = run.task(ref);
  const Worker& worker = workers_[task.worker];
  const bool another = worker.here && worker.incarnation != task.incarnation;
  // At home it has ended what the one before it left. Elsewhere, under the same id, it has not.
  if (another && run.spec().at_most_one && task.incarnation < worker.home_since)
    return hold(run, ref, {task.number, {}, AttemptEnd::failed, Blame::worker_lost, kRestarted});
  if (task.stopping && !task.fault.empty()) return end_task(run, ref, AttemptEnd::failed, Blame::task, task.fault);
  if (task.stopping) return end_task(run, ref, AttemptEnd::canceled, Blame::task, "it was not needed any more");
  if (!worker.here) return;
  if (another) return end_task(run, ref, AttemptEnd::failed, Blame::worker_lost, kRestarted);
  const auto& vertex = run.spec().vertices[static_cast<std::size_t>(ref.vertex)];
  link::StartTask start;
  start.attempt = run.attempt_of(ref);
  start.token = task.token;
  start.job = run.spec().name;
  start.vertex = vertex.name;
  start.parallelism = vertex.parallelism;
  start.command = vertex.command;
  start.environment = vertex.environment;
  start.ports = vertex.ports;
  start.await_peers = run.has_peers(ref);
  start.leased = run.spec().at_most_one;
  start.artifact = run.spec().artifact;
  start.limits = vertex.limits;
  start.restore = restore_for(state, run, ref);
  task.sent = true;
  send(task.worker, std::move(start));
  show(run, ref);
}

void Scheduler::stop_task(JobRun& run, TaskRef ref) {
  TaskRun& task = run.task(ref);
  if (std::exchange(task.stopping, true) || task.at != TaskRun::At::open || task.ending) return;
  show(run, ref);
  const Worker& worker = workers_[task.worker];
  if (!worker.here) return;
  if (task.sent)
    send(task.worker, link::StopTask{run.attempt_of(ref)});
  else
    end_task(run, ref, AttemptEnd::canceled, Blame::task, "it was not needed any more");
}

void Scheduler::send_peers(JobRun& run, jobs::Region region, bool again) {
  if (!run.gathered(region)) return;
  if (again) readdressed_.erase({run.id().text(), region});
  const auto waits = [&](TaskRef each) { return run.task(each).prepared; };
  if (!again && !run.regions().find_task(region, std::nullopt, waits)) return;
  const auto environment = run.peers_of(region, [this](const std::string& id) { return workers_[id].host; });
  run.regions().for_each_task(region, [&](TaskRef each) {
    TaskRun& task = run.task(each);
    if (!std::exchange(task.prepared, false) && !again) return;
    send(task.worker, link::Peers{run.attempt_of(each), environment});
  });
}

void Scheduler::end_task(JobRun& run, TaskRef ref, AttemptEnd end, Blame blame, std::string why) {
  TaskRun& task = run.task(ref);
  if (task.at != TaskRun::At::open || std::exchange(task.ending, true)) return;
  jobs::EndTasks& ends = ends_[run.id().text()];
  ends.job = run.id();
  ends.ends.push_back({run.attempt_of(ref), task.worker, end, blame, run.name_of(ref), std::move(why)});
}

void Scheduler::show(const JobRun& run, TaskRef ref) {
  const TaskRun& task = run.task(ref);
  using enum jobs::TaskEntry::Phase;
  auto phase = task.prepared ? initializing : deploying;
  if (task.running) phase = task.initializing ? initializing : running;
  if (task.stopping) phase = canceling;
  shown_.put(run.id(), ref, {task.number, phase, task.pid, task.since_ms, task.ports, task.advertised, task.progress});
}

void Scheduler::acknowledge(const std::string& worker, const model::AttemptId& attempt) {
  const auto at = workers_.find(worker);
  if (at != workers_.end() && at->second.here) acks_[worker].push_back(attempt);
}

void Scheduler::tell_to_stop(const std::string& worker, const model::AttemptId& attempt) {
  const auto at = workers_.find(worker);
  if (at != workers_.end() && at->second.here) send(worker, link::StopTask{attempt});
}

void Scheduler::send(const std::string& worker, link::Message message) {
  orders_.messages.emplace_back(worker, std::move(message));
}

model::RestartStrategy Scheduler::strategy_of(const JobRun& run) const {
  return jobs::strategy_for(run.spec(), limits_.strategy, limits_.checkpoints.interval.has_value());
}

Scheduler::Orders Scheduler::take_orders(Clocks clocks, const jobs::ClusterState& state) {
  STELLWERK_ASSERT(loaded(), "before that it does not know what runs");
  for (const auto& id : std::exchange(touched_, {})) {
    react(clocks, id);
    look_at_checkpoints(clocks, state, id);
  }
  plan(clocks, state);
  for (auto& [id, ends] : std::exchange(ends_, {})) {
    const Job* const job = find(id);
    if (job == nullptr) continue;
    ends.strategy = strategy_of(*job->run);
    ends.seed = ++seed_;
    orders_.changes.emplace_back(std::move(ends));
  }
  for (auto& [worker, attempts] : std::exchange(acks_, {})) send(worker, link::Acknowledge{std::move(attempts)});
  return std::exchange(orders_, {});
}

}  // namespace stellwerk::master
