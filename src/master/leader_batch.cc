#include "master/leader.h"

#include <algorithm>

#include "base/assert.h"

/// Changes that wait: admitted, decided upon what stands before them, gathered into one commit, answered.
namespace stellwerk::master {

using jobs::Reply;
using journal::Fate;

namespace {

constexpr const char* kEndedText = "Nothing happened: the cluster is being shut down";

}  // namespace

bool Leader::admit(Waiting& waiting) {
  Reply reply;
  if (head_.ended) {
    reply = {Reply::Kind::unavailable, {}, kEndedText, {}};
  } else if (waiting.ticket != 0 && (queue_.size() >= options_.limits.pending_changes ||
                                     queue_bytes_ + waiting.bytes > options_.limits.pending_bytes)) {
    reply = {Reply::Kind::overloaded, {}, "Nothing happened: too many changes are waiting; try again later", {}};
  } else {
    return true;
  }
  answer(waiting, reply);
  return false;
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

std::vector<model::Record> Leader::take_batch() {
  STELLWERK_ASSERT(batch_.empty(), "one batch at a time");
  std::vector<model::Record> records;
  std::size_t bytes = 0;
  bool last = false;
  while (!queue_.empty() && !last) {
    Waiting& next = queue_.front();
    last = next.ends_cluster;
    if (last && !batch_.empty()) break;
    std::size_t size = 0;
    for (const auto& record : next.decision.records) size += record.bytes();
    const bool full = batch_.size() >= options_.limits.batch_changes || bytes + size > options_.limits.batch_bytes;
    if (full && !records.empty()) break;
    bytes += size;
    records.insert(records.end(), next.decision.records.begin(), next.decision.records.end());
    queue_bytes_ -= next.bytes;
    batch_.push_back(std::move(next));
    queue_.pop_front();
  }
  return records;
}

void Leader::take_amendment_along(Clocks clocks, std::vector<model::Record>& records) {
  if (!amendment_ || records.empty()) return;
  decide(clocks, *amendment_);
  records.insert(records.end(), amendment_->decision.records.begin(), amendment_->decision.records.end());
  batch_.push_back(std::move(*amendment_));
  amendment_.reset();
}

void Leader::start_batch(Clocks clocks) {
  if (commit_ || claiming_ || draining_ || !acting_ || !connected_ || over_ != Over::no || clocks.now < wake_at_)
    return;
  std::vector<model::Record> records = take_batch();
  take_amendment_along(clocks, records);
  const bool ends = !batch_.empty() && batch_.back().ends_cluster;
  if (records.empty() && !ends && !compaction_.waiting_to_be_named()) {
    for (const auto& waiting : batch_) answer(waiting, waiting.decision.reply);
    batch_.clear();
    return;
  }
  model::Head next = head_;
  next.stamp = stamps_.next();
  std::shared_ptr<const std::string> segment;
  if (records.empty()) {
    next.ended = ends;
  } else {
    next.append(head_.epoch);
    segment = segment_of(records);
    if (!options_.safeguards.uploads.record_first)
      for (const auto& record : records)
        if (!record.value) uploads_.committed(committed_, record);
  }
  compaction_.name_in(next);
  start_commit(std::move(next), std::move(segment));
  perform(clocks, commit_->start());
}

std::shared_ptr<const std::string> Leader::segment_of(const std::vector<model::Record>& records) const {
  journal::FileHeader header;
  header.cluster = head_.cluster;
  header.at = {head_.epoch, head_.seq + 1};
  header.previous = head_.position();
  header.snapshot = head_.snapshot;
  return std::make_shared<const std::string>(journal::encode_segment(header, records));
}

void Leader::answer(const Waiting& waiting, Reply reply) {
  if (waiting.ticket == 0) return;
  reply.position = head_.position();
  out_.push(Answer{waiting.ticket, std::move(reply)});
}

void Leader::refuse_batch(Reply::Kind kind, const std::string& text) {
  const auto batch = std::exchange(batch_, {});
  for (auto it = batch.rbegin(); it != batch.rend(); ++it) {
    if (std::holds_alternative<jobs::AmendTakeover>(it->change)) {
      amendment_ = *it;  // not worth a try of its own each time that storage may be back
      continue;
    }
    if (it->ticket == 0) {
      queue_bytes_ += it->bytes;
      queue_.push_front(*it);  // our own: there is nobody to tell
      continue;
    }
    Reply reply{kind, it->decision.reply.job, text, {}};
    answer(*it, std::move(reply));
  }
}

void Leader::refuse_all_that_waits() {
  for (const auto& waiting : std::exchange(queue_, {}))
    answer(waiting, {Reply::Kind::unavailable, waiting.decision.reply.job, kEndedText, {}});
  queue_bytes_ = 0;
  refuse_uploads(uploads_.take_all(), Reply::Kind::unavailable, kEndedText);
}

void Leader::expire_callers(Clocks clocks) {
  refuse_uploads(uploads_.take_late(clocks.now), Reply::Kind::unavailable,
                 "Nothing happened: the file could not be stored in time");
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

}  // namespace stellwerk::master
