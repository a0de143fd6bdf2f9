#include "jobs/checkpoint_changes.h"

#include <algorithm>

namespace stellwerk::jobs {

using model::CheckpointBook;
using model::CheckpointSummary;
using model::CheckpointTrigger;
using model::JobStatus;
using model::Record;

namespace {

constexpr const char* kJobEnded = "the job has ended";

CheckpointBook book_of(const ClusterState& state, const JobId& job) {
  const auto book = state.checkpointing(job);
  return book ? *book : CheckpointBook{};
}

Record put_book(const JobId& job, const CheckpointBook& book) {
  return Record::put(checkpointing_key(job), model::encode_checkpoint_book(book));
}

/// Of those that are still remembered.
void answer_triggers(const ClusterState& state, const std::vector<std::string>& ids, std::int64_t checkpoint,
                     const std::string& cause, std::vector<Record>& records) {
  for (const auto& id : ids) {
    const auto known = state.triggers().find(id);
    if (!known || !known->waits()) continue;
    CheckpointTrigger answered = *known;
    answered.checkpoint = checkpoint;
    answered.cause = checkpoint == 0 ? cause : std::string();
    records.push_back(Record::put(trigger_key(id), model::encode_trigger(answered)));
  }
}

/// What was under way is over.
CheckpointSummary take_pending(CheckpointBook& book, WallMs now) {
  CheckpointSummary out;
  out.number = book.pending->number;
  out.begun_ms = book.pending->begun_ms;
  out.ended_ms = std::max(now, out.begun_ms);
  out.subtasks = book.pending->subtasks;
  book.pending.reset();
  return out;
}

Decision told(Reply::Kind kind, const JobId& job, std::string text = {}) {
  return {{}, Reply{kind, job, std::move(text), {}}};
}

/// Why no checkpoint of it can be asked for; none: one can.
std::optional<Decision> cannot_ask(const ClusterState& state, const JobId& id) {
  const auto job = state.jobs().find(id.text());
  const bool ended = job ? job->archived : state.ended().contains(id.text());
  const std::string name = "Job " + id.text();
  if (ended) return told(Reply::Kind::conflict, id, name + " has ended: no checkpoint of it can be taken");
  if (state.quarantined().contains(id.text()))
    return told(Reply::Kind::conflict, id, name + " is quarantined: its records are damaged");
  if (!job || !job->state) return told(Reply::Kind::not_found, id, name + " not found");
  return std::nullopt;
}

/// False: nobody can be forgotten, because all of them wait for their answer.
bool make_room(const ClusterState& state, std::vector<Record>& records) {
  if (state.triggers().size() < kTriggersMax) return true;
  std::optional<std::pair<WallMs, std::string>> oldest;
  state.triggers().for_each([&](const std::string& id, const CheckpointTrigger& trigger) {
    if (trigger.waits()) return;
    if (std::pair each(trigger.at_ms, id); !oldest || each < *oldest) oldest = std::move(each);
  });
  if (!oldest) return false;
  records.push_back(Record::erase(trigger_key(oldest->second)));
  return true;
}

/// Whoever has been forgotten, because it waited for too long, is waited for no more.
void drop_forgotten(const ClusterState& state, std::vector<std::string>& triggers) {
  std::erase_if(triggers, [&](const std::string& id) { return !state.triggers().contains(id); });
}

}  // namespace

Decision decide_ask(const ClusterState& state, const AskCheckpoint& ask, WallMs now) {
  if (const auto known = state.triggers().find(ask.trigger)) {
    if (known->job == ask.job) return told(Reply::Kind::accepted, ask.job);
    return told(Reply::Kind::conflict, ask.job, "Trigger " + ask.trigger + " is one of job " + known->job.text());
  }
  if (auto cannot = cannot_ask(state, ask.job)) return *cannot;
  CheckpointBook book = book_of(state, ask.job);
  drop_forgotten(state, book.asked);
  // Those of the pending one come back into this list if its leader dies.
  const std::size_t pending = book.pending ? book.pending->triggers.size() : 0;
  if (book.asked.size() + pending >= model::kCheckpointAsksMax)
    return told(Reply::Kind::refused, ask.job,
                std::to_string(model::kCheckpointAsksMax) + " callers wait for a checkpoint of job " + ask.job.text() +
                    " already");
  Decision decision = told(Reply::Kind::accepted, ask.job);
  if (!make_room(state, decision.records))
    return told(Reply::Kind::refused, ask.job,
                std::to_string(kTriggersMax) + " callers wait for checkpoints of this cluster's jobs already");
  book.asked.push_back(ask.trigger);
  decision.records.push_back(Record::put(trigger_key(ask.trigger), model::encode_trigger({ask.job, now, 0, {}})));
  decision.records.push_back(put_book(ask.job, book));
  return decision;
}

std::vector<Record> decide_checkpoint_begin(const ClusterState& state, const BeginCheckpoint& begin, WallMs now) {
  const auto job = state.jobs().find(begin.job.text());
  if (!job || job->archived || !job->state || job->state->status != JobStatus::running) return {};
  const AttemptCounts counts = state.attempt_counts(begin.job);
  if (counts.open == 0 || counts.open + counts.finished != job->state->tasks) return {};
  CheckpointBook book = book_of(state, begin.job);
  if (book.pending || begin.number != book.last + 1) return {};
  book.last = begin.number;
  book.pending = {begin.number, now, counts.open, std::exchange(book.asked, {})};
  return {put_book(begin.job, book)};
}

std::vector<Record> decide_complete(const ClusterState& state, const CompleteCheckpoint& complete) {
  CheckpointBook book = book_of(state, complete.job);
  const auto& checkpoint = complete.checkpoint;
  if (!book.pending || book.pending->number != checkpoint.number) return {};
  std::vector<Record> records;
  answer_triggers(state, book.pending->triggers, checkpoint.number, {}, records);
  CheckpointSummary summary = take_pending(book, checkpoint.ended_ms);
  model::Checkpoint kept = checkpoint;
  kept.begun_ms = summary.begun_ms;
  kept.ended_ms = summary.ended_ms;
  summary.acknowledged = static_cast<std::int64_t>(kept.subtasks.size());
  summary.size = kept.size();
  book.remember(std::move(summary));
  ++book.completed;
  book.failed_in_row = 0;
  book.retained.push_back(checkpoint.number);
  records.push_back(Record::put(checkpoint_key(complete.job, checkpoint.number), model::encode_checkpoint(kept)));
  while (book.retained.size() > static_cast<std::size_t>(std::max(1, complete.retained))) {
    records.push_back(Record::erase(checkpoint_key(complete.job, book.retained.front())));
    book.retained.erase(book.retained.begin());
  }
  records.push_back(put_book(complete.job, book));
  return records;
}

bool exceeds(const CheckpointBook& book, const GiveUpCheckpoint& give_up) {
  return give_up.counted && book.failed_in_row >= give_up.tolerable;
}

std::vector<Record> decide_give_up(const ClusterState& state, const GiveUpCheckpoint& give_up, WallMs now) {
  CheckpointBook book = book_of(state, give_up.job);
  if (!book.pending || book.pending->number != give_up.number) return {};
  std::vector<Record> records;
  if (give_up.ask_again)
    book.asked.insert(book.asked.begin(), book.pending->triggers.begin(), book.pending->triggers.end());
  else
    answer_triggers(state, book.pending->triggers, 0, give_up.cause, records);
  const bool over = exceeds(book, give_up);
  CheckpointSummary summary = take_pending(book, now);
  summary.acknowledged = give_up.acknowledged;
  summary.cause = give_up.cause;
  book.remember(std::move(summary));
  if (give_up.counted) {
    ++book.failed;
    book.failed_in_row = over ? 0 : book.failed_in_row + 1;
  }
  records.push_back(put_book(give_up.job, book));
  return records;
}

void give_up_pending(const ClusterState& state, const JobId& job, const std::string& cause, WallMs now,
                     std::vector<Record>& records) {
  const auto known = state.checkpointing(job);
  if (!known || !known->pending) return;
  CheckpointBook book = *known;
  answer_triggers(state, book.pending->triggers, 0, cause, records);
  CheckpointSummary summary = take_pending(book, now);
  summary.cause = cause;
  book.remember(std::move(summary));
  ++book.failed;
  records.push_back(put_book(job, book));
}

void note_restore(const ClusterState& state, const JobId& job, WallMs now, std::vector<Record>& records) {
  const auto known = state.checkpointing(job);
  if (!known || known->retained.empty()) return;
  CheckpointBook book = *known;
  ++book.restores;
  book.restored = book.newest();
  book.restored_ms = now;
  records.push_back(put_book(job, book));
}

void end_checkpoints(const ClusterState& state, const JobId& job, WallMs now, std::vector<Record>& records) {
  const std::string prefix = checkpoint_key(job, 0).substr(0, checkpoint_key(job, 0).rfind('/') + 1);
  if (state.quarantined().contains(job.text())) {
    // What its book does not say any more.
    state.records().for_each([&](const std::string& key, const std::string&) {
      if (key.starts_with(prefix) || key == checkpointing_key(job)) records.push_back(Record::erase(key));
    });
    return;
  }
  const auto known = state.checkpointing(job);
  if (!known) return;
  CheckpointBook book = *known;
  for (const std::int64_t number : std::exchange(book.retained, {}))
    records.push_back(Record::erase(checkpoint_key(job, number)));
  answer_triggers(state, std::exchange(book.asked, {}), 0, kJobEnded, records);
  if (book.pending) {
    answer_triggers(state, book.pending->triggers, 0, kJobEnded, records);
    CheckpointSummary summary = take_pending(book, now);
    summary.cause = kJobEnded;
    book.remember(std::move(summary));
    ++book.failed;
  }
  // Once: a record of the same decision may have been made from the same book before.
  std::erase_if(records, [&](const Record& record) { return record.key == checkpointing_key(job); });
  records.push_back(put_book(job, book));
}

void forget_checkpoints(const ClusterState& state, WallMs now, std::int64_t age_ms, std::size_t records_max,
                        std::vector<Record>& records) {
  state.checkpointings().for_each([&](const std::string& job, const CheckpointBook&) {
    if (records.size() < records_max && !state.jobs().contains(job) && !state.quarantined().contains(job))
      records.push_back(Record::erase("jobs/" + job + "/checkpointing"));
  });
  state.triggers().for_each([&](const std::string& id, const CheckpointTrigger& trigger) {
    if (records.size() < records_max && now - trigger.at_ms > age_ms) records.push_back(Record::erase(trigger_key(id)));
  });
}

}  // namespace stellwerk::jobs
