#include "master/leader.h"

#include <algorithm>

#include "base/assert.h"

/// The one commit in flight, and what follows from its end.
namespace stellwerk::master {

using jobs::Reply;
using journal::CommitResult;
using journal::CommitStep;

void Leader::start_commit(model::Head next, std::shared_ptr<const std::string> segment) {
  journal::CommitPlan plan;
  plan.expected = version_;
  if (segment) plan.segment = model::Position{head_.epoch, head_.seq + 1};
  plan.next = std::move(next);
  segment_ = std::move(segment);
  commit_.emplace(std::move(plan), options_.safeguards.commit);
}

void Leader::perform(Clocks clocks, CommitStep step) {
  op_ = 0;
  put_asked_at_ = {};
  switch (step) {
    case CommitStep::put_segment: {
      op_ = out_.next_op();
      put_asked_at_ = clocks.now;
      const auto& at = *commit_->plan().segment;
      out_.push(PutBlob{op_, model::segment_name(at.epoch, at.seq), [bytes = segment_] { return *bytes; }});
      return;
    }
    case CommitStep::write_head:
      op_ = out_.next_op();
      out_.push(WriteHead{op_, model::encode_head(commit_->plan().next), commit_->plan().expected});
      return;
    case CommitStep::read_head:
      op_ = out_.next_op();
      out_.push(ReadHead{op_});
      return;
    case CommitStep::wait: wake_at_ = clocks.now + commit_->backoff(); return;
    case CommitStep::finished: finish_commit(clocks); return;
  }
}

void Leader::finish_commit(Clocks clocks) {
  const journal::CommitEnd end = commit_->end();
  const std::string& why = end.why.text;
  switch (end.result) {
    case CommitResult::committed:
      if (claiming_) {
        claiming_ = false;
        head_ = commit_->plan().next;
        version_ = end.version;
        commit_.reset();
        begin_epoch(clocks);
        return;
      }
      committed(clocks);
      return;
    case CommitResult::not_done: {
      const bool full = end.why.code == Errc::no_space;
      commit_.reset();
      if (full)
        put_failing_since_ = {};
      else if (put_failing_since_ == Time{})
        put_failing_since_ = clocks.now;
      tell_failure(clocks, "Could not write to " + options_.storage + ": " + why);
      refuse_batch(full ? Reply::Kind::no_space : Reply::Kind::unavailable,
                   "Nothing happened: " + options_.storage + " could not be written: " + why);
      amend_alone_at_ = Time::max();  // it goes with the next change that does
      decide_all_again(clocks);
      wake_at_ = clocks.now + options_.limits.retry_pause;
      return;
    }
    case CommitResult::tainted: {
      commit_.reset();
      if (put_failing_since_ == Time{}) put_failing_since_ = clocks.now;
      out_.note(NoteLevel::warn, "It is not known what " + options_.storage + " holds under the next name (" + why +
                                     "); going on in the next epoch");
      // Nothing of this batch can ever be named once the next epoch stands, so it may be tried again.
      std::move(batch_.rbegin(), batch_.rend(), std::front_inserter(queue_));
      batch_.clear();
      queue_bytes_ = 0;
      for (const auto& waiting : queue_) queue_bytes_ += waiting.bytes;
      burn(clocks);
      return;
    }
    case CommitResult::deposed:
    case CommitResult::head_gone: {
      const auto batch = std::exchange(batch_, {});
      for (const auto& waiting : batch)
        answer(waiting, reply_for(end.fate, waiting.decision.reply, "leadership was lost while it was written"));
      if (end.result == CommitResult::head_gone) proposed_ = commit_->plan().next;
      commit_.reset();
      claiming_ = false;
      stop(end.result == CommitResult::head_gone ? Over::head_gone : Over::deposed,
           why.empty() ? "the register was changed by another master" : why);
      return;
    }
  }
}

void Leader::committed(Clocks clocks) {
  told_failure_.clear();
  put_failing_since_ = {};
  const bool had_segment = commit_->plan().segment.has_value();
  head_ = commit_->plan().next;
  version_ = commit_->end().version;
  commit_.reset();
  if (had_segment) {
    sizes_.segment_bytes += segment_->size();
    compaction_.committed(segment_->size());
    if (!wrote_) note_first_write(clocks);
  }
  segment_.reset();
  compaction_.named(clocks, head_, sizes_);
  for (const auto& waiting : batch_)
    for (const auto& record : waiting.decision.records) take(clocks, record);
  publish();
  const auto batch = std::exchange(batch_, {});
  for (const auto& waiting : batch) answer(waiting, waiting.decision.reply);
  if (head_.ended) refuse_all_that_waits();
  forget_when_due(clocks);
  start_batch(clocks);
}

void Leader::take(Clocks clocks, const model::Record& record) {
  uploads_.committed(committed_, record);
  const std::string_view job = model::job_of(record.key);
  const bool tells = record.key.ends_with("/state") || record.key.starts_with("history/");
  const auto before = tells ? committed_.jobs().find(job) : nullptr;
  const auto fault = committed_.apply(record);
  STELLWERK_ASSERT(!fault, "a decision's own records can be read");
  if (tells) job_notes_.changed(clocks.now, job, before.get(), committed_.jobs().find(job).get(), out_);
  if (!job.empty()) changed_keys_.push_back(record.key);
}

/// It is tried again several times a second; the log says it once a minute.
void Leader::tell_failure(Clocks clocks, std::string text) {
  if (text == told_failure_ && clocks.now < tell_failure_at_) return;
  out_.note(NoteLevel::warn, text);
  told_failure_ = std::move(text);
  tell_failure_at_ = clocks.now + options_.limits.tell_again_after;
}

void Leader::note_first_write(Clocks clocks) {
  wrote_ = true;
  takeover_.times.first_write = clocks.now;
  Waiting amendment;
  amendment.change = jobs::AmendTakeover{head_.epoch, encode_takeover(head_.epoch, takeover_)};
  amendment.deadline = Time::max();
  amendment_ = std::move(amendment);
  amend_alone_at_ = clocks.now + options_.limits.amend_after;
}

void Leader::burn(Clocks clocks) {
  wake_at_ = std::max(clocks.now, burnt_at_ + options_.limits.burn_pause);
  claiming_ = true;
}

Settler Leader::retire(Clocks clocks, std::string why) {
  for (const auto& waiting : std::exchange(queue_, {}))
    answer(waiting, {Reply::Kind::unavailable, waiting.decision.reply.job, "Nothing happened: " + why, {}});
  refuse_uploads(uploads_.take_all(), Reply::Kind::unavailable, "Nothing happened: " + why);
  if (!commit_) return {};
  std::vector<SettlingCaller> callers;
  for (const auto& waiting : batch_)
    if (waiting.ticket != 0) {
      Reply reply = waiting.decision.reply;
      reply.position = commit_->plan().next.position();
      callers.push_back({waiting.ticket, waiting.deadline, std::move(reply)});
    }
  batch_.clear();
  Settler settler(std::move(*commit_), op_, std::move(callers));
  commit_.reset();
  settler.begin(clocks, out_);
  return settler;
}

}  // namespace stellwerk::master
