#include "simulation/cluster/ledger.h"

/// Checkpoints: a number is given once and by a record; what is completed was acknowledged by the attempts that run;
/// and tasks begin from the newest that stands in the commit that holds their attempt.
namespace stellwerk::test {

void Ledger::check_checkpoints(const model::Record& record, std::int64_t seq) {
  const std::string id(model::job_of(record.key));
  if (id.empty() || !record.value || !record.key.starts_with("jobs/") || by_hand_) return;
  const JobId job = *JobId::parse(id);
  if (record.key == jobs::checkpointing_key(job)) {
    const auto book = model::decode_checkpoint_book(*record.value);
    if (book.has_error()) return fail("P4: " + record.key + " cannot be read: " + book.error().text);
    std::int64_t& last = last_number_[id];
    if (book->last < last) fail("P2: the numbers of checkpoints of job " + id + " went back");
    if (book->pending && book->last > last) numbers_.emplace(std::pair(id, book->last), seq);
    if (book->pending && numbers_.find({id, book->pending->number}) == numbers_.end())
      fail("P2: checkpoint " + std::to_string(book->pending->number) + " of job " + id + " is under way again");
    last = std::max(last, book->last);
    return;
  }
  const std::string prefix = "jobs/" + id + "/checkpoints/";
  if (!record.key.starts_with(prefix)) return;
  const auto checkpoint = model::decode_checkpoint(*record.value);
  if (checkpoint.has_error()) return fail("P4: " + record.key + " cannot be read: " + checkpoint.error().text);
  check_completed(job, *checkpoint);
}

void Ledger::check_completed(const JobId& job, const model::Checkpoint& checkpoint) {
  const std::string name = "checkpoint " + std::to_string(checkpoint.number) + " of job " + job.text();
  if (!numbers_.contains({job.text(), checkpoint.number})) fail("P2: " + name + " never began");
  ++completed_;
  for (const auto& each : checkpoint.subtasks) {
    const auto acked = acked_.find({{job, each.task, each.attempt}, checkpoint.number});
    const auto attempt = truth_.attempt(job, each.task);
    if (!attempt || !attempt->open() || attempt->number != each.attempt)
      fail("P3: " + name + " is completed with attempt " + model::AttemptId{job, each.task, each.attempt}.text() +
           ", which is not open any more");
    if (acked == acked_.end() || acked->second != each.handle)
      fail("P3: " + name + " is completed, and attempt " + model::AttemptId{job, each.task, each.attempt}.text() +
           " never acknowledged it so");
  }
  const auto entry = truth_.jobs().find(job.text());
  if (!entry || !entry->state) return;
  const auto finished = truth_.attempt_counts(job).finished;
  if (static_cast<std::int64_t>(checkpoint.subtasks.size()) + finished < entry->state->tasks)
    fail("P3: " + name + " is completed without all that had to acknowledge it");
}

void Ledger::expect_restores_of(const std::vector<model::Record>& records) {
  for (const auto& record : records) {
    const auto place = jobs::parse_attempt_key(record.key);
    if (!place) continue;
    model::AttemptId id{*JobId::parse(place->job), place->task, 0};
    const auto attempt = truth_.attempt(id.job, id.task);
    if (!attempt || !attempt->open()) continue;
    id.number = attempt->number;
    Origin origin;
    const auto book = truth_.checkpointing(id.job);
    if (book && book->newest() != 0) {
      origin.checkpoint = book->newest();
      const auto checkpoint = truth_.checkpoint(id.job, origin.checkpoint);
      const auto* const subtask = checkpoint ? checkpoint->find(id.task) : nullptr;
      if (subtask != nullptr) origin.handle = subtask->handle;
    }
    origins_.emplace(id, origin);
  }
}

void Ledger::on_task_restores(const model::AttemptId& attempt, std::int64_t checkpoint, const std::string& handle) {
  const auto origin = origins_.find(attempt);
  if (by_hand_ || origin == origins_.end()) return;
  if (origin->second != Origin{checkpoint, handle})
    fail("P5: attempt " + attempt.text() + " begins from checkpoint " + std::to_string(checkpoint) + " \"" + handle +
         "\" and not from " + std::to_string(origin->second.checkpoint) + " \"" + origin->second.handle + "\"");
}

void Ledger::on_checkpoint_told(const model::AttemptId& attempt, std::int64_t checkpoint) {
  if (!numbers_.contains({attempt.job.text(), checkpoint}) && !by_hand_)
    fail("P3: attempt " + attempt.text() + " is told to take checkpoint " + std::to_string(checkpoint) +
         ", and no record says so");
}

void Ledger::on_asked_too_early(const model::AttemptId& attempt) {
  fail("P5: attempt " + attempt.text() + " is told to take a checkpoint before it is ready");
}

void Ledger::on_asked(const jobs::AskCheckpoint& ask, const jobs::Reply& reply) {
  if (reply.kind != jobs::Reply::Kind::accepted || by_hand_) return;
  if (!recorded_wishes_.contains(ask.trigger)) fail("P3: wish " + ask.trigger + " was accepted and is not durable");
  wished_.insert(ask.trigger);
}

/// All jobs have ended: nobody can be waiting any more.
void Ledger::check_wishes_answered() {
  for (const auto& id : wished_) {
    const auto wish = truth_.triggers().find(id);
    if (wish && wish->waits() && !by_hand_) fail("P5: wish " + id + " of job " + wish->job.text() + " has no answer");
  }
}

void Ledger::on_checkpoint_acked(const model::AttemptId& attempt, std::int64_t checkpoint, const std::string& handle) {
  acked_.insert_or_assign({attempt, checkpoint}, handle);
}

}  // namespace stellwerk::test
