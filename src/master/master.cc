#include "master/master.h"

#include <algorithm>

namespace stellwerk::master {

using model::Head;

namespace {

/// A former leader lets others pass before it joins again.
constexpr std::chrono::milliseconds kRejoinPause{1000};
/// Between two views for the sake of what is heard of tasks alone.
constexpr std::chrono::milliseconds kShowTasks{100};

}  // namespace

std::string_view to_string(Role role) noexcept {
  switch (role) {
    case Role::starting: return "starting";
    case Role::follower: return "follower";
    case Role::claiming: return "claiming";
    case Role::leader: return "leader";
  }
  return "starting";
}

Master::Master(Options options)
    : options_(std::move(options)),
      stamps_(options_.self.id),
      standing_(options_),
      follower_(options_),
      workers_(options_.workers) {
  coordination_.state = "connecting";
}

std::vector<Effect> Master::step(Clocks clocks, Event event) {
  if (exited_) return {};
  // Before anything else: whoever was stopped for a while must not act on what waited for it.
  deadline_.beat(clocks.now);
  if (leader_) leader_->set_acting(deadline_.acting(clocks.now));
  workers_.act(clocks, acting(clocks.now), out_);
  hear_storage(clocks, event);
  std::visit([&](auto& e) { handle(clocks, e); }, event);
  after_step(clocks);
  std::vector<Effect> effects = out_.take();
  for (const Effect& effect : effects) pace_.asked(clocks.now, effect);
  return effects;
}

// ---- what every step ends with ----

void Master::after_step(Clocks clocks) {
  if (exited_) return;
  follow_up_standing(clocks);
  if (leader_) check_term(clocks);
  if (claim_) continue_claim(clocks);
  if (parting_) continue_parting(clocks);
  watch_for_end(clocks);
  leave_if_unfit(clocks);
  join_if_fit(clocks);
  try_claim(clocks);
  schedule(clocks);
  std::erase_if(settlers_, [](const Settler& settler) { return settler.done(); });
  if (shown_reason_ != standing_.reason()) {
    shown_reason_ = standing_.reason();
    dirty_ = true;
  }
  tell_storage(clocks);
  show(clocks);
}

void Master::show(Clocks clocks) {
  workers_.act(clocks, acting(clocks.now), out_);
  if (dirty_) workers_.become(clocks, worker_role(), out_);
  if (workers_.take_changed()) {
    shown_workers_ = std::make_shared<const jobs::WorkerTable>(workers_.share_table());
    dirty_ = true;
  }
  show_tasks(clocks);
  if (std::exchange(dirty_, false)) out_.push(Publish{});
}

void Master::show_tasks(Clocks clocks) {
  // Before that, what is missing there would be taken for what nobody has heard of.
  if (!scheduler_ || !scheduler_->loaded()) return;
  if (scheduler_->take_shown_changed() || !shown_tasks_) {
    shown_tasks_ = std::make_shared<const jobs::TaskTable>(scheduler_->share_shown());
    tasks_wait_ = true;
  }
  if (!tasks_wait_ || clocks.now < show_tasks_at_) return;
  tasks_wait_ = false;
  show_tasks_at_ = clocks.now + kShowTasks;
  dirty_ = true;
}

void Master::set_role(Role role) {
  if (role_ == role) return;
  role_ = role;
  dirty_ = true;
}

void Master::exit(int code, std::string why) {
  if (exited_) return;
  exited_ = true;
  out_.push(Exit{code, std::move(why)});
}

// ---- time ----

void Master::handle(Clocks clocks, event::Beat&) {
  const bool connected = coordination_.state == "connected";
  look_on(clocks);
  follower_.beat(clocks, out_);
  if (leader_) leader_->beat(clocks, connected);
  if (claim_ && claim_->op == 0 && !claim_->stands && clocks.now >= claim_->wake_at)
    perform_claim(clocks, claim_->commit.on_wake());
  for (auto& settler : settlers_) settler.beat(clocks, out_);
  if (ending_) ending_->beat(clocks, options_, out_);
  workers_.beat(clocks, out_);
  if (scheduler_ && acting(clocks.now)) scheduler_->beat(clocks, leader_->state(), out_);
}

void Master::look_on(Clocks clocks) {
  if (!ending_) standing_.beat(clocks, coordination_.state == "connected", out_);
}

void Master::handle(Clocks clocks, event::Slice&) {
  follower_.slice(clocks, out_);
  if (scheduler_ && !scheduler_->loaded() && scheduler_->load(leader_->state())) out_.push(Continue{});
}

// ---- the coordination's words ----

void Master::handle(Clocks clocks, event::StatusChanged& e) {
  if (coordination_ == e.status) return;
  if (coordination_.state != e.status.state)
    out_.note(e.status.state == "connected" ? NoteLevel::info : NoteLevel::warn,
              "Coordination (" + e.status.type + ") is " + e.status.state +
                  (e.status.detail.empty() ? "" : ": " + e.status.detail));
  const bool back = e.status.state == "connected" && coordination_.state != "connected";
  coordination_ = e.status;
  dirty_ = true;
  look_on(clocks);
  if (back) on_coordination_back(clocks);
}

/// What tries more and more seldom while there is no connection need not wait out its pause.
void Master::on_coordination_back(Clocks clocks) {
  if (leader_) leader_->on_coordination_back(clocks);
  for (auto& settler : settlers_) settler.on_coordination_back(clocks, out_);
  if (claim_ && claim_->op == 0 && !claim_->stands && claim_->commit.on_coordination_back())
    perform_claim(clocks, claim_->commit.on_wake());
}

void Master::handle(Clocks clocks, event::Contact& e) {
  // Whoever has given up its place must not act on, however lively its session is.
  if (!in_queue_) return;
  deadline_.contact(e.sent, e.valid_for);
  if (!leader_) return;
  leader_->set_acting(deadline_.acting(clocks.now));
  leader_->beat(clocks, coordination_.state == "connected");
}

void Master::handle(Clocks clocks, event::MayClaim& e) {
  may_claim_ = true;
  takeover_ = {};
  takeover_.noticed = std::min(e.noticed, clocks.now);
  takeover_.lock = clocks.now;
  previous_leader_ = known_leader_ ? known_leader_->address.rest : std::string();
  if (!founding_ || follower_.head()) return;
  // Who held the lock since our check may have begun a cluster, and somebody emptied the register.
  founding_ = false;
  standing_.check_again();
  look_on(clocks);
}

void Master::handle(Clocks clocks, event::LockLost& e) {
  in_queue_ = false;
  may_claim_ = false;
  leave_op_ = 0;
  deadline_.reset(clocks.now);
  out_.note(NoteLevel::warn, "Lost the place in the queue: " + e.why);
  if (claim_) drop_claim(clocks, e.why);
  if (leader_) end_term(clocks, e.why);
  // Whoever comes back after a lost session looks at register and storage again before it stands.
  standing_.check_again();
  dirty_ = true;
}

void Master::handle(Clocks clocks, event::HeadSeen& e) {
  if (leader_) {
    leader_->on_head_seen(e.reading);
    return;
  }
  if (claim_ && claim_->stands) return;
  const auto before = follower_.head();
  follower_.on_head(clocks, e.reading, out_);
  const auto& now = follower_.head();
  if (now) note_leader(*now);
  if (e.reading.bytes) founding_ = false;
  // Only an older copy or another cluster can look like this: whoever stands must look again.
  if (before && now && (now->cluster != before->cluster || now->epoch < before->epoch || now->seq < before->seq) &&
      options_.safeguards.check_before_join)
    standing_.check_again();
  // The register has gone from under a cluster that we know: nobody founds another one on its files.
  if (!e.reading.bytes && standing_.passed() && !founding_) standing_.check_again();
  dirty_ = true;
}

void Master::handle(Clocks, event::MembersSeen& e) {
  members_ = std::move(e.members);
  dirty_ = true;
}

void Master::handle(Clocks clocks, event::Refused& e) {
  refused_ = e.error;
  in_queue_ = false;
  may_claim_ = false;
  out_.note(NoteLevel::error, e.error.text);
  if (claim_) drop_claim(clocks, e.error.text);
  if (leader_) end_term(clocks, e.error.text);
  dirty_ = true;
}

// ---- workers ----

void Master::handle(Clocks clocks, event::LinkOpened& e) {
  workers_.opened(clocks, e.link, std::move(e.peer), out_);
}

void Master::handle(Clocks clocks, event::LinkReceived& e) {
  workers_.received(clocks, e.link, e.message, out_);
}

void Master::handle(Clocks clocks, event::LinkClosed& e) {
  workers_.closed(clocks, e.link, e.why, out_);
}

// ---- the ends of operations: each is somebody's, or nobody's any more ----

void Master::handle(Clocks clocks, event::Left& e) {
  if (parting_ && e.op != 0 && e.op == parting_->leave_op) {
    const Parting parting = *parting_;
    parting_.reset();
    if (leader_) end_term(clocks, parting.stop ? "shutting down" : "leadership was handed over");
    if (parting.ticket != 0) {
      jobs::Reply reply;
      reply.text = parting.next.rest;
      out_.push(Answer{parting.ticket, std::move(reply)});
    }
    not_before_ = clocks.now + kRejoinPause;
    if (parting.stop) exit(0, "stopped");
    return;
  }
  if (e.op != 0 && e.op == leave_op_) leave_op_ = 0;
}

void Master::handle(Clocks clocks, event::HeadRead& e) {
  if (standing_.on_head_read(clocks, e.op, e.result, out_)) return;
  if (follower_.on_head_read(clocks, e.op, e.result, out_)) return;
  if (leader_ && leader_->on_head_read(clocks, e.op, e.result)) return;
  if (claim_ && e.op == claim_->op) {
    claim_->op = 0;
    perform_claim(clocks, claim_->commit.on_read(e.result));
    return;
  }
  if (e.op != 0 && e.op == read_op_) {
    read_op_ = 0;
    if (e.result.has_value()) follower_.on_head(clocks, *e.result, out_);
    if (follower_.head()) note_leader(*follower_.head());
    claim_again_at_ = {};
    return;
  }
  if (e.op != 0 && e.op == refresh_op_) {
    refresh_op_ = 0;
    if (e.result.has_value()) {
      event::HeadSeen seen{*e.result};
      handle(clocks, seen);
    }
    return;
  }
  for (auto& settler : settlers_)
    if (settler.on_head_read(clocks, e.op, e.result, out_)) return;
}

void Master::handle(Clocks clocks, event::HeadWritten& e) {
  if (leader_ && leader_->on_head_written(clocks, e.op, e.result)) return;
  if (claim_ && e.op == claim_->op) {
    claim_->op = 0;
    perform_claim(clocks, claim_->commit.on_write(e.result));
    return;
  }
  for (auto& settler : settlers_)
    if (settler.on_head_written(clocks, e.op, e.result, out_)) return;
}

void Master::handle(Clocks clocks, event::Loaded& e) {
  follower_.on_loaded(clocks, e.op, std::move(e.result), out_);
}

void Master::handle(Clocks clocks, event::Got& e) {
  standing_.on_got(clocks, e.op, e.result, out_);
}

void Master::handle(Clocks clocks, event::Put& e) {
  if (leader_ && leader_->on_put(clocks, e.op, e.result, e.bytes)) return;
  if (!claim_ || e.op == 0 || e.op != claim_->cluster_op) return;
  claim_->cluster_op = 0;
  switch (e.result.outcome) {
    case PutOutcome::ok: claim_->cluster_file = true; return;
    case PutOutcome::exists:
      leave_sick(clocks, options_.storage +
                             " belongs to another cluster; set another high-availability.cluster-id "
                             "or storageDir");
      standing_.check_again();
      return;
    case PutOutcome::not_done:
    case PutOutcome::unknown:
      out_.note(NoteLevel::warn, "Could not write cluster.json to " + options_.storage + ": " + e.result.error.text);
      claim_->wake_at = clocks.now + options_.limits.retry_pause;
      return;
  }
}

void Master::handle(Clocks clocks, event::Listed& e) {
  if (standing_.on_looked(clocks, e.op, e.result)) return look_for_holes();
  if (standing_.on_listed(clocks, e.op, e.result, out_)) return look_on(clocks);
  if (follower_.on_listed(clocks, e.op, e.result, out_)) return;
  if (leader_ && leader_->on_listed(clocks, e.op, e.result)) return;
  if (ending_ && ending_->on_listed(clocks, e.op, e.result, options_, out_)) return;
  if (e.op == 0 || e.op != verify_op_) return;
  verify_op_ = 0;
  if (!lost_head_) return;
  const Head lost = *lost_head_;
  lost_head_.reset();
  bool sound = e.result.has_value();
  if (sound)
    for (const auto& blob : *e.result) {
      const auto file = model::parse_file_name(blob.name);
      if (file && (file->at.epoch > lost.epoch || (file->at.epoch == lost.epoch && file->at.seq > lost.seq + 1)))
        sound = false;
    }
  if (!sound || !may_claim_) {
    standing_.check_again();
    return;
  }
  out_.note(NoteLevel::warn, "The register was deleted while this master led; making it anew in the next epoch");
  Head next = lost;
  ++next.epoch;
  next.leader = {options_.self.id, options_.self.rest, options_.self.rpc};
  next.since_ms = clocks.wall;
  next.stamp = stamps_.next();
  takeover_ = {};
  takeover_.noticed = clocks.now;
  takeover_.lock = clocks.now;
  claim_.emplace(Claim{journal::Commit({std::move(next), lost_version_, std::nullopt}, options_.safeguards.commit),
                       0,
                       {},
                       false,
                       true,
                       0,
                       clocks.now});
  set_role(Role::claiming);
  perform_claim(clocks, claim_->commit.start());
}

void Master::handle(Clocks clocks, event::Removed& e) {
  if (leader_ && leader_->on_removed(clocks, e.op, e.result)) return;
  if (ending_) ending_->on_removed(clocks, e.op, e.result, options_, out_);
}

void Master::handle(Clocks clocks, event::Probed& e) {
  const bool was = standing_.passed();
  standing_.rely_on(leader_ ? std::optional(leader_->head()) : follower_.complete() ? follower_.head() : std::nullopt);
  standing_.on_probed(clocks, e.op, e.result, out_);
  // A watch that was lost must not leave a follower behind for ever: it also looks by itself.
  if (!leader_ && !claim_ && coordination_.state == "connected" && options_.safeguards.look_beside_watch)
    look_at_head();
  if (was && !standing_.passed()) {
    dirty_ = true;
    // A leader's own puts tell more than a probe, and a full store is no reason to leave.
    const bool full = e.result.has_error() && e.result.error().code == Errc::no_space;
    if (!leader_ && !full && options_.safeguards.stand_only_if_healthy) leave_queue(clocks);
  }
}

void Master::look_at_head() {
  if (refresh_op_ != 0) return;
  refresh_op_ = out_.next_op();
  out_.push(ReadHead{refresh_op_});
}

void Master::handle(Clocks clocks, event::Erased& e) {
  if (ending_) ending_->on_erased(clocks, e.op, e.result, options_, out_);
}

}  // namespace stellwerk::master
