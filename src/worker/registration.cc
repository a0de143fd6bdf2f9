#include "worker/registration.h"

#include <algorithm>

#include "base/assert.h"

namespace stellwerk::worker {
namespace {

/// One who sent us on was perhaps told wrong itself: two masters may each name the other for a while.
constexpr std::chrono::milliseconds kSentOnPause{50};

std::string in_words(Duration span) {
  const bool whole = span % std::chrono::seconds(1) == Duration(0);
  return whole ? std::to_string(span / std::chrono::seconds(1)) + " s"
               : std::to_string(span / std::chrono::milliseconds(1)) + " ms";
}

}  // namespace

Registration::Registration(RegistrationOptions options) : options_(std::move(options)), random_(options_.seed) {
  STELLWERK_ASSERT(!options_.masters.empty() || options_.discovers, "who knows nobody asks for somebody");
  durable_ = {options_.self.cluster, options_.self.epoch};
  learn(options_.masters);
  for (auto& master : masters_) master.configured = true;
}

std::vector<RegistrationEffect> Registration::step(Time now, RegistrationEvent event) {
  if (exited_) return {};
  if (!std::exchange(begun_, true)) {
    alone_since_ = now;
    emit(effect::Measure{});
  }
  std::visit([&](auto& e) { handle(now, e); }, event);
  if (!exited_) seek(now);
  return std::exchange(effects_, {});
}

Time Registration::wake_at() const {
  Time at = remember_at_;
  if (leader_ != 0) at = std::min({at, beat_at_, silent_at_});
  if (leader_ != 0 && !doubts_) return std::min(at, doubt_at_);
  const bool for_ever = was_registered_ && options_.orphan_timeout == Duration(0);
  if (leader_ == 0 && !for_ever)
    at = std::min(at, alone_since_ + (was_registered_ ? options_.orphan_timeout : options_.registration_timeout));
  if (leader_ == 0 && options_.discovers && !looking_) at = std::min(at, look_at_);
  for (const auto& master : masters_)
    if (leader_ == 0 || master.link != leader_) at = std::min(at, master.link != 0 ? master.give_up_at : master.try_at);
  return at;
}

// ---- what happened ----

void Registration::handle(Time now, event::Dialled& e) {
  Master* const master = find(e.link);
  // It was given up, and came to be all the same.
  if (master == nullptr) return emit(effect::Close{e.link});
  master->give_up_at = now + kGreetingMax;
  emit(effect::Send{e.link, options_.self});
}

void Registration::handle(Time now, event::Closed& e) {
  Master* const master = find(e.link);
  if (master == nullptr) return;
  if (e.link != leader_ && std::exchange(master->told, e.why) != e.why)
    note(NoteLevel::info, "Could not register: " + e.why);
  gone(now, *master, e.why);
}

void Registration::handle(Time now, event::Received& e) {
  Master* const master = find(e.link);
  if (master == nullptr) return;
  std::visit([&](auto& message) { take(now, *master, message); }, e.message);
}

void Registration::handle(Time now, event::Remembered& e) {
  if (!e.result.has_error()) durable_ = e.place;
  if (e.place != Place{options_.self.cluster, options_.self.epoch}) return;  // the newest counts
  if (e.result.has_error()) {
    remember_at_ = now + kRememberPause;
    const std::string& why = e.result.error().text;
    if (std::exchange(told_trouble_, why) != why)
      note(NoteLevel::error, "Epoch " + std::to_string(e.place.epoch) + " is not remembered over a restart: " + why);
  } else if (!std::exchange(told_trouble_, "").empty()) {
    note(NoteLevel::info, "Epoch " + std::to_string(e.place.epoch) + " is remembered now");
  }
}

void Registration::handle(Time now, event::Found& e) {
  looking_ = false;
  look_at_ = now + pause(looks_);
  looks_ = std::min(looks_ + 1, kFailuresMax);
  if (std::exchange(told_nobody_, e.trouble) != e.trouble && !e.trouble.empty() && leader_ == 0)
    note(NoteLevel::warn, "Could not find a master: " + e.trouble);
  // A master that was started anew may have another port. The one before never answers again.
  if (!e.masters.empty())
    std::erase_if(masters_, [&](const Master& master) {
      return !master.configured && master.link == 0 && master.failures > 0 &&
             std::find(e.masters.begin(), e.masters.end(), master.address) == e.masters.end();
    });
  learn(e.masters);
}

void Registration::handle(Time, event::Measured& e) {
  load_ = e.load;
  usages_ = std::move(e.tasks);
}

void Registration::handle(Time now, event::Tick&) {
  if (now - wake_at() > kLate) catch_up(now);
  if (now >= remember_at_) remember();
  give_up_silent(now);
  if (leader_ != 0) watch_leader(now);
  if (leader_ == 0) give_up_all(now);
}

void Registration::handle(Time, event::StopWanted&) {
  if (leader_ != 0) emit(effect::Send{leader_, link::Leaving{}});
  for (const auto& master : masters_)
    if (master.link != 0) emit(effect::Close{master.link});
  exited_ = true;
  emit(effect::Exit{0, "stopped"});
}

// ---- what masters say ----

void Registration::take(Time now, Master& from, link::Refused& message) {
  leave(now, from, "it does not lead any more");
  learn(message.masters);  // `from` is not used from here on: the list may have moved
  if (message.leader.empty()) return;
  learn({message.leader});
  Master* const next = find(message.leader);
  if (next != nullptr && next->link == 0)
    next->try_at = std::min(next->try_at, std::max(now, next->tried_at + kSentOnPause));
}

void Registration::take(Time now, Master& from, link::Wait& message) {
  if (from.link == leader_) {
    doubt_leader(now, "it may not act");
  } else {
    from.give_up_at = now + kGreetingMax;
    from.waits = true;
  }
  learn(message.masters);  // `from` is not used from here on: the list may have moved
}

void Registration::take(Time now, Master& from, link::Welcome& message) {
  const bool same = options_.self.cluster.empty() || message.cluster == options_.self.cluster;
  if (same && message.epoch < options_.self.epoch) {
    note(NoteLevel::warn, from.address + " would lead in epoch " + std::to_string(message.epoch) +
                              ", but this worker was in " + std::to_string(options_.self.epoch) +
                              " already: it waits for a newer leader");
    return leave(now, from, "it went back to an older epoch");
  }
  if (!same)
    note(NoteLevel::warn, from.address + " leads cluster " + message.cluster + "; this worker belonged to " +
                              options_.self.cluster + " and begins anew");
  const std::string address = from.address;
  if (leader_ != 0 && leader_ != from.link)
    note(NoteLevel::warn,
         "Left the leader of epoch " + std::to_string(options_.self.epoch) + ": " + address + " leads now");
  leader_ = from.link;
  proved_ = false;
  doubts_ = false;
  doubt_at_ = Time::max();
  options_.self.cluster = message.cluster;
  options_.self.epoch = message.epoch;
  was_registered_ = true;
  interval_ = std::chrono::milliseconds(message.heartbeat_interval_ms);
  timeout_ = std::chrono::milliseconds(message.heartbeat_timeout_ms);
  lease_ = std::chrono::milliseconds(message.lease_ms);
  beat_at_ = now;
  silent_at_ = now + timeout_;
  tell_registered(address, message.masters);
  remember();
  note(NoteLevel::info,
       "Successful registration at resource manager " + address + " in epoch " + std::to_string(message.epoch));
  for (auto& master : masters_) master.told.clear();
  part_from_others(now);
  learn(message.masters);
  forget_others(message.masters);
  watch_leader(now);
}

void Registration::take(Time now, Master& from, link::Masters& message) {
  if (from.link != leader_) return;
  trust_leader(now);
  doubt_at_ = Time::max();  // a heartbeat that came while it might not act is never answered
  const std::string leader = from.address;
  tell_registered(leader, message.masters);
  learn(message.masters);  // `from` is not used from here on: the list may have moved
  forget_others(message.masters);
}

void Registration::take(Time now, Master& from, link::Echo& message) {
  if (from.link != leader_ || message.epoch != options_.self.epoch) return;
  trust_leader(now);
  silent_at_ = now + timeout_;
  doubt_at_ = Time::max();
  from.failures = 0;
  proved_ = true;
  // From the sending, because nobody knows when the leader heard it; what we have not sent yet is nobody's to echo.
  const Time sent{Duration(message.sent_us)};
  if (sent <= now) emit(effect::Leased{sent + lease_});
}

void Registration::take(Time now, Master& from, link::Rejected& message) {
  if (std::exchange(from.told, message.why) != message.why)
    note(NoteLevel::error, from.address + " rejects this worker: " + message.why);
  from.failures = kFailuresMax;  // it will not change soon
  leave(now, from, "rejected");
}

/// What only workers say.
template <class Other>
void Registration::take(Time now, Master& from, Other& message) {
  const std::string why = from.address + " sent \"" + std::string(type_of(message)) + "\", which only workers send";
  note(NoteLevel::error, why);
  leave(now, from, why);
}

// ---- what to do next ----

/// Deadlines about others only: our own are over when they are over.
void Registration::catch_up(Time now) {
  silent_at_ = std::max(silent_at_, now + kCatchUp);
  doubt_at_ = std::max(doubt_at_, now + kCatchUp);
  for (auto& master : masters_) master.give_up_at = std::max(master.give_up_at, now + kCatchUp);
}

void Registration::remember() {
  remember_at_ = Time::max();
  const Place place{options_.self.cluster, options_.self.epoch};
  if (place != durable_) emit(effect::Remember{place});
}

void Registration::tell_registered(const std::string& leader, const std::vector<std::string>& masters) {
  effect::Registered out{options_.self.cluster, options_.self.epoch, {leader}};
  for (const auto& each : masters)
    if (each != leader && out.masters.size() < link::kMastersMax) out.masters.push_back(each);
  emit(std::move(out));
}

void Registration::seek(Time now) {
  if (leader_ != 0 && !doubts_) return;
  if (leader_ == 0) look_around(now);
  for (auto& master : masters_) {
    if (master.link != 0 || now < master.try_at) continue;
    master.link = ++last_link_;
    master.tried_at = now;
    master.give_up_at = now + kGreetingMax;
    emit(effect::Dial{master.link, master.address});
  }
}

/// Again and again, because whoever answers may know as little as this worker, or be wrong.
void Registration::look_around(Time now) {
  if (!options_.discovers || looking_ || now < look_at_) return;
  looking_ = true;
  emit(effect::Discover{});
}

void Registration::watch_leader(Time now) {
  if (now >= silent_at_) {
    return leave(now, *find(leader_), "no answer for " + in_words(timeout_));
  }
  if (!doubts_ && now >= doubt_at_) doubt_leader(now, "no answer to a heartbeat for " + in_words(kEchoLate));
  if (now < beat_at_) return;
  doubt_at_ = std::min(doubt_at_, now + kEchoLate);
  emit(effect::Send{leader_, link::Heartbeat{now.time_since_epoch().count(), load_, usages_}});
  emit(effect::Measure{});  // for the next
  beat_at_ = now + interval_;
}

void Registration::give_up_silent(Time now) {
  for (auto& master : masters_) {
    if (master.link == 0 || master.link == leader_ || now < master.give_up_at) continue;
    leave(now, master, "no answer");
  }
}

void Registration::give_up_all(Time now) {
  const Duration patience = was_registered_ ? options_.orphan_timeout : options_.registration_timeout;
  if ((was_registered_ && patience == Duration(0)) || now - alone_since_ < patience) return;
  exited_ = true;
  emit(effect::Exit{was_registered_ ? 2 : 1, "no leader within " + in_words(patience) + "; " +
                                                 (masters_.empty() ? "no master is known" : "asked " + known())});
}

/// The next leader may be any of them, and may be there already. But who only ever says welcome (one master under
/// two names ends one of two connections each time) is asked again with pauses.
void Registration::lose_leader(Time now, const std::string& why) {
  leader_ = 0;
  doubts_ = false;
  doubt_at_ = Time::max();
  alone_since_ = now;
  // Those who are known come first.
  look_at_ = now + pause(0);
  looks_ = 0;
  note(NoteLevel::warn, "Lost the leader of epoch " + std::to_string(options_.self.epoch) + ": " + why);
  if (!proved_) return;
  for (auto& master : masters_) {
    if (master.link != 0) continue;
    master.failures = 0;
    master.try_at = now;
  }
}

/// Its place may be another's already, and whose it is the others know.
void Registration::doubt_leader(Time now, const std::string& why) {
  if (std::exchange(doubts_, true)) return;
  note(NoteLevel::warn,
       "The leader of epoch " + std::to_string(options_.self.epoch) + " is in doubt, others are asked too: " + why);
  for (auto& master : masters_) {
    if (master.link != 0) continue;
    master.failures = 0;
    master.try_at = now;
  }
}

void Registration::trust_leader(Time now) {
  if (!std::exchange(doubts_, false)) return;
  note(NoteLevel::info, "The leader of epoch " + std::to_string(options_.self.epoch) + " still leads");
  part_from_others(now);
}

void Registration::part_from_others(Time now) {
  for (auto& master : masters_) {
    if (master.link == 0 || master.link == leader_) continue;
    emit(effect::Close{master.link});
    part(now, master);
  }
}

void Registration::leave(Time now, Master& from, const std::string& why) {
  emit(effect::Close{from.link});
  gone(now, from, why);
}

void Registration::gone(Time now, Master& from, const std::string& why) {
  const bool leader = from.link == leader_;
  if (from.waits && now - from.tried_at >= kWaitedMin) from.failures = 0;
  part(now, from);
  from.failures = std::min(from.failures + 1, kFailuresMax);
  if (leader) lose_leader(now, why);
}

void Registration::part(Time now, Master& from) {
  from.link = 0;
  from.waits = false;
  from.try_at = now + pause(from.failures);
}

// ---- who is known ----

void Registration::learn(const std::vector<std::string>& addresses) {
  for (const auto& address : addresses) {
    if (find(address) != nullptr) continue;
    if (masters_.size() < link::kMastersMax)
      masters_.push_back({.address = address});
    else if (!std::exchange(told_full_, true))
      note(NoteLevel::warn, "More than " + std::to_string(link::kMastersMax) + " masters are named; " + address +
                                " and others are not asked");
  }
}

/// The leader knows who is in the queue; whoever is configured may come back.
void Registration::forget_others(const std::vector<std::string>& addresses) {
  std::erase_if(masters_, [&](const Master& master) {
    return !master.configured && master.link == 0 &&
           std::find(addresses.begin(), addresses.end(), master.address) == addresses.end();
  });
  told_full_ = told_full_ && masters_.size() >= link::kMastersMax;
}

Registration::Master* Registration::find(LinkId link) {
  if (link == 0) return nullptr;
  const auto at = std::find_if(masters_.begin(), masters_.end(), [link](const Master& m) { return m.link == link; });
  return at == masters_.end() ? nullptr : &*at;
}

Registration::Master* Registration::find(const std::string& address) {
  const auto at =
      std::find_if(masters_.begin(), masters_.end(), [&address](const Master& m) { return m.address == address; });
  return at == masters_.end() ? nullptr : &*at;
}

/// Half to one and a half times what doubling gives: those who lost the same leader come apart.
Duration Registration::pause(int failures) {
  const Duration whole = std::min<Duration>(kPauseFirst * (1 << failures), kPauseLast);
  // splitmix64
  std::uint64_t bits = random_ += 0x9e3779b97f4a7c15U;
  bits = (bits ^ (bits >> 30)) * 0xbf58476d1ce4e5b9U;
  bits = (bits ^ (bits >> 27)) * 0x94d049bb133111ebU;
  bits ^= bits >> 31;
  return whole / 2 + Duration(static_cast<std::int64_t>(bits % (static_cast<std::uint64_t>(whole.count()) + 1)));
}

std::string Registration::known() const {
  std::string out;
  for (const auto& master : masters_) out += (out.empty() ? "" : ", ") + master.address;
  return out;
}

}  // namespace stellwerk::worker
