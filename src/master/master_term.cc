#include "master/master.h"

#include <algorithm>

namespace stellwerk::master {

using model::Head;

namespace {

/// Other masters get so long to read a head that says that the cluster has ended.
constexpr std::chrono::milliseconds kEndPause{1000};
/// A stopping leader waits so long for the batch in flight.
constexpr std::chrono::milliseconds kStopDrain{1000};
/// A stopping master waits so long for the word that it is out of the queue.
constexpr std::chrono::milliseconds kStopLeave{2000};

}  // namespace

void Master::check_term(Clocks clocks) {
  if (leader_->head().epoch != epoch_) note_leader(leader_->head());
  if (leader_->wrote() && !takeover_.first_write) {
    takeover_.first_write = clocks.now;
    out_.note(NoteLevel::info, takeover_story());
    sick_pause_ = {};
    dirty_ = true;
  }
  if (leader_->ended() && !ending_) ending_.emplace(clocks, kEndPause);
  switch (leader_->over()) {
    case Leader::Over::no: return;
    case Leader::Over::sick: leave_sick(clocks, leader_->why_over()); return;
    case Leader::Over::deposed: {
      const std::string why = leader_->why_over();
      end_term(clocks, why);
      read_op_ = out_.next_op();
      out_.push(ReadHead{read_op_});
      // Another leads although the lock is ours: stand back and let the order of the queue decide anew.
      leave_queue(clocks);
      standing_.check_again();
      return;
    }
    case Leader::Over::head_gone: recreate_head(clocks); return;
  }
}

std::string Master::takeover_story() const {
  const auto ms = [&](const std::optional<Time>& at) {
    if (!at || !takeover_.noticed) return std::string("unknown");
    const auto tenths = (*at - *takeover_.noticed) / std::chrono::microseconds(100);
    return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " ms";
  };
  return "Takeover of epoch " + std::to_string(epoch_) + " after " +
         (previous_leader_.empty() ? "nobody" : previous_leader_) +
         ", from the first sign that the lock was free: lock " + ms(takeover_.lock) + ", claimed " +
         ms(takeover_.claimed) + ", journal applied " + ms(takeover_.complete) + ", first write durable " +
         ms(takeover_.first_write);
}

void Master::recreate_head(Clocks clocks) {
  lost_head_ = leader_->newest_possible();
  end_term(clocks, "the register was deleted");
  read_op_ = 0;
  lost_version_ = follower_.version();
  lost_version_.version = HeadVersion::kAbsent;
  verify_op_ = out_.next_op();
  out_.push(ListBlobs{verify_op_, "journal/"});
}

void Master::end_term(Clocks clocks, const std::string& why) {
  out_.note(NoteLevel::warn, options_.self.rest + " lost leadership: " + why);
  scheduler_.reset();
  shown_tasks_.reset();
  const Head head = leader_->head();
  const HeadVersion version = leader_->version();
  auto view = leader_->view();
  Settler settler = leader_->retire(clocks, why);
  if (!settler.done()) settlers_.push_back(std::move(settler));
  follower_.give_back(leader_->take_state(), head, version, leader_->sizes(), std::move(view));
  leader_.reset();
  set_role(Role::follower);
  dirty_ = true;
}

void Master::watch_for_end(Clocks clocks) {
  if (ending_) {
    if (!ending_->done()) return;
    ending_.reset();
    exit(0, "the cluster was shut down");
    return;
  }
  if (leader_ || !follower_.head() || !follower_.head()->ended) return;
  // Whoever sees the end later than the leader that wrote it leaves; a master that starts finishes it.
  if (role_ == Role::starting || !in_queue_)
    ending_.emplace(clocks, kEndPause);
  else
    exit(0, "the cluster was shut down");
}

// ---- callers ----

void Master::handle(Clocks clocks, event::Requested& e) {
  if (leader_) {
    leader_->request(clocks, e.ticket, std::move(e.change), e.deadline);
    return;
  }
  jobs::Reply reply;
  reply.kind = jobs::Reply::Kind::unavailable;
  reply.text = "Nothing happened: this master does not lead";
  out_.push(Answer{e.ticket, std::move(reply)});
}

void Master::handle(Clocks clocks, event::EndWanted& e) {
  if (leader_) {
    leader_->end_cluster(clocks, e.ticket, e.deadline);
    return;
  }
  out_.push(Answer{e.ticket, {jobs::Reply::Kind::unavailable, {}, "Nothing happened: this master does not lead", {}}});
}

void Master::handle(Clocks clocks, event::TransferWanted& e) {
  const auto refuse = [&](jobs::Reply::Kind kind, std::string text) {
    out_.push(Answer{e.ticket, {kind, {}, std::move(text), {}}});
  };
  if (!leader_) return refuse(jobs::Reply::Kind::unavailable, "Nothing happened: this master does not lead");
  if (parting_) return refuse(jobs::Reply::Kind::conflict, "leadership is being given up already");
  const auto me = std::find_if(members_.begin(), members_.end(),
                               [&](const Candidate& member) { return member.id == options_.self.id; });
  if (me == members_.end() || me + 1 == members_.end())
    return refuse(jobs::Reply::Kind::conflict, "no other master is in line");
  parting_.emplace(Parting{e.ticket, e.deadline, *(me + 1), false, 0, 0, false});
  (void)clocks;
}

void Master::handle(Clocks clocks, event::StopWanted&) {
  if (parting_ && parting_->leave_op != 0) {
    // Leadership is given up already; all that changes is that we end then.
    if (parting_->stop) return;
    if (parting_->ticket != 0)
      answer_parting(jobs::Reply::Kind::unknown, "leadership is being given up while this master shuts down");
    parting_->stop = true;
    parting_->deadline = clocks.now + kStopLeave;
    return;
  }
  if (parting_ && !parting_->stop) settle_transfer(clocks, {jobs::Reply::Kind::unavailable, {}, "shutting down", {}});
  if (!parting_) parting_.emplace(Parting{0, clocks.now + kStopDrain, {}, true, 0, 0, true});
}

void Master::handle(Clocks clocks, event::PeerAnswered& e) {
  if (!parting_ || e.op == 0 || e.op != parting_->ask_op) return;
  parting_->ask_op = 0;
  const auto conflict = [&](std::string text) {
    settle_transfer(clocks, {jobs::Reply::Kind::conflict, {}, std::move(text), {}});
  };
  if (e.result.has_error())
    return conflict("the next in line, " + parting_->next.rest + ", does not answer: " + e.result.error().text);
  if (!e.result->eligible) return conflict("the next in line, " + parting_->next.rest + ", may not lead now");
  if (leader_ && e.result->applied < leader_->head().position())
    return conflict("the next in line, " + parting_->next.rest + ", has applied " + to_string(e.result->applied) +
                    " of " + to_string(leader_->head().position()));
  parting_->caught_up = true;
}

void Master::continue_parting(Clocks clocks) {
  if (parting_->leave_op != 0) return watch_leave(clocks);
  if (!parting_->stop && clocks.now >= parting_->deadline) {
    settle_transfer(clocks, {jobs::Reply::Kind::unavailable, {}, "the next in line did not answer in time", {}});
    return;
  }
  if (!parting_->stop && !leader_) {
    settle_transfer(clocks, {jobs::Reply::Kind::unavailable, {}, "leadership was lost meanwhile", {}});
    return;
  }
  if (leader_) {
    leader_->drain(true);
    if (!leader_->idle() && !(parting_->stop && clocks.now >= parting_->deadline)) return;
    if (!parting_->caught_up) {
      if (parting_->ask_op == 0) {
        parting_->ask_op = out_.next_op();
        out_.push(AskPeer{parting_->ask_op, parting_->next.rest});
      }
      return;
    }
  }
  in_queue_ = false;
  may_claim_ = false;
  // The next in line may lead before we hear that we are out: from here on we do not act.
  deadline_.reset(clocks.now);
  parting_->leave_op = out_.next_op();
  if (parting_->stop) parting_->deadline = clocks.now + kStopLeave;
  out_.push(Leave{parting_->leave_op});
}

void Master::watch_leave(Clocks clocks) {
  if (clocks.now < parting_->deadline) return;
  if (parting_->stop) {
    if (leader_) end_term(clocks, "shutting down");
    parting_.reset();
    exit(0, "stopped; the coordination service did not answer");
  } else if (parting_->ticket != 0) {
    answer_parting(jobs::Reply::Kind::unknown,
                   "leadership is being given up, but the coordination service has not confirmed it");
  }
}

void Master::answer_parting(jobs::Reply::Kind kind, std::string text) {
  out_.push(Answer{std::exchange(parting_->ticket, 0), {kind, {}, std::move(text), {}}});
}

void Master::settle_transfer(Clocks clocks, jobs::Reply reply) {
  (void)clocks;
  if (leader_) leader_->drain(false);
  out_.push(Answer{parting_->ticket, std::move(reply)});
  parting_.reset();
}

}  // namespace stellwerk::master
