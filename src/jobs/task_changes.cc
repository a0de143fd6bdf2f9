#include "jobs/task_changes.h"

#include <algorithm>
#include <set>

#include "jobs/checkpoint_changes.h"
#include "jobs/job_transitions.h"
#include "jobs/restart_policy.h"

namespace stellwerk::jobs {

using model::Attempt;
using model::AttemptEnd;
using model::JobState;
using model::JobStatus;
using model::Record;

namespace {

/// A live job, as it becomes while one decision is made.
struct Deciding {
  std::shared_ptr<const JobEntry> before;
  JobState state;
  AttemptCounts counts;
  bool changed = false;  ///< `state` is to be written
  std::vector<Record> records;
};

std::optional<Deciding> begin(const ClusterState& state, const JobId& id) {
  auto entry = state.jobs().find(id.text());
  if (!entry || entry->archived || !entry->state || is_terminal(entry->state->status)) return std::nullopt;
  Deciding out;
  out.state = *entry->state;
  out.counts = state.attempt_counts(id);
  out.before = std::move(entry);
  return out;
}

void enter(Deciding& job, JobStatus status, WallMs now) {
  transition(job.state, status, now);
  job.changed = true;
}

std::vector<Record> finish(const ClusterState& state, Deciding job, const JobId& id, WallMs now) {
  if (is_terminal(job.state.status)) {
    append_end(job.records, id, *job.before, job.state);
    end_checkpoints(state, id, now, job.records);
  } else if (job.changed) {
    job.records.push_back(Record::put(job_state_key(id), model::encode_job_state(job.state)));
  }
  return std::move(job.records);
}

std::string cut(std::string text) {
  if (text.size() > model::kFailureTextBytesMax) text.resize(model::kFailureTextBytesMax);
  return text;
}

/// The job begins anew after a pause, or ends, by its strategy.
void fail(Deciding& job, model::JobFailure failure, const model::RestartStrategy& strategy, std::uint64_t seed,
          WallMs now) {
  failure.text = cut(std::move(failure.text));
  job.changed = true;
  if (job.state.status != JobStatus::running) {
    // A part of what is under way already.
    job.state.add_failure(std::move(failure));
    return;
  }
  const RestartDecision decision = on_failure(strategy, job.state.restart, now, seed);
  if (decision.restart) {
    job.state.add_failure(std::move(failure));
    job.state.delay_ms = decision.delay_ms;
    if (decision.counted) ++job.state.restarts;
    return enter(job, JobStatus::restarting, now);
  }
  failure.text = cut(decision.cause + ": " + failure.text);
  job.state.add_failure(std::move(failure));
  enter(job, JobStatus::failing, now);
}

/// It has to begin anew without any fault: at once, and uncounted.
void begin_anew(Deciding& job, WallMs now) {
  if (job.state.status != JobStatus::running) return;
  job.state.delay_ms = 0;
  ++job.state.restarts;
  enter(job, JobStatus::restarting, now);
}

bool excused(const Deciding& job, Blame blame, WallMs now) {
  if (blame == Blame::worker_leaves) return true;
  const WallMs before = job.state.restarted_ms;
  // By a clock that was set back since, nobody knows how long ago that was.
  return blame == Blame::worker_lost && (before == 0 || now - before >= kCalmMs || before > now);
}

/// What follows when the last of its tasks has ended.
void settle(Deciding& job, WallMs now) {
  if (job.counts.open > 0) return;
  switch (job.state.status) {
    case JobStatus::cancelling: return enter(job, JobStatus::canceled, now);
    case JobStatus::failing: return enter(job, JobStatus::failed, now);
    case JobStatus::running:
      if (job.counts.finished == job.state.tasks) enter(job, JobStatus::finished, now);
      return;
    default: return;
  }
}

/// Why a checkpoint that was under way cannot be completed.
std::string ended_text(const TaskEnd& end) {
  return end.task_name + (end.end == AttemptEnd::finished ? " has finished" : " has ended") + " while it was taken";
}

void count_end(AttemptCounts& counts, AttemptEnd end) {
  --counts.open;
  switch (end) {
    case AttemptEnd::finished: ++counts.finished; return;
    case AttemptEnd::failed: ++counts.failed; return;
    case AttemptEnd::canceled: ++counts.canceled; return;
  }
}

void end_attempt(Deciding& job, const TaskEnd& end, Attempt attempt, WallMs now) {
  attempt.end = job.state.status == JobStatus::cancelling ? AttemptEnd::canceled : end.end;
  attempt.end_ms = std::max(now, attempt.start_ms);
  count_end(job.counts, *attempt.end);
  job.records.push_back(Record::put(attempt_key(end.attempt.job, end.attempt.task), model::encode_attempt(attempt)));
}

}  // namespace

std::vector<Record> decide_start(const ClusterState& state, const StartTasks& start, WallMs now) {
  auto job = begin(state, start.job);
  if (!job) return {};
  const JobStatus status = job->state.status;
  if (status != JobStatus::created && status != JobStatus::running && status != JobStatus::restarting) return {};
  for (const TaskStart& each : start.starts) {
    const auto before = state.attempt(start.job, each.task);
    if (before ? before->open() || before->number + 1 != each.number : each.number != 0) continue;
    const Attempt attempt{each.number, each.worker, each.incarnation, each.host, now, -1, {}};
    job->records.push_back(Record::put(attempt_key(start.job, each.task), model::encode_attempt(attempt)));
  }
  if (job->records.empty()) return {};
  if (status != JobStatus::running) {
    if (status == JobStatus::restarting) job->state.restarted_ms = now;
    job->state.delay_ms = 0;
    enter(*job, JobStatus::running, now);
  }
  const bool again =
      std::any_of(start.starts.begin(), start.starts.end(), [](const auto& each) { return each.number > 0; });
  if (again) note_restore(state, start.job, now, job->records);
  return finish(state, std::move(*job), start.job, now);
}

std::vector<Record> decide_end(const ClusterState& state, const EndTasks& end, WallMs now) {
  auto job = begin(state, end.job);
  if (!job) return {};
  std::set<model::TaskRef> done;
  for (const TaskEnd& each : end.ends) {
    const auto attempt = state.attempt(end.job, each.attempt.task);
    if (!attempt || !attempt->open() || attempt->number != each.attempt.number || attempt->worker != each.worker ||
        !done.insert(each.attempt.task).second)
      continue;
    end_attempt(*job, each, *attempt, now);
    if (excused(*job, each.blame, now))
      begin_anew(*job, now);
    else if (each.end == AttemptEnd::failed && job->state.status != JobStatus::cancelling)
      fail(*job, {now, each.task_name, attempt->worker, attempt->host, each.why}, end.strategy, end.seed, now);
  }
  if (job->records.empty()) return {};
  give_up_pending(state, end.job, ended_text(end.ends.front()), now, job->records);
  settle(*job, now);
  return finish(state, std::move(*job), end.job, now);
}

std::vector<Record> decide_fail(const ClusterState& state, const FailJob& failing, WallMs now) {
  auto job = begin(state, failing.job);
  if (!job) return {};
  const JobStatus status = job->state.status;
  if (status != JobStatus::created && status != JobStatus::running && status != JobStatus::restarting) return {};
  // It was to run: what fails is that.
  if (status != JobStatus::running) enter(*job, JobStatus::running, now);
  fail(*job, {now, {}, {}, {}, failing.why}, failing.strategy, failing.seed, now);
  settle(*job, now);
  return finish(state, std::move(*job), failing.job, now);
}

void append_end(std::vector<Record>& records, const JobId& id, const JobEntry& job, const JobState& state) {
  model::JobHistory history{state, {}};
  if (job.spec) {
    const auto spec = model::decode_job_spec(*job.spec);
    if (spec.has_value()) history.spec = std::string(*spec);
  }
  // First, so that who looks at each record sees it end.
  records.push_back(Record::put(history_key(id), model::encode_job_history(history)));
  records.push_back(Record::put(ended_key(id), model::encode_ended_job({state.status, state.hash, state.end_ms})));
  records.push_back(Record::erase(job_spec_key(id)));
  records.push_back(Record::erase(job_state_key(id)));
}

}  // namespace stellwerk::jobs
