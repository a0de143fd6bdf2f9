#include "master/master.h"

#include "base/variant.h"

/// Between the leader, which commits, the workers' connections, and the scheduler, which knows both.
namespace stellwerk::master {

void Master::schedule(Clocks clocks) {
  // What is not led by us is not ours to place; and the takeover itself comes first.
  if (!leader_ || !leader_->wrote() || exited_) return;
  const jobs::ClusterState& state = leader_->state();
  auto keys = leader_->take_changed_keys();
  // After a burnt epoch workers come anew, and those that do not had better: all that it knew of them is void.
  if (!scheduler_ || scheduled_epoch_ != leader_->head().epoch) {
    scheduled_epoch_ = leader_->head().epoch;
    scheduler_.emplace(options_.scheduler, clocks);
    shown_tasks_.reset();
    if (scheduler_->load(state)) out_.push(Continue{});
  } else if (!keys.empty()) {
    scheduler_->committed(clocks, state, leader_->head().seq, keys);
  }
  if (!scheduler_->loaded()) return;
  for (const auto& [worker, at] : workers_.take_leases()) scheduler_->leased(worker, at);
  for (auto& event : workers_.take_events()) tell_scheduler(clocks, event);
  if (!acting(clocks.now)) return;
  auto orders = scheduler_->take_orders(clocks, state);
  for (const auto& job : orders.unreadable)
    out_.note(NoteLevel::error, "Job " + job + " cannot be run: this version does not understand its specification");
  for (auto& [worker, message] : orders.messages) workers_.send(worker, std::move(message), out_);
  for (const auto& [worker, used] : scheduler_->take_used()) workers_.set_used_slots(worker, used);
  for (auto& change : orders.changes) leader_->request(clocks, 0, std::move(change), Time::max());
}

void Master::tell_scheduler(Clocks clocks, WorkerEvent& event) {
  const jobs::ClusterState& state = leader_->state();
  std::visit(Overloaded{
                 [&](const worker_event::Came& e) { scheduler_->came(clocks.wall, state, e.hello, out_); },
                 [&](const worker_event::Away& e) { scheduler_->away(e.worker); },
                 [&](const worker_event::Lost& e) { scheduler_->lost(clocks, e.worker, e.incarnation, e.why); },
                 [&](const worker_event::Leaves& e) { scheduler_->leaves(e.worker); },
                 [&](const worker_event::Gone& e) { scheduler_->gone(e.worker, e.incarnation, e.why, e.certain); },
                 [&](const worker_event::Reported& e) { scheduler_->take(clocks.wall, state, e.worker, e.report); },
                 [&](const worker_event::Ended& e) { scheduler_->take(state, e.worker, e.ended); },
                 [&](const worker_event::Checkpointed& e) { scheduler_->take(clocks.wall, state, e.worker, e.answer); },
             },
             event);
}

void Master::handle(Clocks, event::DeathTold& e) {
  const jobs::ClusterState* const state = leader_ ? &leader_->state() : nullptr;
  out_.push(AnswerDeath{e.ticket, workers_.hear_death(e.death, state, out_)});
}

}  // namespace stellwerk::master
