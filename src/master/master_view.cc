#include "master/master.h"

namespace stellwerk::master {

using model::Head;

void Master::note_leader(const Head& head) {
  cluster_ = head.cluster;
  epoch_ = std::max(epoch_, head.epoch);
  known_leader_ = KnownLeader{head.leader, head.epoch, head.since_ms};
  dirty_ = true;
}

std::string Master::message() const {
  // Who led last and is a follower now knows no other leader yet.
  const bool other = known_leader_ && known_leader_->address.id != options_.self.id;
  const std::string who = other ? known_leader_->address.rest : std::string();
  if (refused_ && !leader_) return "I cannot take part: " + refused_->text;
  switch (role_) {
    case Role::leader: return "I am the leader, in epoch " + std::to_string(epoch_);
    case Role::claiming: return "I am taking over";
    case Role::starting: return "I am starting: " + standing_.reason();
    case Role::follower: break;
  }
  if (who.empty()) return "I am a follower; no leader is known";
  return "I am a follower; " + who + " leads";
}

WorkerRole Master::worker_role() const {
  WorkerRole role;
  role.leads = role_ == Role::leader;
  role.cluster = cluster_;
  if (known_leader_) role.epoch = known_leader_->epoch;
  if (known_leader_ && known_leader_->address.id != options_.self.id) role.leader = known_leader_->address.rpc;
  for (const auto& member : members_)
    if (!member.rpc.empty() && role.masters.size() < link::kMastersMax) role.masters.push_back(member.rpc);
  return role;
}

ViewPtr Master::view() const {
  auto view = std::make_shared<MasterView>();
  view->role = role_;
  view->message = message();
  view->self = options_.self;
  view->cluster = cluster_;
  view->cluster_id = options_.cluster_id;
  view->epoch = epoch_;
  view->leader = known_leader_;
  view->members = members_;
  view->coordination = coordination_;
  view->durable = options_.durable;
  view->takeover = takeover_;
  view->storage = pace_.times();
  if (refused_)
    view->eligible_reason = refused_->text;
  else if (!standing_.passed())
    view->eligible_reason = standing_.reason();
  else if (!follower_.fault().empty())
    view->eligible_reason = follower_.fault();
  else if (!leader_ && !follower_.complete() && !founding_)
    view->eligible_reason = "it has not applied everything yet";
  else if (!in_queue_)
    view->eligible_reason = "it is not in the queue";
  view->eligible = view->eligible_reason.empty();
  if (leader_) {
    view->committed = leader_->head().position();
    view->applied = view->committed;
    view->state = leader_->view();
    view->workers = shown_workers_;
    view->tasks = shown_tasks_;
  } else {
    view->committed = follower_.head() ? follower_.head()->position() : follower_.applied();
    view->applied = follower_.applied();
    view->behind_since = follower_.behind_since();
    view->state = follower_.view();
  }
  return view;
}

}  // namespace stellwerk::master
