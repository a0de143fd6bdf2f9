#include "jobs/checkpoints.h"

#include <algorithm>
#include <charconv>
#include <utility>

namespace stellwerk::jobs {

using model::CheckpointBook;
using model::TaskRef;

namespace {

/// Tasks that a cause names.
constexpr std::size_t kNamedMax = 5;
constexpr const char* kLeftBehind =
    "the leader that took it is gone; that counts as no failure, and the next one is taken under another number";

bool all_run(const JobRun& run) {
  if (run.waits() || !run.tasks_at(TaskRun::At::proposed).empty() || !run.tasks_at(TaskRun::At::broken).empty())
    return false;
  const auto open = run.tasks_at(TaskRun::At::open);
  return !open.empty() && std::all_of(open.begin(), open.end(), [&](TaskRef ref) {
    const TaskRun& task = run.task(ref);
    return task.running && !task.initializing && !task.stopping && !task.ending && !task.over;
  });
}

}  // namespace

CheckpointPolicy checkpoint_policy(const model::JobSpec& spec, const CheckpointPolicy& cluster) {
  if (!spec.checkpointing) return cluster;
  CheckpointPolicy out = cluster;
  out.interval = std::chrono::milliseconds(spec.checkpointing->interval_ms);
  out.timeout = std::chrono::milliseconds(spec.checkpointing->timeout_ms);
  out.min_pause = std::chrono::milliseconds(spec.checkpointing->min_pause_ms);
  out.retained = spec.checkpointing->num_retained;
  return out;
}

Duration first_after(const CheckpointPolicy& policy, const JobId& id) {
  if (!policy.interval) return Duration::max();
  // The last digits of an id are random.
  constexpr std::size_t kDigits = 3;
  constexpr int kParts = 1 << (4 * kDigits);
  const std::string& text = id.text();
  int part = 0;
  std::from_chars(text.data() + text.size() - kDigits, text.data() + text.size(), part, 16);
  const Duration half = Duration(*policy.interval) / 2;
  return half + half / kParts * part;
}

Checkpoints::Checkpoints(CheckpointPolicy policy, const JobId& id, Time now) : policy_(std::move(policy)) {
  if (policy_.interval) next_at_ = now + first_after(policy_, id);
  wake_at_ = now;
}

// ---- what the records say ----

Checkpoints::Outcome Checkpoints::take(Time now, const JobRun& run, const CheckpointBook& book) {
  Outcome out;
  const bool mine = book.pending && book.pending->number == number_;
  if (at_ == At::proposed && mine) return begin(now, run);
  if ((at_ == At::taking || at_ == At::ending) && !mine) {
    if (completing_ && std::find(book.retained.begin(), book.retained.end(), number_) != book.retained.end()) {
      out.completed = number_;
      out.oldest = book.retained.front();
      for (const auto& [task, each] : done_) out.tell.push_back(task);
    }
    // A task that has ended meanwhile took the blame itself.
    const bool by_me = !book.history.empty() && book.history.back().number == number_;
    if (failing_ && by_me && book.history.back().cause == cause_) {
      out.fail = std::exchange(guilty_, {});
      out.fault = "Exceeded checkpoint tolerable failure threshold: checkpoint " + std::to_string(number_) +
                  " was given up: " + cause_;
    }
    rest(now);
  }
  if (!book.asked.empty()) wake_at_ = std::min(wake_at_, now);
  return out;
}

Checkpoints::Outcome Checkpoints::begin(Time now, const JobRun& run) {
  Outcome out;
  at_ = At::taking;
  since_ = now;
  if (policy_.interval) next_at_ = now + *policy_.interval;
  out.ask = run.tasks_at(TaskRun::At::open);
  out.begun = number_;
  for (const TaskRef ref : out.ask) waiting_.emplace(ref, run.task(ref).number);
  wake_at_ = now + policy_.timeout;
  return out;
}

void Checkpoints::rest(Time now) {
  at_ = At::idle;
  pause_until_ = now + policy_.min_pause;
  waiting_.clear();
  done_.clear();
  guilty_.clear();
  cause_.clear();
  bytes_ = 0;
  completing_ = failing_ = false;
  wake_at_ = now;
}

// ---- what tasks say ----

void Checkpoints::acknowledge(model::SubtaskCheckpoint subtask, std::int64_t number) {
  const auto at = waiting_.find(subtask.task);
  if (at_ != At::taking || number != number_ || at == waiting_.end() || at->second != subtask.attempt) return;
  bytes_ += model::encoded_bytes(subtask);
  waiting_.erase(at);
  const TaskRef task = subtask.task;
  done_.insert_or_assign(task, std::move(subtask));
  // Nobody's alone, and no other process would have shorter ones.
  if (bytes_ > model::kCheckpointBytesMax && cause_.empty())
    cause_ = "the handles of its tasks are longer than " + std::to_string(model::kCheckpointBytesMax) +
             " bytes together; make them shorter, or the tasks fewer";
}

void Checkpoints::extend(Duration gap) {
  since_ += gap;
  if (wake_at_ != Time::max()) wake_at_ += gap;
}

void Checkpoints::decline(const JobRun& run, TaskRef task, std::int32_t attempt, std::int64_t number,
                          const std::string& why) {
  const auto at = waiting_.find(task);
  if (at_ != At::taking || number != number_ || at == waiting_.end() || at->second != attempt || !cause_.empty())
    return;
  cause_ = run.name_of(task) + " declined it: " + (why.empty() ? "it does not say why" : why);
  guilty_ = {task};
}

std::int64_t Checkpoints::wanted_of(TaskRef task) const {
  return at_ == At::taking && waiting_.contains(task) ? number_ : 0;
}

// ---- what to do ----

Checkpoints::Wish Checkpoints::step(Time now, WallMs wall, const JobRun& run, const CheckpointBook& book) {
  switch (at_) {
    case At::ending: wake_at_ = Time::max(); return {};
    case At::idle:
      if (book.pending) {
        at_ = At::ending;
        number_ = book.pending->number;
        return GiveUpCheckpoint{run.id(), number_, kLeftBehind, 0, false, true, policy_.tolerable};
      }
      return propose(now, run, book);
    case At::proposed:
      if (now < since_ + kProposeEvery) return {};
      return propose(now, run, book);
    case At::taking: break;
  }
  if (cause_.empty() && waiting_.empty()) {
    at_ = At::ending;
    completing_ = true;
    CompleteCheckpoint out{run.id(), {number_, 0, wall, {}}, policy_.retained};
    for (const auto& [task, each] : done_) out.checkpoint.subtasks.push_back(each);
    return out;
  }
  if (cause_.empty() && now >= since_ + policy_.timeout) {
    cause_ = late_text(run);
    for (const auto& [task, attempt] : waiting_) guilty_.push_back(task);
  }
  if (cause_.empty()) return {};
  at_ = At::ending;
  cause_ = model::checkpoint_cause(std::move(cause_));
  // Who takes none by itself promised nothing to whoever asked for one.
  GiveUpCheckpoint out{
      run.id(), number_,          cause_, static_cast<std::int64_t>(done_.size()), policy_.interval.has_value(),
      false,    policy_.tolerable};
  failing_ = exceeds(book, out);
  return out;
}

Checkpoints::Wish Checkpoints::propose(Time now, const JobRun& run, const CheckpointBook& book) {
  at_ = At::idle;
  const Time due = book.asked.empty() ? std::max(next_at_, pause_until_) : Time{};
  if (next_at_ == Time::max() && book.asked.empty()) {
    wake_at_ = Time::max();
    return {};
  }
  if (now < due) {
    wake_at_ = due;
    return {};
  }
  if (!all_run(run)) {
    wake_at_ = now + kLookEvery;
    return {};
  }
  at_ = At::proposed;
  number_ = book.last + 1;
  since_ = now;
  wake_at_ = now + kProposeEvery;
  return BeginCheckpoint{run.id(), number_};
}

/// Who is missing, and what they would have to do.
std::string Checkpoints::late_text(const JobRun& run) const {
  std::string names;
  std::size_t named = 0;
  for (const auto& [task, attempt] : waiting_) {
    if (++named > kNamedMax) break;
    names += (names.empty() ? "" : ", ") + run.name_of(task);
  }
  if (waiting_.size() > kNamedMax) names += " and " + std::to_string(waiting_.size() - kNamedMax) + " more";
  return "not acknowledged within " + std::to_string(policy_.timeout.count()) + " ms by " + names +
         "; a process answers \"checkpoint\" on its control channel with \"ack\" (docs/job-spec.md), or its job takes "
         "none";
}

}  // namespace stellwerk::jobs
