#include "master/scheduler.h"

#include <algorithm>
#include <limits>

/// Workers: who comes, who goes, and what that means for the tasks that they hold.
namespace stellwerk::master {

using jobs::Blame;
using jobs::JobRun;
using jobs::TaskRun;
using model::AttemptEnd;
using model::TaskRef;

namespace {

constexpr std::int64_t kUncertain = -1;  // incarnations are positive
/// Between two times at which processes are told that peers have moved.
constexpr std::chrono::seconds kPeersEvery{1};

}  // namespace

void Scheduler::came(WallMs wall, const jobs::ClusterState& state, const link::Hello& hello, Outbox& out) {
  const model::WorkerDescription& about = hello.worker;
  // What waited for this leader to act again was meant for the connection before, perhaps for another process.
  std::erase_if(orders_.messages, [&](const auto& each) { return each.first == about.id; });
  acks_.erase(about.id);
  Worker& worker = workers_[about.id];
  if (worker.home_since == 0 || hello.home.empty() || worker.home != hello.home) worker.home_since = about.incarnation;
  worker.home = hello.home;
  worker.incarnation = about.incarnation;
  worker.host = about.host;
  worker.slots = about.slots;
  worker.labels = about.labels;
  worker.here = true;
  worker.leaving = false;
  worker.lost_at = {};
  // It may be new to those who show it, and hold what it held before.
  used_changed_[about.id] = worker.used;
  offers_changed();
  for (const auto& ended : hello.ended) take(state, about.id, ended);
  std::set<model::AttemptId> there;
  for (const auto& report : hello.tasks) {
    there.insert(report.attempt);
    take(wall, state, about.id, report);
  }
  lose_output(about.id, about.incarnation);
  std::size_t adopted = 0;
  for (const auto& [id, ref] : worker.tasks) {
    JobRun* const run = run_of(state, id);
    if (run == nullptr) continue;
    TaskRun& task = run->task(ref);
    if (task.incarnation == about.incarnation) held_.erase({id, ref});
    if (task.at != TaskRun::At::open || task.ending) continue;
    if (there.contains(run->attempt_of(ref))) {
      ++adopted;
      continue;
    }
    // Unknown to the same process: it was never received. Unknown to another one: it died with that.
    task.sent = false;
    start_on_worker(state, *run, ref);
  }
  ask_again(about.id);
  if (adopted > 0)
    out.note(NoteLevel::info, "Worker " + about.id + " brings " + std::to_string(adopted) +
                                  (adopted == 1 ? " task that runs on" : " tasks that run on"));
}

void Scheduler::away(const std::string& worker) {
  const auto at = workers_.find(worker);
  if (at == workers_.end()) return;
  at->second.here = false;
  acks_.erase(worker);
  offers_changed();  // who waits lacks more now
}

void Scheduler::leaves(const std::string& worker) {
  if (const auto at = workers_.find(worker); at != workers_.end()) at->second.leaving = true;
  offers_changed();
}

void Scheduler::lost(Clocks clocks, const std::string& worker, std::int64_t incarnation, const std::string& why) {
  const auto at = workers_.find(worker);
  if (at == workers_.end() || at->second.incarnation > incarnation) return;
  away(worker);
  if (at->second.tasks.empty() && at->second.outputs.empty()) return;
  at->second.lost_at = clocks.now;
  at->second.why_lost = why;
}

void Scheduler::leased(const std::string& worker, Time at) {
  Worker& known = workers_[worker];
  known.leased_until = std::max(known.leased_until, at + limits_.lease + limits_.lease_margin);
}

void Scheduler::gone(const std::string& worker, std::int64_t incarnation, const std::string& why, bool certain) {
  const auto at = workers_.find(worker);
  if (at == workers_.end() || at->second.incarnation > incarnation) return;
  away(worker);
  lose(worker, why, certain ? incarnation : kUncertain);
}

/// Whatever it held is no more, or, of at-most-one jobs and unless that is certain, will be no more with its lease.
/// `dead`: the incarnation of which certainly nothing is left, or kUncertain. That says nothing of those before it:
/// what they left at home was ended when it came, and elsewhere it knows of nothing.
void Scheduler::lose(const std::string& id, const std::string& why, std::int64_t dead) {
  Worker& worker = workers_[id];
  worker.lost_at = {};
  const Blame blame = worker.leaving ? Blame::worker_leaves : Blame::worker_lost;
  for (const auto& [job_id, ref] : worker.tasks) {
    Job* const job = find(job_id);
    if (job == nullptr || !job->run) continue;
    // What is only proposed ends as soon as its record stands.
    TaskRun& task = job->run->task(ref);
    if (task.at == TaskRun::At::proposed) task.stopping = true;
    const AttemptEnd end = worker.leaving ? AttemptEnd::canceled : AttemptEnd::failed;
    if (job->run->spec().at_most_one && task.incarnation != dead)
      hold(*job->run, ref, {0, {}, end, blame, why});
    else
      end_task(*job->run, ref, end, blame, why);
  }
  lose_output(id, std::numeric_limits<std::int64_t>::max());
}

// ---- leases ----

/// By when nothing runs that held one of this worker's.
Time Scheduler::lease_over(const std::string& worker) const {
  const auto at = workers_.find(worker);
  return at == workers_.end() ? old_leases_until_ : std::max(old_leases_until_, at->second.leased_until);
}

/// It ends at the first beat after that.
void Scheduler::hold(JobRun& run, TaskRef ref, Held held) {
  const TaskRun& task = run.task(ref);
  if (task.at != TaskRun::At::open || task.ending) return;
  held.until = lease_over(task.worker);
  held.number = task.number;
  held_.try_emplace({run.id().text(), ref}, std::move(held));
}

void Scheduler::end_held(Clocks clocks) {
  for (auto at = held_.begin(); at != held_.end();) {
    if (clocks.now < at->second.until) {
      ++at;
      continue;
    }
    auto& [key, held] = *at;
    Job* const job = find(key.first);
    if (job != nullptr && job->run && job->run->task(key.second).number == held.number)
      end_task(*job->run, key.second, held.end, held.blame, std::move(held.why));
    at = held_.erase(at);
  }
}

/// What it has made as a process before `incarnation`.
void Scheduler::lose_output(const std::string& worker, std::int64_t incarnation) {
  const auto at = workers_.find(worker);
  if (at == workers_.end()) return;
  for (const auto& id : std::exchange(at->second.outputs, {})) {
    Job* const job = find(id);
    if (job == nullptr || !job->run) continue;
    job->run->lose_output(worker, incarnation);
    touched_.insert(id);
  }
}

/// The job of an attempt that is open and with this worker; null: it is not.
JobRun* Scheduler::holder(const jobs::ClusterState& state, const std::string& worker, const model::AttemptId& attempt) {
  JobRun* const run = run_of(state, attempt.job.text());
  if (run == nullptr || !run->has(attempt.task)) return nullptr;
  const TaskRun& task = run->task(attempt.task);
  const bool open = task.at == TaskRun::At::open && task.worker == worker && run->attempt_of(attempt.task) == attempt;
  return open ? run : nullptr;
}

void Scheduler::take(WallMs wall, const jobs::ClusterState& state, const std::string& worker,
                     const link::TaskReport& report) {
  JobRun* const run = holder(state, worker, report.attempt);
  const TaskRef ref = report.attempt.task;
  if (run == nullptr || run->task(ref).stopping) return send(worker, link::StopTask{report.attempt});
  TaskRun& task = run->task(ref);
  task.sent = true;
  task.running = report.phase == link::TaskPhase::running;
  task.prepared = !task.running;
  task.pid = report.pid;
  task.ports = report.ports;
  // By our clock: the worker's may be hours off.
  task.since_ms = std::max<WallMs>(0, wall - report.for_ms);
  task.initializing = report.initializing;
  task.progress = report.progress;
  const bool moved = std::exchange(task.advertised, report.advertised) != report.advertised;
  show(*run, ref);
  if (!run->has_peers(ref)) return;
  const jobs::Region region = run->regions().region_of(ref);
  if (moved) readdressed_.emplace(run->id().text(), region);
  // Once all were told of each other nobody waits, until one is prepared anew.
  if (task.prepared || !run->was_gathered(region)) send_peers(*run, region, false);
}

void Scheduler::take(const jobs::ClusterState& state, const std::string& worker, const link::TaskEnded& ended) {
  JobRun* const run = holder(state, worker, ended.attempt);
  const TaskRef ref = ended.attempt.task;
  // What is not open has its end in the records, or never will have another.
  if (run == nullptr) return acknowledge(worker, ended.attempt);
  run->task(ref).over = true;
  const std::string& fault = run->task(ref).fault;
  const bool given_back = ended.given_back && ended.end != AttemptEnd::finished;
  if (!fault.empty() && !given_back && ended.end == AttemptEnd::canceled)
    return end_task(*run, ref, AttemptEnd::failed, Blame::task, fault);
  const AttemptEnd end = given_back ? AttemptEnd::canceled : ended.end;
  end_task(*run, ref, end, given_back ? Blame::worker_leaves : Blame::task, ended.why);
}

/// Losing many workers at once is more likely our own fault than theirs: at most half of those that hold tasks, and
/// one at least, within a grace period.
bool Scheduler::may_lose(Clocks clocks) {
  if (clocks.now >= brake_until_) {
    const auto holding =
        std::count_if(workers_.begin(), workers_.end(), [](const auto& each) { return !each.second.tasks.empty(); });
    brake_left_ = std::max<std::int64_t>(1, holding / 2);
    brake_until_ = clocks.now + limits_.takeover_grace;
  }
  if (brake_left_ == 0) return false;
  --brake_left_;
  return true;
}

/// Who could not act, because it did not run or did not lead for certain, judges nobody for what happened meanwhile.
void Scheduler::extend(Clocks clocks) {
  const Duration gap = clocks.now - std::exchange(last_beat_, clocks.now);
  if (gap < limits_.late) return;
  brake_until_ += gap;
  for (auto& [id, worker] : workers_)
    if (worker.lost_at != Time{}) worker.lost_at += gap;
  for (auto& [id, job] : jobs_)
    if (job.checkpoints) job.checkpoints->extend(gap);
  for (const auto& [arrival, id] : waiting_.all())
    if (Job& job = jobs_.at(id); job.waits_since != Time{}) job.waits_since += gap;
}

/// Workers whose time is over, and those that need not be known any more.
void Scheduler::judge(Clocks clocks, Outbox& out) {
  for (auto at = workers_.begin(); at != workers_.end();) {
    const auto& id = at->first;
    Worker& worker = at->second;
    const bool empty = worker.tasks.empty() && worker.outputs.empty();
    if (!worker.here && empty && worker.used == 0) {
      at = workers_.erase(at);
      continue;
    }
    ++at;
    if (worker.here || empty || worker.lost_at == Time{} || clocks.now < worker.lost_at) continue;
    if (!may_lose(clocks)) return;
    out.note(NoteLevel::warn, "Worker " + id + " is lost with " + std::to_string(worker.tasks.size()) +
                                  (worker.tasks.size() == 1 ? " task: " : " tasks: ") + worker.why_lost);
    lose(id, "its worker " + id + " was lost: " + worker.why_lost, kUncertain);
  }
}

/// Where many move at once, all of that is told together.
void Scheduler::send_new_peers(Clocks clocks) {
  if (readdressed_.empty() || clocks.now - readdressed_at_ < kPeersEvery) return;
  readdressed_at_ = clocks.now;
  for (const auto& [id, region] : std::set(readdressed_)) {
    Job* const job = find(id);
    if (job != nullptr && job->run)
      send_peers(*job->run, region, true);
    else
      readdressed_.erase({id, region});
  }
}

void Scheduler::beat(Clocks clocks, const jobs::ClusterState& state, Outbox& out) {
  if (!loaded()) return;
  extend(clocks);
  judge(clocks, out);
  end_held(clocks);
  send_new_peers(clocks);
  wake_checkpoints(clocks);
  give_up_waiting(clocks, state);
}

}  // namespace stellwerk::master
