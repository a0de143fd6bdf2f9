#include "master/leader.h"

#include <algorithm>

namespace stellwerk::master {

using jobs::Reply;

namespace {

/// Whoever wants things forgotten sooner has clocks that are right sooner.
std::chrono::milliseconds patience(const Options& options) {
  const auto& jobs = options.jobs;
  const std::int64_t shortest = std::min({jobs.history_ms, jobs.ended_ms, jobs.upload_ms, jobs.trigger_ms});
  return std::min(options.limits.believe_after, std::chrono::milliseconds(shortest));
}

}  // namespace

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
      patience_(options.limits.sick_after),
      aging_(patience(options)),
      compaction_(options),
      uploads_(options) {
  publish();
}

void Leader::begin(Clocks clocks, bool connected) {
  connected_ = connected;
  const Duration every = options_.limits.forget_every;
  forgot_at_ = clocks.now - every + std::min<Duration>(every, options_.limits.forget_first);
  aging_.look(clocks);
  begin_epoch(clocks);
}

void Leader::begin_epoch(Clocks clocks) {
  compaction_.forget_unnamed();
  drop_changes_of_epoch();
  if (options_.safeguards.uploads.own_epoch) drop_stored_uploads();
  // After a burnt epoch this is another one's record, whose first write is still to come.
  wrote_ = false;
  takeover_.times.first_write.reset();
  amendment_.reset();
  Waiting first;
  first.change = jobs::BeginEpoch{head_.epoch, encode_takeover(head_.epoch, takeover_), quarantines_};
  first.deadline = Time::max();
  queue_.push_front(std::move(first));
  decide_all_again(clocks);
  // Whoever waited for a leader comes in the next moments: its change goes along, instead of after a commit.
  if (queue_.size() == 1)
    out_.push(BeatSoon{});
  else
    start_batch(clocks);
}

/// What the epoch before has asked for itself: in this one another scheduler asks, which knows workers anew.
void Leader::drop_changes_of_epoch() {
  std::erase_if(queue_, [&](const Waiting& waiting) {
    const auto& change = waiting.change;
    if (!std::holds_alternative<jobs::BeginEpoch>(change) && !jobs::is_of_the_schedule(change)) return false;
    queue_bytes_ -= waiting.bytes;
    return true;
  });
}

void Leader::request(Clocks clocks, Ticket ticket, jobs::Change change, Time deadline) {
  if (auto* add = std::get_if<jobs::AddBundle>(&change)) {
    if (has_to_be_stored(*add)) return store({ticket, std::move(*add), deadline});
    add->bytes.reset();
  }
  Waiting waiting;
  waiting.ticket = ticket;
  waiting.bytes = jobs::bytes_of(change);
  waiting.change = std::move(change);
  waiting.deadline = deadline;
  if (!admit(waiting)) return;
  decide(clocks, waiting);
  // Asked for again every second: while nothing can be stored one of them is enough.
  if (waiting.decision.records.empty() && std::holds_alternative<jobs::BeginCheckpoint>(waiting.change)) return;
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

void Leader::publish() {
  view_ = std::make_shared<const jobs::ClusterState>(committed_.share());
  out_.push(Publish{});
}

void Leader::on_coordination_back(Clocks clocks) {
  connected_ = true;
  if (commit_ && op_ == 0 && over_ == Over::no && commit_->on_coordination_back()) perform(clocks, commit_->on_wake());
}

void Leader::beat(Clocks clocks, bool connected) {
  connected_ = connected;
  job_notes_.beat(clocks.now, out_);
  expire_callers(clocks);
  if (over_ != Over::no) return;
  if (const std::string why = trouble(clocks); !why.empty() && connected_) return stop(Over::sick, why);
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
  forget_when_due(clocks);
  if (amendment_ && clocks.now >= amend_alone_at_ && !head_.ended) {
    queue_.push_back(std::move(*amendment_));
    amendment_.reset();
    decide(clocks, queue_.back());
  }
  if (wrote_) compaction_.beat(clocks, head_, committed_, sizes_, out_);
  if (wrote_) look_after_uploads(clocks);
  if (!commit_ && (!queue_.empty() || compaction_.waiting_to_be_named())) start_batch(clocks);
}

/// Where commits follow each other without a pause, too: that is when jobs end fastest.
void Leader::forget_when_due(Clocks clocks) {
  if (!wrote_ || draining_ || head_.ended) return;
  const bool more = forgot_much_ || jobs::too_many_ended(committed_, options_.jobs, options_.limits.forget_slack);
  if (clocks.now - forgot_at_ < (more ? options_.limits.forget_pause : options_.limits.forget_every)) return;
  const auto forgets = [](const Waiting& waiting) {
    return std::holds_alternative<jobs::ForgetOldJobs>(waiting.change);
  };
  if (std::any_of(queue_.begin(), queue_.end(), forgets)) return;
  forgot_at_ = clocks.now;
  Waiting waiting;
  waiting.change = jobs::ForgetOldJobs{aging_.look(clocks)};
  waiting.bytes = jobs::bytes_of(waiting.change);
  waiting.deadline = Time::max();
  decide(clocks, waiting);
  forgot_much_ = waiting.decision.records.size() >= jobs::kForgottenMax;
  if (waiting.decision.records.empty()) return;
  queue_bytes_ += waiting.bytes;
  queue_.push_back(std::move(waiting));
}

std::string Leader::trouble(Clocks clocks) const {
  const auto longer = [&](Time since, Duration span) { return since != Time{} && clocks.now - since > span; };
  const auto seconds = [](Duration span) {
    return std::to_string(std::chrono::duration_cast<std::chrono::seconds>(span).count()) + " s";
  };
  const Duration failing = options_.limits.sick_after;
  if (longer(put_failing_since_, failing)) return "storage has failed for " + seconds(failing);
  if (longer(put_asked_at_, patience_)) return "storage has not answered for " + seconds(patience_);
  return {};
}

void Leader::write_anew(const std::string& hole) {
  out_.note(NoteLevel::error, hole + " is gone from " + options_.storage +
                                  ", which was another folder or was changed by somebody; writing all that it said "
                                  "anew, so that nobody needs it. Files of bundles may be gone too: stellwerk fsck "
                                  "tells");
  compaction_.demand();
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
  if (auto ended = uploads_.on_put(op, result, head_.epoch)) {
    stored(clocks, std::move(*ended));
    return true;
  }
  if (op == 0 || op != op_ || !commit_) return false;
  perform(clocks, commit_->on_put(result));
  return true;
}

bool Leader::on_listed(Clocks clocks, OpId op, const Result<std::vector<BlobInfo>>& result) {
  return compaction_.on_listed(clocks, op, result, head_, out_) ||
         uploads_.on_listed(clocks, op, result, head_.epoch, committed_, out_);
}

bool Leader::on_removed(Clocks clocks, OpId op, const Result<void>& result) {
  return compaction_.on_removed(clocks, op, result, out_) || uploads_.on_removed(clocks, op, result, out_);
}

void Leader::stop(Over over, std::string why) {
  over_ = over;
  why_over_ = std::move(why);
}

}  // namespace stellwerk::master
