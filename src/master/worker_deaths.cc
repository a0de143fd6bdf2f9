#include <algorithm>

#include "master/workers.h"

/// The words of workers' guards: whose count, and what is told them.
namespace stellwerk::master {

using Kind = DeathAnswer::Kind;

DeathAnswer Workers::hear_death(const link::Death& death, const jobs::ClusterState* state, Outbox& out) {
  if (!role_.leads || !acting_ || state == nullptr)
    return {Kind::elsewhere, !role_.leads && !role_.leader.empty()
                                 ? "this master does not lead; " + role_.leader + " does"
                                 : "this master does not lead now"};
  if (death.cluster != role_.cluster)
    return {Kind::refused, "this is cluster " + role_.cluster + ", not " + death.cluster};
  if (death.epoch > role_.epoch)
    return {Kind::elsewhere, "this master leads in epoch " + std::to_string(role_.epoch) + "; there was a leader of " +
                                 std::to_string(death.epoch)};
  const jobs::WorkerAttempts recorded = state->worker_attempts(death.worker);
  const auto known = table_.find(death.worker);
  if (!known && recorded.newest == 0) return {Kind::unknown, "no worker " + death.worker + " is known"};
  const std::int64_t newest = std::max(recorded.newest, known ? known->about.incarnation : 0);
  if (newest > death.incarnation) return {Kind::settled, "worker " + death.worker + " was started again since"};
  if (known) forget_dead(death, out);
  const bool waits = std::any_of(events_.begin(), events_.end(), [&](const WorkerEvent& event) {
    const auto* const gone = std::get_if<worker_event::Gone>(&event);
    return gone != nullptr && gone->worker == death.worker && gone->incarnation == death.incarnation;
  });
  if (!waits && (known || recorded.open > 0))
    events_.emplace_back(worker_event::Gone{death.worker, death.incarnation,
                                            "its worker " + death.worker + " has died, says its guard", true});
  if (recorded.open == 0) return {Kind::settled, "nothing of worker " + death.worker + " is recorded as running"};
  return {Kind::taken, "the end of what worker " + death.worker + " ran is being recorded"};
}

/// It may still look connected, or away.
void Workers::forget_dead(const link::Death& death, Outbox& out) {
  out.note(NoteLevel::warn, "Worker " + death.worker + " has died, and nothing that it ran is left, says its guard");
  if (const auto at = registered_.find(death.worker); at != registered_.end()) {
    end(at->second, out);
    registered_.erase(at);
  }
  away_.erase(death.worker);
  table_.erase(death.worker);
  changed_ = true;
}

}  // namespace stellwerk::master
