#include "master/workers.h"

#include <algorithm>

namespace stellwerk::master {
namespace {

/// Reasons that are kept so that they are not told again and again.
constexpr std::size_t kRejectionsMax = 256;

std::string name_of(const model::WorkerDescription& worker) {
  return worker.id + " (" + worker.host + ", process " + std::to_string(worker.pid) + ")";
}

std::shared_ptr<const jobs::TaskUsages> usages_of(const link::Heartbeat& heartbeat) {
  if (heartbeat.tasks.empty()) return nullptr;
  auto out = std::make_shared<jobs::TaskUsages>();
  for (const auto& each : heartbeat.tasks) out->emplace(each.attempt, each.usage);
  return out;
}

}  // namespace

// ---- connections ----

void Workers::opened(Clocks clocks, LinkId id, std::string peer, Outbox& out) {
  if (links_.size() >= limits_.links) {
    out.push(SendLink{id, link::Rejected{"this master has " + std::to_string(limits_.links) + " connections already"}});
    out.push(CloseLink{id});
    return;
  }
  Link& link = links_[id];
  link.peer = std::move(peer);
  link.until = clocks.now + limits_.hello;
}

void Workers::received(Clocks clocks, LinkId id, link::Message& message, Outbox& out) {
  const auto at = links_.find(id);
  if (at == links_.end()) return;
  std::visit([&](auto& each) { take(clocks, id, at->second, each, out); }, message);
}

void Workers::closed(Clocks clocks, LinkId id, const std::string& why, Outbox& out) {
  const auto at = links_.find(id);
  if (at == links_.end()) return;
  const Link link = std::move(at->second);
  links_.erase(at);
  if (!link.registered) return;
  if (link.leaving) return left(link.hello.worker, out);
  went(clocks, link.hello.worker.id, why, out);
}

/// It has ended in order.
void Workers::left(const model::WorkerDescription& worker, Outbox& out) {
  out.note(NoteLevel::info, "Worker " + name_of(worker) + " has left");
  events_.emplace_back(worker_event::Gone{worker.id, worker.incarnation, "its worker has left"});
  registered_.erase(worker.id);
  table_.erase(worker.id);
  changed_ = true;
}

/// Our own end of a connection: nothing is heard of it any more.
void Workers::end(LinkId id, Outbox& out) {
  links_.erase(id);
  out.push(CloseLink{id});
}

// ---- what workers say ----

void Workers::take(Clocks clocks, LinkId id, Link& link, link::Hello& message, Outbox& out) {
  if (!link.hello.worker.id.empty()) return misbehaved(clocks, id, "it said hello twice on one connection", out);
  link.hello = std::move(message);
  link.until = clocks.now + limits_.wait;
  if (place(clocks, id, link, out)) return;
  out.push(SendLink{id, link::Wait{role_.masters}});
  if (role_.leads && known_epoch(link.hello) > role_.epoch)
    out.note(NoteLevel::warn, "Worker " + name_of(link.hello.worker) + " was in epoch " +
                                  std::to_string(link.hello.epoch) + " of this cluster, but this is " +
                                  std::to_string(role_.epoch));
}

void Workers::take(Clocks clocks, LinkId id, Link& link, link::Heartbeat& message, Outbox& out) {
  // It may have been on its way when we lost the lead.
  if (!link.registered) return;
  link.until = clocks.now + limits_.heartbeat_timeout;
  if (acting_) {
    out.push(SendLink{id, link::Echo{role_.epoch, message.sent_us}});
    leased_[link.hello.worker.id] = clocks.now;
  }
  jobs::WorkerEntry entry = *table_.find(link.hello.worker.id);
  entry.load = message.load;
  entry.heard_ms = clocks.wall;
  entry.usages = usages_of(message);
  table_.put(std::move(entry));
  loads_changed_ = true;
}

void Workers::take(Clocks, LinkId id, Link& link, link::Leaving&, Outbox& out) {
  if (!link.registered) return end(id, out);
  if (std::exchange(link.leaving, true)) return;
  out.note(NoteLevel::info, "Worker " + name_of(link.hello.worker) + " is leaving");
  events_.emplace_back(worker_event::Leaves{link.hello.worker.id});
}

void Workers::take(Clocks, LinkId, Link& link, link::TaskReport& message, Outbox&) {
  if (link.registered) events_.emplace_back(worker_event::Reported{link.hello.worker.id, std::move(message)});
}

void Workers::take(Clocks, LinkId, Link& link, link::CheckpointAnswer& message, Outbox&) {
  if (link.registered) events_.emplace_back(worker_event::Checkpointed{link.hello.worker.id, std::move(message)});
}

void Workers::take(Clocks, LinkId, Link& link, link::TaskEnded& message, Outbox&) {
  if (link.registered) events_.emplace_back(worker_event::Ended{link.hello.worker.id, std::move(message)});
}

void Workers::send(const std::string& worker, link::Message message, Outbox& out) {
  const auto at = registered_.find(worker);
  if (at != registered_.end()) out.push(SendLink{at->second, std::move(message)});
}

void Workers::set_used_slots(const std::string& worker, std::int64_t used) {
  const auto known = table_.find(worker);
  if (!known || known->used_slots == used) return;
  jobs::WorkerEntry entry = *known;
  entry.used_slots = used;
  table_.put(std::move(entry));
  changed_ = true;
}

/// What only masters say.
template <class Other>
void Workers::take(Clocks clocks, LinkId id, Link& link, Other& message, Outbox& out) {
  (void)link;
  misbehaved(clocks, id, "it sent \"" + std::string(link::type_of(message)) + "\", which only masters send", out);
}

void Workers::misbehaved(Clocks clocks, LinkId id, const std::string& why, Outbox& out) {
  const Link link = links_.at(id);
  reject(clocks, id, why, out);
  if (link.registered) went(clocks, link.hello.worker.id, why, out);
}

// ---- who goes where ----

/// Registers a worker that has said hello, or sends it on. False: it waits.
bool Workers::place(Clocks clocks, LinkId id, Link& link, Outbox& out) {
  const std::int64_t known = known_epoch(link.hello);
  if (role_.leads && acting_ && known <= role_.epoch) {
    welcome(clocks, id, link, out);
    return true;
  }
  // Nobody sends a worker to a leader that it knows and does not find.
  const bool news = !role_.leads && !role_.leader.empty() && role_.epoch > known;
  if (news) refuse(id, out);
  return news;
}

/// What it knows of another cluster counts for nothing here.
std::int64_t Workers::known_epoch(const link::Hello& hello) const {
  return hello.cluster.empty() || hello.cluster == role_.cluster ? hello.epoch : 0;
}

/// Not the worker that is known by this id, neither as it was nor started anew. One elsewhere may take the place of
/// one that is away, and of nobody who is still heard: what that runs would run twice.
bool Workers::is_another(const link::Hello& hello, const model::WorkerDescription& known) const {
  const model::WorkerDescription& worker = hello.worker;
  if (worker.incarnation < known.incarnation) return true;
  if (worker.incarnation == known.incarnation) return worker.process != known.process;
  const auto at = registered_.find(worker.id);
  if (at == registered_.end()) return false;
  const std::string& home = links_.at(at->second).hello.home;
  return !home.empty() && !hello.home.empty() && home != hello.home;
}

void Workers::welcome(Clocks clocks, LinkId id, Link& link, Outbox& out) {
  const model::WorkerDescription& worker = link.hello.worker;
  if (const auto known = table_.find(worker.id)) {
    if (is_another(link.hello, known->about))
      return reject(clocks, id,
                    name_of(worker) + " and " + name_of(known->about) +
                        " are two workers with one id; set taskmanager.resource-id, or give each a folder of its own",
                    out);
  } else if (table_.entries().size() >= jobs::kWorkersMax) {
    return reject(clocks, id, "this cluster has " + std::to_string(jobs::kWorkersMax) + " workers already", out);
  }
  if (!link.hello.cluster.empty() && link.hello.cluster != role_.cluster)
    out.note(NoteLevel::warn, "Worker " + name_of(worker) + " comes from another cluster, " + link.hello.cluster);
  // It may be back before its old connection has ended here.
  if (const auto before = registered_.find(worker.id); before != registered_.end()) end(before->second, out);
  registered_[worker.id] = id;
  away_.erase(worker.id);
  link.registered = true;
  link.until = clocks.now + limits_.heartbeat_timeout;
  out.push(SendLink{id, link::Welcome{role_.cluster, role_.epoch, limits_.heartbeat_interval.count(),
                                      limits_.heartbeat_timeout.count(), limits_.lease.count(), role_.masters}});
  out.note(NoteLevel::info, "Registering worker " + name_of(worker) + " at " + link.peer + " with " +
                                std::to_string(worker.slots) + (worker.slots == 1 ? " slot" : " slots"));
  jobs::WorkerEntry entry{worker, {}, clocks.wall, clocks.wall, false, 0};
  if (const auto known = table_.find(worker.id)) entry.used_slots = known->used_slots;
  table_.put(std::move(entry));
  events_.emplace_back(worker_event::Came{link.hello});
  link.hello.tasks.clear();
  link.hello.ended.clear();
  changed_ = true;
}

void Workers::refuse(LinkId id, Outbox& out) {
  out.push(SendLink{id, link::Refused{role_.leader, role_.masters}});
  end(id, out);
}

/// Whoever is rejected tries again and again; the log says it once in a while.
void Workers::reject(Clocks clocks, LinkId id, const std::string& why, Outbox& out) {
  const auto at = links_.find(id);
  if (at != links_.end() && !rejections_.contains(why)) {
    if (rejections_.size() < kRejectionsMax) rejections_[why] = clocks.now + limits_.tell_again;
    out.note(NoteLevel::warn, "Rejected a worker at " + at->second.peer + ": " + why);
  }
  out.push(SendLink{id, link::Rejected{why.substr(0, link::kTextBytesMax)}});
  end(id, out);
}

/// A registered worker's connection is over, and not by its wish.
void Workers::went(Clocks clocks, const std::string& worker, const std::string& why, Outbox& out) {
  registered_.erase(worker);
  const auto known = table_.find(worker);
  if (!known) return;
  jobs::WorkerEntry entry = *known;
  entry.away = true;
  table_.put(std::move(entry));
  away_[worker] = clocks.now + limits_.reconnect;
  events_.emplace_back(worker_event::Away{worker});
  changed_ = true;
  out.note(NoteLevel::warn, "The connection to worker " + name_of(known->about) + " is over: " + why);
}

// ---- time ----

/// Who could not listen judges nobody: what was said meanwhile is still to be read.
void Workers::extend(Clocks clocks) {
  const Time before = std::exchange(last_beat_, clocks.now);
  const Duration late = clocks.now - before - kBeat;
  if (before == Time{} || late < limits_.late) return;
  for (auto& [id, link] : links_)
    if (link.registered) link.until += late;
  for (auto& [worker, until] : away_) until += late;
}

void Workers::beat(Clocks clocks, Outbox& out) {
  extend(clocks);
  std::erase_if(rejections_, [&](const auto& each) { return clocks.now >= each.second; });
  std::vector<LinkId> late;
  for (const auto& [id, link] : links_)
    if (clocks.now >= link.until) late.push_back(id);
  for (const LinkId id : late) {
    const Link link = links_.at(id);
    if (link.registered) {
      end(id, out);
      went(clocks, link.hello.worker.id,
           "no heartbeat for " + std::to_string(limits_.heartbeat_timeout.count()) + " ms", out);
    } else if (link.hello.worker.id.empty()) {
      end(id, out);
    } else {
      refuse(id, out);
    }
  }
  forget_away(clocks, out);
  if (!loads_changed_ || clocks.now < show_at_) return;
  loads_changed_ = false;
  show_at_ = clocks.now + limits_.show_loads;
  changed_ = true;
}

void Workers::forget_away(Clocks clocks, Outbox& out) {
  for (auto at = away_.begin(); at != away_.end();) {
    if (clocks.now < at->second) {
      ++at;
      continue;
    }
    if (const auto known = table_.find(at->first)) {
      const std::string why = "it did not come back within " + std::to_string(limits_.reconnect.count()) + " ms";
      out.note(NoteLevel::warn, "Worker " + name_of(known->about) + " is lost: " + why);
      events_.emplace_back(worker_event::Lost{at->first, known->about.incarnation, why});
    }
    table_.erase(at->first);
    changed_ = true;
    at = away_.erase(at);
  }
}

// ---- roles ----

void Workers::become(Clocks clocks, WorkerRole role, Outbox& out) {
  if (role == role_) return;
  const bool same_term = role.leads == role_.leads && role.epoch == role_.epoch && role.cluster == role_.cluster;
  const bool same_leader = same_term && role.leader == role_.leader;
  role_ = std::move(role);
  if (same_leader) return tell_masters(out);
  if (!registered_.empty() || !table_.entries().empty()) {
    // What it knows of workers is the leader's; they come anew, also to the same master in another term.
    for (const auto& [worker, id] : std::map(registered_)) refuse(id, out);
    registered_.clear();
    away_.clear();
    table_.clear();
    changed_ = true;
  }
  events_.clear();
  leased_.clear();
  place_waiting(clocks, out);
}

/// Whoever comes leads perhaps next, and workers have nobody else to learn its address from in time.
void Workers::tell_masters(Outbox& out) {
  for (const auto& [worker, id] : registered_) out.push(SendLink{id, link::Masters{role_.masters}});
}

void Workers::act(Clocks clocks, bool acting, Outbox& out) {
  if (std::exchange(acting_, acting) == acting) return;
  if (!role_.leads) return;
  // Before anything else is said to them. Where no list is known the next echo tells as much.
  for (const auto& [worker, link] : registered_) {
    if (!acting) out.push(SendLink{link, link::Wait{role_.masters}});
    if (acting && !role_.masters.empty()) out.push(SendLink{link, link::Masters{role_.masters}});
  }
  if (acting) place_waiting(clocks, out);
}

void Workers::place_waiting(Clocks clocks, Outbox& out) {
  std::vector<LinkId> waiting;
  for (const auto& [id, link] : links_)
    if (!link.hello.worker.id.empty() && !link.registered) waiting.push_back(id);
  for (const LinkId id : waiting)
    if (const auto at = links_.find(id); at != links_.end()) place(clocks, id, at->second, out);
}

}  // namespace stellwerk::master
