#include "master/leader.h"

#include <algorithm>

#include "base/assert.h"

namespace stellwerk::master {

using jobs::Reply;
using journal::CommitResult;
using journal::CommitStep;
using journal::Fate;

Leader::Leader(const Options& options, Stamps& stamps, Term term, Outbox& out)
    : options_(options),
      stamps_(stamps),
      out_(out),
      head_(std::move(term.head)),
      version_(term.version),
      committed_(std::move(term.state)),
      pending_(committed_.share()),
      sizes_(term.sizes),
      quarantines_(std::move(term.quarantines)),
      takeover_(std::move(term.takeover)),
      compaction_(options) {
  publish();
}

void Leader::begin(Clocks clocks) {
  forgot_at_ = clocks.now;
  std::erase_if(queue_,
                [](const Waiting& waiting) { return std::holds_alternative<jobs::BeginEpoch>(waiting.change); });
  Waiting first;
  first.change = jobs::BeginEpoch{head_.epoch, takeover_, quarantines_};
  first.deadline = Time::max();
  queue_.push_front(std::move(first));
  decide_all_again(clocks);
  start_batch(clocks);
}

void Leader::request(Clocks clocks, Ticket ticket, jobs::Change change, Time deadline) {
  Waiting waiting;
  waiting.ticket = ticket;
  waiting.bytes = jobs::bytes_of(change);
  waiting.change = std::move(change);
  waiting.deadline = deadline;
  if (!admit(waiting)) return;
  decide(clocks, waiting);
  if (!options_.safeguards.answer_when_durable) {
    answer(waiting, waiting.decision.reply);
    waiting.ticket = 0;
  }
  // An answer that changes nothing still rests on everything decided before it (P3).
  // While the lock may have passed on, somebody else may know better: then it waits like a change.
  if (waiting.decision.records.empty() && queue_.empty() && batch_.empty() && acting_) {
    answer(waiting, waiting.decision.reply);
    return;
  }
  queue_bytes_ += waiting.bytes;
  queue_.push_back(std::move(waiting));
  start_batch(clocks);
}

bool Leader::admit(Waiting& waiting) {
  Reply reply;
  if (head_.ended) {
    reply = {Reply::Kind::unavailable, {}, "The cluster is being shut down", {}};
  } else if (queue_.size() >= options_.limits.pending_changes ||
             queue_bytes_ + waiting.bytes > options_.limits.pending_bytes) {
    reply = {Reply::Kind::overloaded, {}, "Nothing happened: too many changes are waiting; try again later", {}};
  } else {
    return true;
  }
  answer(waiting, reply);
  return false;
}

void Leader::end_cluster(Clocks clocks, Ticket ticket, Time deadline) {
  Waiting waiting;
  waiting.ticket = ticket;
  waiting.ends_cluster = true;
  waiting.deadline = deadline;
  waiting.decision.reply = {Reply::Kind::accepted, {}, {}, {}};
  if (!admit(waiting)) return;
  queue_.push_back(std::move(waiting));
  start_batch(clocks);
}

void Leader::decide(Clocks clocks, Waiting& waiting) {
  if (waiting.ends_cluster) return;
  waiting.decision = jobs::decide(pending_, waiting.change, clocks.wall, options_.jobs, options_.safeguards.jobs);
  for (const auto& record : waiting.decision.records) {
    const auto fault = pending_.apply(record);
    STELLWERK_ASSERT(!fault, "a decision's own records can be read");
  }
}

void Leader::decide_all_again(Clocks clocks) {
  pending_ = committed_.share();
  for (auto& waiting : queue_) {
    decide(clocks, waiting);
  }
}

void Leader::start_batch(Clocks clocks) {
  if (commit_ || claiming_ || draining_ || !acting_ || !connected_ || over_ != Over::no || clocks.now < wake_at_)
    return;
  STELLWERK_ASSERT(batch_.empty(), "one batch at a time");
  std::vector<model::Record> records;
  std::size_t bytes = 0;
  std::size_t changes = 0;
  while (!queue_.empty()) {
    Waiting& next = queue_.front();
    if (next.ends_cluster && !batch_.empty()) break;
    std::size_t size = 0;
    for (const auto& record : next.decision.records) size += record.bytes();
    const bool full = changes >= options_.limits.batch_changes || bytes + size > options_.limits.batch_bytes;
    if (full && !records.empty()) break;
    bytes += size;
    ++changes;
    records.insert(records.end(), next.decision.records.begin(), next.decision.records.end());
    queue_bytes_ -= next.bytes;
    const bool last = next.ends_cluster;
    batch_.push_back(std::move(next));
    queue_.pop_front();
    if (last) break;
  }
  model::Head next = head_;
  next.stamp = stamps_.next();
  if (records.empty()) {
    const bool ends = !batch_.empty() && batch_.back().ends_cluster;
    if (!ends && !compaction_.waiting_to_be_named()) {
      for (const auto& waiting : batch_) answer(waiting, waiting.decision.reply);
      batch_.clear();
      return;
    }
    next.ended = ends;
    compaction_.name_in(next);
    start_commit(std::move(next), nullptr);
    perform(clocks, commit_->start());
    return;
  }
  journal::FileHeader header;
  header.cluster = head_.cluster;
  header.at = {head_.epoch, head_.seq + 1};
  header.previous = head_.position();
  header.snapshot = head_.snapshot;
  next.append(head_.epoch);
  compaction_.name_in(next);
  start_commit(std::move(next), std::make_shared<const std::string>(journal::encode_segment(header, records)));
  perform(clocks, commit_->start());
}

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
  switch (step) {
    case CommitStep::put_segment: {
      op_ = out_.next_op();
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
        begin(clocks);
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
      out_.note(NoteLevel::warn, "Could not write to " + options_.storage + ": " + why);
      refuse_batch(full ? Reply::Kind::no_space : Reply::Kind::unavailable,
                   "Nothing happened: " + options_.storage + " could not be written: " + why);
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
  put_failing_since_ = {};
  const bool had_segment = commit_->plan().segment.has_value();
  head_ = commit_->plan().next;
  version_ = commit_->end().version;
  commit_.reset();
  if (had_segment) {
    sizes_.segment_bytes += segment_->size();
    compaction_.committed(segment_->size());
    wrote_ = true;
  }
  segment_.reset();
  compaction_.named(clocks, head_, sizes_);
  for (const auto& waiting : batch_)
    for (const auto& record : waiting.decision.records) {
      const auto fault = committed_.apply(record);
      STELLWERK_ASSERT(!fault, "a decision's own records can be read");
    }
  publish();
  const auto batch = std::exchange(batch_, {});
  for (const auto& waiting : batch) answer(waiting, waiting.decision.reply);
  start_batch(clocks);
}

void Leader::publish() {
  view_ = std::make_shared<const jobs::ClusterState>(committed_.share());
  out_.push(Publish{});
}

void Leader::answer(const Waiting& waiting, Reply reply) {
  if (waiting.ticket == 0) return;
  reply.position = head_.position();
  out_.push(Answer{waiting.ticket, std::move(reply)});
}

void Leader::refuse_batch(Reply::Kind kind, const std::string& text) {
  const auto batch = std::exchange(batch_, {});
  for (auto it = batch.rbegin(); it != batch.rend(); ++it) {
    if (it->ticket == 0) {
      queue_bytes_ += it->bytes;
      queue_.push_front(*it);  // our own: there is nobody to tell
      continue;
    }
    Reply reply{kind, it->decision.reply.job, text, {}};
    answer(*it, std::move(reply));
  }
}

void Leader::burn(Clocks clocks) {
  wake_at_ = std::max(clocks.now, burnt_at_ + options_.limits.burn_pause);
  claiming_ = true;
}

void Leader::beat(Clocks clocks, bool connected) {
  connected_ = connected;
  expire_callers(clocks);
  if (over_ != Over::no) return;
  if (put_failing_since_ != Time{} && connected_ && clocks.now - put_failing_since_ > options_.limits.sick_after) {
    stop(Over::sick,
         "storage has failed for " +
             std::to_string(std::chrono::duration_cast<std::chrono::seconds>(options_.limits.sick_after).count()) +
             " s");
    return;
  }
  if (commit_) {
    if (op_ == 0 && clocks.now >= wake_at_) perform(clocks, commit_->on_wake());
    return;
  }
  if (clocks.now < wake_at_ || !acting_ || !connected_) return;
  if (claiming_) {
    burnt_at_ = clocks.now;
    if (!options_.safeguards.burn_tainted_epoch) {
      claiming_ = false;
    } else {
      model::Head next = head_;
      next.stamp = stamps_.next();
      ++next.epoch;
      next.since_ms = clocks.wall;
      start_commit(std::move(next), nullptr);
      perform(clocks, commit_->start());
      return;
    }
  }
  if (draining_) return;
  if (clocks.now - forgot_at_ >= options_.limits.forget_every && queue_.empty()) {
    forgot_at_ = clocks.now;
    request(clocks, 0, jobs::ForgetOldJobs{}, Time::max());
  }
  if (wrote_) compaction_.beat(clocks, head_, committed_, sizes_, out_);
  if (!commit_ && (!queue_.empty() || compaction_.waiting_to_be_named())) start_batch(clocks);
}

void Leader::expire_callers(Clocks clocks) {
  bool removed = false;
  std::erase_if(queue_, [&](const Waiting& waiting) {
    if (waiting.deadline > clocks.now) return false;
    answer(waiting, {Reply::Kind::unavailable,
                     waiting.decision.reply.job,
                     "Nothing happened: the change could not be written in time",
                     {}});
    queue_bytes_ -= waiting.bytes;
    removed = true;
    return true;
  });
  for (auto& waiting : batch_) {
    if (waiting.ticket == 0 || waiting.deadline > clocks.now) continue;
    answer(waiting, reply_for(Fate::unknown, waiting.decision.reply, "it is still being written"));
    waiting.ticket = 0;
  }
  if (!removed) return;
  // What was decided after a change that will not happen may come out differently.
  pending_ = committed_.share();
  for (const auto& waiting : batch_)
    for (const auto& record : waiting.decision.records) pending_.apply(record);
  for (auto& waiting : queue_) decide(clocks, waiting);
}

void Leader::on_head_seen(const HeadReading& reading) {
  // What a watch brings may be older than what we wrote since: only a reading of our own tells.
  if (commit_ || over_ != Over::no || verify_op_ != 0 || reading.version == version_) return;
  verify_op_ = out_.next_op();
  verified_version_ = version_;
  out_.push(ReadHead{verify_op_});
}

void Leader::verify(const Result<HeadReading>& result) {
  verify_op_ = 0;
  if (result.has_error() || commit_ || version_ != verified_version_ || result->version == version_) return;
  if (result->bytes)
    stop(Over::deposed, "the register was changed by another master");
  else
    stop(Over::head_gone, "the register was deleted");
}

bool Leader::on_head_read(Clocks clocks, OpId op, const Result<HeadReading>& result) {
  if (op != 0 && op == verify_op_) {
    verify(result);
    return true;
  }
  if (op == 0 || op != op_ || !commit_) return false;
  perform(clocks, commit_->on_read(result));
  return true;
}

bool Leader::on_head_written(Clocks clocks, OpId op, const WriteResult& result) {
  if (op == 0 || op != op_ || !commit_) return false;
  perform(clocks, commit_->on_write(result));
  return true;
}

bool Leader::on_put(Clocks clocks, OpId op, const PutResult& result, std::size_t bytes) {
  if (compaction_.on_put(clocks, op, result, bytes, out_)) {
    start_batch(clocks);
    return true;
  }
  if (op == 0 || op != op_ || !commit_) return false;
  perform(clocks, commit_->on_put(result));
  return true;
}

bool Leader::on_listed(Clocks clocks, OpId op, const Result<std::vector<BlobInfo>>& result) {
  return compaction_.on_listed(clocks, op, result, head_, out_);
}

bool Leader::on_removed(Clocks clocks, OpId op, const Result<void>& result) {
  return compaction_.on_removed(clocks, op, result, out_);
}

void Leader::stop(Over over, std::string why) {
  over_ = over;
  why_over_ = std::move(why);
}

Settler Leader::retire(Clocks clocks, std::string why) {
  for (const auto& waiting : std::exchange(queue_, {}))
    answer(waiting, {Reply::Kind::unavailable, waiting.decision.reply.job, "Nothing happened: " + why, {}});
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
