#include "master/master.h"

#include <algorithm>

#include "base/ids.h"
#include "base/json.h"

namespace stellwerk::master {

using journal::CommitResult;
using journal::CommitStep;
using model::Head;

namespace {

/// Between two tries of a claim that was refused.
constexpr std::chrono::milliseconds kClaimPause{20};

}  // namespace

void Master::follow_up_standing(Clocks clocks) {
  auto finding = standing_.take_finding();
  if (!finding) return;
  dirty_ = true;
  if (role_ == Role::starting) set_role(Role::follower);
  look_for_holes();
  if (leader_ || (claim_ && claim_->stands)) return;
  // The check took a while: what the watch has brought since may be newer than its reading.
  if (follower_.heard() && follower_.version() != finding->reading.version) return look_at_head();
  founding_ = !finding->reading.bytes;
  follower_.on_head(clocks, finding->reading, out_);
  if (follower_.head()) note_leader(*follower_.head());
}

void Master::join_if_fit(Clocks clocks) {
  if (in_queue_ || leave_op_ != 0 || parting_ || ending_ || exited_ || refused_ || clocks.now < not_before_) return;
  if (coordination_.state != "connected" || !standing_.passed()) return;
  const bool applied = follower_.complete() || (founding_ && !follower_.head());
  if (!applied && options_.safeguards.apply_before_lead) return;
  if (follower_.head() && follower_.head()->ended) return;
  in_queue_ = true;
  dirty_ = true;
  out_.push(Join{options_.self});
}

void Master::leave_if_unfit(Clocks clocks) {
  if (!in_queue_ || leader_ || claim_ || !options_.safeguards.stand_only_if_healthy) return;
  if (standing_.refused() || !follower_.fault().empty()) leave_queue(clocks);
}

void Master::leave_queue(Clocks clocks) {
  if (!in_queue_) return;
  if (claim_) drop_claim(clocks, "it is not in the queue any more");
  deadline_.reset(clocks.now);
  in_queue_ = false;
  may_claim_ = false;
  dirty_ = true;
  leave_op_ = out_.next_op();
  out_.push(Leave{leave_op_});
}

void Master::leave_sick(Clocks clocks, const std::string& why) {
  using namespace std::chrono;
  sick_pause_ = std::clamp(sick_pause_ * 2, milliseconds(1000), options_.limits.sick_pause_max);
  not_before_ = clocks.now + sick_pause_;
  out_.note(NoteLevel::error, "Leaving the queue for " + std::to_string(sick_pause_.count()) + " ms: " + why);
  if (claim_) drop_claim(clocks, why);
  if (leader_) end_term(clocks, why);
  leave_queue(clocks);
  // Whatever made it sick: it stands again only when a new look finds nothing wrong.
  standing_.check_again();
}

// ---- claiming ----

std::optional<Head> Master::claimed_head(Clocks clocks) const {
  Head next;
  if (follower_.head()) {
    next = *follower_.head();
    if (next.ended) return std::nullopt;
  } else if (founding_) {
    next.cluster = options_.new_cluster;
  } else {
    return std::nullopt;
  }
  if (next.epoch >= model::kEpochMax) return std::nullopt;
  ++next.epoch;
  next.leader = {options_.self.id, options_.self.rest, options_.self.rpc};
  next.since_ms = clocks.wall;
  return next;
}

void Master::try_claim(Clocks clocks) {
  if (!may_claim_ || leader_ || claim_ || parting_ || ending_ || exited_ || read_op_ != 0 || lost_head_) return;
  if (clocks.now < claim_again_at_) return;
  if (!standing_.passed() && options_.safeguards.stand_only_if_healthy) return;
  auto next = claimed_head(clocks);
  if (!next) return;
  if (options_.safeguards.match_cluster && !founding_ && next->cluster != standing_.cluster()) {
    // It was emptied and begun anew since the check: what storage holds must be looked at again.
    standing_.check_again();
    return;
  }
  next->stamp = stamps_.next();
  const bool has_cluster_file = next->seq > 0 || next->snapshot.has_value();
  claim_.emplace(
      Claim{journal::Commit({std::move(*next), follower_.version(), std::nullopt}, options_.safeguards.commit),
            0,
            {},
            false,
            has_cluster_file,
            0,
            clocks.now});
  set_role(Role::claiming);
  perform_claim(clocks, claim_->commit.start());
}

void Master::perform_claim(Clocks clocks, CommitStep step) {
  claim_->op = 0;
  switch (step) {
    case CommitStep::write_head:
      claim_->op = out_.next_op();
      out_.push(WriteHead{claim_->op, model::encode_head(claim_->commit.plan().next), claim_->commit.plan().expected});
      return;
    case CommitStep::read_head:
      claim_->op = out_.next_op();
      out_.push(ReadHead{claim_->op});
      return;
    case CommitStep::put_segment:
    case CommitStep::wait: claim_->wake_at = clocks.now + claim_->commit.backoff(); return;
    case CommitStep::finished: break;
  }
  if (claim_->commit.end().result == CommitResult::committed) {
    claim_stands(clocks);
    return;
  }
  // The former leader committed in between, or somebody else was faster: look, then try again.
  drop_claim(clocks, "the register had changed");
  claim_again_at_ = clocks.now + kClaimPause;
  read_op_ = out_.next_op();
  out_.push(ReadHead{read_op_});
}

void Master::claim_stands(Clocks clocks) {
  claim_->stands = true;
  claim_->op = 0;
  takeover_.claimed = clocks.now;
  const Head& head = claim_->commit.plan().next;
  follower_.on_head(clocks, {model::encode_head(head), claim_->commit.end().version}, out_);
  note_leader(head);
  founding_ = false;
}

void Master::continue_claim(Clocks clocks) {
  if (!claim_->stands) return;
  if (!claim_->cluster_file && claim_->cluster_op == 0 && clocks.now >= claim_->wake_at) {
    claim_->cluster_op = out_.next_op();
    const std::string bytes = encode_cluster_file(claim_->commit.plan().next.cluster);
    out_.push(PutBlob{claim_->cluster_op, std::string(kClusterFile), [bytes] { return bytes; }});
  }
  if (claim_->cluster_file && (follower_.complete() || !options_.safeguards.apply_before_lead)) {
    lead(clocks);
    return;
  }
  if (clocks.now - claim_->since > pace_.patience(clocks.now, options_.limits.sick_after) &&
      coordination_.state == "connected")
    leave_sick(clocks, follower_.fault().empty() ? "the journal could not be read in time" : follower_.fault());
}

void Master::drop_claim(Clocks clocks, const std::string& why) {
  (void)clocks;
  if (claim_->stands) out_.note(NoteLevel::warn, "Gave up epoch " + std::to_string(epoch_) + " before serving: " + why);
  claim_.reset();
  set_role(Role::follower);
}

void Master::lead(Clocks clocks) {
  takeover_.complete = clocks.now;
  Term term;
  term.head = claim_->commit.plan().next;
  term.version = claim_->commit.end().version;
  term.takeover = {options_.self.rest, options_.self.id, previous_leader_, clocks.wall, takeover_};
  if (options_.safeguards.quarantine) term.quarantines = follower_.quarantines(clocks.wall);
  term.sizes = follower_.sizes();
  term.state = follower_.take_state();
  const auto jobs = term.state.counts().running;
  claim_.reset();
  leader_.emplace(options_, stamps_, std::move(term), out_);
  set_role(Role::leader);
  const std::string session =
      make_uuid({std::hash<std::string>{}(options_.self.id), static_cast<std::uint64_t>(epoch_)});
  out_.note(NoteLevel::info, options_.self.rest + " was granted leadership with leaderSessionID=" + session +
                                 " epoch=" + std::to_string(epoch_));
  out_.note(NoteLevel::info, "Successfully recovered " + std::to_string(jobs) + " persisted jobs.");
  json::object announced{{"id", options_.self.id}, {"rest", options_.self.rest}, {"rpc", options_.self.rpc},
                         {"epoch", epoch_},        {"since", clocks.wall},       {"cluster", cluster_}};
  out_.push(Announce{json::serialize(announced)});
  leader_->set_acting(deadline_.acting(clocks.now));
  leader_->begin(clocks, coordination_.state == "connected");
  look_for_holes();
}

}  // namespace stellwerk::master
