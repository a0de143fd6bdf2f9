#include "master/settler.h"

namespace stellwerk::master {

using journal::CommitStep;
using journal::Fate;

jobs::Reply reply_for(Fate fate, jobs::Reply durable, const std::string& why) {
  if (fate == Fate::durable) return durable;
  jobs::Reply reply;
  reply.job = durable.job;
  if (fate == Fate::nothing) {
    reply.kind = jobs::Reply::Kind::unavailable;
    reply.text = "Nothing happened: " + why;
  } else {
    reply.kind = jobs::Reply::Kind::unknown;
    reply.text = "It is not known whether this happened: " + why + "; look before doing it again";
  }
  return reply;
}

Settler::Settler(journal::Commit commit, OpId op, std::vector<SettlingCaller> callers)
    : commit_(std::move(commit)), op_(op), callers_(std::move(callers)) {}

void Settler::begin(Clocks clocks, Outbox& out) {
  if (!commit_) return;
  const CommitStep step = commit_->only_settle();
  // A write under way will report by itself; a pause goes on as a pause before the next reading.
  if (step == CommitStep::finished) finish(commit_->end(), out);
  if (step == CommitStep::wait) {
    waiting_ = true;
    wake_at_ = clocks.now + commit_->backoff();
  }
}

void Settler::perform(Clocks clocks, CommitStep step, Outbox& out) {
  op_ = 0;
  waiting_ = false;
  switch (step) {
    case CommitStep::read_head:
      op_ = out.next_op();
      out.push(ReadHead{op_});
      return;
    case CommitStep::finished: finish(commit_->end(), out); return;
    case CommitStep::wait:
    case CommitStep::write_head:
    case CommitStep::put_segment:
      waiting_ = true;
      wake_at_ = clocks.now + commit_->backoff();
      return;
  }
}

void Settler::beat(Clocks clocks, Outbox& out) {
  std::erase_if(callers_, [&](const SettlingCaller& caller) {
    if (caller.deadline > clocks.now) return false;
    out.push(Answer{caller.ticket, reply_for(Fate::unknown, caller.reply, "leadership was lost while it was written")});
    return true;
  });
  if (!callers_.empty() && waiting_ && clocks.now >= wake_at_) perform(clocks, commit_->on_wake(), out);
}

void Settler::on_coordination_back(Clocks clocks, Outbox& out) {
  if (!callers_.empty() && waiting_ && commit_->on_coordination_back()) perform(clocks, commit_->on_wake(), out);
}

bool Settler::on_head_read(Clocks clocks, OpId op, const Result<HeadReading>& result, Outbox& out) {
  if (op == 0 || op != op_) return false;
  perform(clocks, commit_->on_read(result), out);
  return true;
}

bool Settler::on_head_written(Clocks clocks, OpId op, const WriteResult& result, Outbox& out) {
  if (op == 0 || op != op_) return false;
  perform(clocks, commit_->on_write(result), out);
  return true;
}

void Settler::finish(const journal::CommitEnd& end, Outbox& out) {
  for (auto& caller : callers_)
    out.push(Answer{caller.ticket,
                    reply_for(end.fate, std::move(caller.reply), "leadership was lost while it was written")});
  callers_.clear();
  op_ = 0;
  waiting_ = false;
}

}  // namespace stellwerk::master
