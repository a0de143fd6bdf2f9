#include "jobs/changes.h"

#include <algorithm>
#include <string_view>
#include <unordered_set>

#include "base/json.h"
#include "jobs/job_transitions.h"

namespace stellwerk::jobs {

using model::JobState;
using model::JobStatus;
using model::Record;

namespace {

/// By this time everything is young.
constexpr WallMs kNothingIsOld = 0;

Decision answer(Reply::Kind kind, const JobId& job, std::string text = {}) {
  return {{}, Reply{kind, job, std::move(text), {}}};
}

std::string quoted(const JobId& id) {
  return "Job " + id.text();
}

Decision repeat_or_conflict(const JobId& id, bool same) {
  if (same) return answer(Reply::Kind::accepted, id);
  return answer(Reply::Kind::conflict, id, quoted(id) + " exists already with another specification");
}

Decision decide_submit(const ClusterState& state, const SubmitJob& submit, WallMs now, const JobLimits& limits,
                       const JobSafeguards& safeguards) {
  const std::string& id = submit.id.text();
  if (safeguards.refuse_known_ids) {
    if (const auto job = state.jobs().find(id); job && job->state)
      return repeat_or_conflict(submit.id, job->state->hash == submit.hash);
    if (state.jobs().contains(id) || state.quarantined().contains(id))
      return answer(Reply::Kind::conflict, submit.id, quoted(submit.id) + " is quarantined: its records are damaged");
  }
  if (safeguards.ended_is_final)
    if (const auto ended = state.ended().find(id)) return repeat_or_conflict(submit.id, ended->hash == submit.hash);
  if (safeguards.refuse_evicted_ids && state.evicted_count() > 0 && submit.id.minted_ms() <= state.evicted_up_to_ms())
    return answer(Reply::Kind::conflict, submit.id,
                  quoted(submit.id) +
                      " may have ended and been forgotten already (jobstore.ended.*), or was made where the clock is "
                      "behind; submit it under a new id, or without one");
  // Those are not forgotten (decide_forget), so there must not be any number of them.
  if (static_cast<std::int64_t>(state.ended().size()) >= 2 * limits.ended_max && submit.id.minted_ms() > now)
    return answer(Reply::Kind::refused, submit.id,
                  "the time inside its id has not come yet, and too many ended jobs with such ids are remembered "
                  "(jobstore.ended.max-capacity); submit it without an id");
  if (state.counts().running >= limits.live_max)
    return answer(Reply::Kind::refused, submit.id,
                  "there are " + std::to_string(limits.live_max) + " jobs already; no more are taken");
  if (submit.artifact)
    if (auto lacks = lacks_artifact(state, *submit.artifact))
      return answer(Reply::Kind::not_found, submit.id, std::move(*lacks));
  JobState job;
  job.artifact = submit.artifact ? submit.artifact->sha256 : std::string();
  job.bundle = submit.bundle;
  job.name = submit.name;
  job.hash = submit.hash;
  job.tasks = submit.tasks;
  job.start_ms = now;
  job.status = JobStatus::initializing;
  job.enter(JobStatus::initializing, now);
  transition(job, JobStatus::created, now);
  Decision decision = answer(Reply::Kind::accepted, submit.id);
  decision.records.push_back(Record::put(job_spec_key(submit.id), model::encode_job_spec(submit.spec)));
  decision.records.push_back(Record::put(job_state_key(submit.id), model::encode_job_state(job)));
  if (const auto bundle = state.bundles().find(submit.bundle); bundle && bundle->once)
    decision.records.push_back(Record::erase(model::bundle_key(submit.bundle)));
  return decision;
}

Decision decide_cancel(const ClusterState& state, const CancelJob& cancel, WallMs now) {
  const auto job = state.jobs().find(cancel.id.text());
  const auto quarantine = state.quarantined().find(cancel.id.text());
  if (!job && !quarantine) {
    const auto ended = state.ended().find(cancel.id.text());
    if (!ended) return answer(Reply::Kind::not_found, cancel.id, quoted(cancel.id) + " not found");
    if (ended->status == JobStatus::canceled) return answer(Reply::Kind::accepted, cancel.id);
    return answer(Reply::Kind::conflict, cancel.id,
                  "Job cancellation failed because the job has already reached another terminal state (" +
                      std::string(to_string(ended->status)) + ")");
  }
  JobState next = job && job->state ? *job->state : JobState{};
  if (is_terminal(next.status)) {
    if (next.status == JobStatus::canceled) return answer(Reply::Kind::accepted, cancel.id);
    return answer(Reply::Kind::conflict, cancel.id,
                  "Job cancellation failed because the job has already reached another terminal state (" +
                      std::string(to_string(next.status)) + ")");
  }
  Decision decision = answer(Reply::Kind::accepted, cancel.id);
  const bool cancelling = next.status == JobStatus::cancelling;
  if (!cancelling) transition(next, JobStatus::cancelling, now);
  if (!quarantine && state.attempt_counts(cancel.id).open > 0) {
    // It is CANCELED when the last of its tasks has ended.
    if (!cancelling) decision.records.push_back(Record::put(job_state_key(cancel.id), model::encode_job_state(next)));
    return decision;
  }
  transition(next, JobStatus::canceled, now);
  append_end(decision.records, cancel.id, job ? *job : JobEntry{}, next);
  end_checkpoints(state, cancel.id, now, decision.records);
  if (quarantine) decision.records.push_back(Record::erase(quarantine_key(cancel.id)));
  return decision;
}

Decision decide_begin(const ClusterState& state, const BeginEpoch& begin, const JobLimits& limits) {
  Decision decision;
  decision.records.push_back(Record::put(takeover_key(begin.epoch), begin.takeover));
  auto surplus = static_cast<std::int64_t>(state.takeovers().size()) + 1 - limits.takeovers_max;
  for (auto it = state.takeovers().begin(); surplus > 0 && it != state.takeovers().end(); ++it, --surplus)
    decision.records.push_back(Record::erase(takeover_key(it->first)));
  for (const auto& [id, quarantine] : begin.quarantines)
    decision.records.push_back(Record::put(quarantine_key(id), model::encode_quarantine(quarantine)));
  return decision;
}

Decision decide_amend(const ClusterState& state, const AmendTakeover& amend) {
  Decision decision;
  if (state.takeovers().contains(amend.epoch))
    decision.records.push_back(Record::put(takeover_key(amend.epoch), amend.takeover));
  return decision;
}

/// When a job ended, and its id, of the state that is decided upon.
using Aged = std::vector<std::pair<WallMs, std::string_view>>;

/// Those over a limit of age or number, oldest first, kForgottenMax at most.
std::vector<std::string_view> surplus(Aged aged, WallMs now, std::int64_t age_max, std::int64_t number_max) {
  auto over = static_cast<std::int64_t>(aged.size()) - number_max;
  const auto oldest = aged.begin() + static_cast<std::ptrdiff_t>(std::min(aged.size(), kForgottenMax));
  std::nth_element(aged.begin(), oldest, aged.end());
  std::sort(aged.begin(), oldest);
  std::vector<std::string_view> out;
  for (auto at = aged.begin(); at != oldest && (over > 0 || now - at->first > age_max); ++at, --over)
    out.push_back(at->second);
  return out;
}

/// Made up by a caller, or our clock is behind. Once forgotten, nothing would tell that such an id was
/// here: the mark of what is forgotten can only be moved up to the present. So it is remembered.
bool from_future(std::string_view id, WallMs now) {
  const auto parsed = JobId::parse(id);
  return parsed.has_value() && parsed->minted_ms() > now;
}

/// Attempts of jobs that are not shown any more, or are about to be `gone`.
void forget_attempts(const ClusterState& state, const std::unordered_set<std::string_view>& gone,
                     std::vector<Record>& records) {
  std::unordered_set<std::string_view> jobs;
  state.attempt_counts().for_each([&](const std::string& job, const AttemptCounts&) {
    if ((gone.contains(job) || !state.jobs().contains(job)) && !state.quarantined().contains(job)) jobs.insert(job);
  });
  if (jobs.empty()) return;
  std::size_t left = kForgottenMax;
  state.attempts().for_each([&](const std::string& path, const model::Attempt&) {
    const auto slash = path.find('/');
    if (left == 0 || !jobs.contains(std::string_view(path).substr(0, slash))) return;
    records.push_back(Record::erase("jobs/" + path.substr(0, slash) + "/attempts" + path.substr(slash)));
    --left;
  });
}

Decision decide_forget(const ClusterState& state, const ForgetOldJobs& forget, WallMs wall, const JobLimits& limits) {
  const WallMs now = forget.by ? std::min(*forget.by, wall) : kNothingIsOld;
  Aged histories;
  state.jobs().for_each([&](const std::string& id, const JobEntry& job) {
    if (job.archived) histories.emplace_back(job.state->end_ms, id);
  });
  Aged ended;
  state.ended().for_each([&](const std::string& id, const model::EndedJob& job) {
    if (!from_future(id, forget.by ? now : wall)) ended.emplace_back(job.end_ms, id);
  });
  Decision decision;
  std::unordered_set<std::string_view> gone;
  const auto forget_history = [&](std::string_view id) {
    if (gone.insert(id).second) decision.records.push_back(Record::erase("history/" + std::string(id)));
  };
  for (const auto id : surplus(std::move(histories), now, limits.history_ms, limits.history_max)) forget_history(id);
  WallMs up_to = state.evicted_up_to_ms();
  std::int64_t evicted = state.evicted_count();
  for (const auto id : surplus(std::move(ended), now, limits.ended_ms, limits.ended_max)) {
    const auto job = state.jobs().find(id);
    if (job && job->archived) forget_history(id);
    decision.records.push_back(Record::erase("ended/" + std::string(id)));
    if (const auto parsed = JobId::parse(id); parsed.has_value()) up_to = std::max(up_to, parsed->minted_ms());
    ++evicted;
  }
  forget_attempts(state, gone, decision.records);
  forget_checkpoints(state, now, limits.trigger_ms, kForgottenMax, decision.records);
  forget_bundles(state, now, limits, decision.records);
  if (evicted != state.evicted_count())
    decision.records.push_back(Record::put(
        std::string(kEvictedKey), canonical_json(json::object{{"up-to", up_to}, {"count", evicted}, {"v", 1}})));
  return decision;
}

}  // namespace

bool too_many_ended(const ClusterState& state, const JobLimits& limits, std::int64_t slack) {
  const JobCounts& counts = state.counts();
  return counts.finished + counts.canceled + counts.failed > limits.history_max + slack ||
         static_cast<std::int64_t>(state.ended().size()) > limits.ended_max + slack;
}

bool is_of_the_schedule(const Change& change) {
  return std::holds_alternative<StartTasks>(change) || std::holds_alternative<EndTasks>(change) ||
         std::holds_alternative<FailJob>(change) || std::holds_alternative<BeginCheckpoint>(change) ||
         std::holds_alternative<CompleteCheckpoint>(change) || std::holds_alternative<GiveUpCheckpoint>(change);
}

std::size_t bytes_of(const Change& change) {
  constexpr std::size_t kOverhead = 256;
  if (const auto* submit = std::get_if<SubmitJob>(&change)) return kOverhead + submit->spec.size();
  // The bytes of an upload are counted where it is stored.
  if (const auto* add = std::get_if<AddBundle>(&change)) return kOverhead + add->spec.size();
  if (const auto* start = std::get_if<StartTasks>(&change)) return kOverhead * (1 + start->starts.size());
  if (const auto* end = std::get_if<EndTasks>(&change)) return kOverhead * (1 + end->ends.size());
  if (const auto* complete = std::get_if<CompleteCheckpoint>(&change)) {
    std::size_t bytes = kOverhead;
    for (const auto& each : complete->checkpoint.subtasks) bytes += sizeof each + each.handle.size();
    return bytes;
  }
  return kOverhead;
}

Decision decide(const ClusterState& state, const Change& change, WallMs now, const JobLimits& limits,
                const JobSafeguards& safeguards) {
  if (const auto* submit = std::get_if<SubmitJob>(&change))
    return decide_submit(state, *submit, now, limits, safeguards);
  if (const auto* cancel = std::get_if<CancelJob>(&change)) return decide_cancel(state, *cancel, now);
  if (const auto* begin = std::get_if<BeginEpoch>(&change)) return decide_begin(state, *begin, limits);
  if (const auto* amend = std::get_if<AmendTakeover>(&change)) return decide_amend(state, *amend);
  if (const auto* add = std::get_if<AddBundle>(&change)) return decide_add(state, *add, now, limits);
  if (const auto* remove = std::get_if<RemoveBundle>(&change)) return decide_remove(state, *remove);
  if (const auto* start = std::get_if<StartTasks>(&change)) return {decide_start(state, *start, now), {}};
  if (const auto* end = std::get_if<EndTasks>(&change)) return {decide_end(state, *end, now), {}};
  if (const auto* fail = std::get_if<FailJob>(&change)) return {decide_fail(state, *fail, now), {}};
  if (const auto* ask = std::get_if<AskCheckpoint>(&change)) return decide_ask(state, *ask, now);
  if (const auto* taken = std::get_if<BeginCheckpoint>(&change))
    return {decide_checkpoint_begin(state, *taken, now), {}};
  if (const auto* complete = std::get_if<CompleteCheckpoint>(&change)) return {decide_complete(state, *complete), {}};
  if (const auto* given_up = std::get_if<GiveUpCheckpoint>(&change)) return {decide_give_up(state, *given_up, now), {}};
  return decide_forget(state, std::get<ForgetOldJobs>(change), now, limits);
}

}  // namespace stellwerk::jobs
