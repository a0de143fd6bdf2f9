#include "guard/guard.h"

#include <algorithm>

namespace stellwerk::guard {

namespace {

/// The stall timeout grows to at most this many times itself.
constexpr int kStallFactorMax = 64;

std::string ms(Duration duration) {
  return std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(duration).count()) + " ms";
}

}  // namespace

std::vector<Effect> Guard::step(Time now, const Event& event) {
  if (exited_) return {};
  std::visit([&](const auto& each) { on(now, each); }, event);
  return std::exchange(effects_, {});
}

void Guard::on(Time now, const event::Told& told_message) {
  std::visit([&](const auto& each) { told(now, each); }, told_message.message);
}

void Guard::told(Time now, const Settings& settings) {
  settings_ = settings;
  told(now, Beat{});
}

void Guard::told(Time now, const Session& session) {
  session_ = session;
  told(now, Beat{});
}

void Guard::told(Time now, const Place& place) {
  place_ = place;
  told(now, Beat{});
}

void Guard::told(Time now, const Wires&) {
  told(now, Beat{});  // whoever performs holds them
}

void Guard::told(Time now, const Log&) {
  told(now, Beat{});  // the same
}

void Guard::told(Time now, const Beat&) {
  silent_since_ = now;
  heard_at_ = now;
  back_ = true;
}

void Guard::told(Time now, const Farewell&) {
  farewell_ = true;
  told(now, Beat{});
}

// ---- a master that hangs

void Guard::on(Time now, const event::Tick& tick) {
  const Duration gap = last_tick_ ? now - *last_tick_ : Duration(options_.tick);
  last_tick_ = now;
  if (died_at_) {
    if (!ending_ && now >= end_again_at_) end_session(now);
    return;
  }
  if (gap > 2 * options_.tick && silent_since_) {
    silent_since_ = std::min(now, *silent_since_ + gap);
    heard_at_ = std::min(now, *heard_at_ + gap);
  }
  if (tick.waited && waited_ && silent_since_)
    silent_since_ = std::min(now, *silent_since_ + std::max(*tick.waited - *waited_, Duration(0)));
  waited_ = tick.waited;
  if (stall_factor_ > 1 && now >= forgiven_at_) stall_factor_ = 1;
  watch_silence(now);
}

void Guard::watch_silence(Time now) {
  const bool watched = settings_.lock == Settings::Lock::kernel || !place_.candidate.empty();
  if (settings_.stall_timeout.count() == 0 || !watched || !silent_since_ || removing_ || farewell_ || unheard_) return;
  if (now < remove_again_at_) return;
  const Duration all = now - *heard_at_;
  if (now - *silent_since_ > stall_limit() || all > stall_limit() * options_.starved_max) act_against_silence(now, all);
}

void Guard::act_against_silence(Time now, Duration silence) {
  if (settings_.lock == Settings::Lock::kernel) {
    note("the master has not turned for " + ms(silence) + ": killing it, since its lock cannot be taken away");
    effects_.emplace_back(effect::KillMaster{});
    lose_patience(now);
    return;
  }
  if (!session_) return;
  note("the master has not turned for " + ms(silence) + ": removing its place in the queue, " + place_.candidate);
  removing_ = true;
  removed_ = place_;
  back_ = false;
  effects_.emplace_back(effect::RemovePlace{*session_, place_});
}

void Guard::lose_patience(Time now) {
  stall_factor_ = std::min(stall_factor_ * 2, kStallFactorMax);
  forgiven_at_ = now + options_.forgive_after;
  silent_since_ = now;
  heard_at_ = now;
}

void Guard::on(Time now, const event::PlaceRemoved& removed) {
  removing_ = false;
  if (removed.gone) {
    if (place_ == removed_) place_ = {};
    lose_patience(now);
    note("removed the master's place in the queue");
    return;
  }
  remove_again_at_ = now + options_.remove_retry;
  note("could not remove the master's place in the queue: " + removed.why);
}

// ---- a master that is dead

/// Also what a kill looks like a moment before its pidfd tells: no reason to give up sooner.
void Guard::on(Time, const event::SocketEnded&) {
  unheard_ = true;
}

void Guard::on(Time now, const event::MasterDied&) {
  if (died_at_) return;
  died_at_ = now;
  end_retry_ = options_.retry_first;
  if (!session_) return exit();
  end_session(now);
}

void Guard::end_session(Time now) {
  const Duration limit = farewell_ ? Duration(options_.after_farewell) : session_->timeout + options_.timeout_margin;
  if (now - *died_at_ > limit) {
    note("gave up ending the session of the dead master after " + ms(now - *died_at_));
    return exit();
  }
  ending_ = true;
  effects_.emplace_back(effect::EndSession{*session_});
}

void Guard::on(Time now, const event::SessionEnded& ended) {
  ending_ = false;
  if (!died_at_) return;
  if (ended.gone) {
    // After an orderly end this only made sure.
    if (!farewell_) note("ended the session of the dead master " + ms(now - *died_at_) + " after its death");
    return exit();
  }
  note("could not end the session of the dead master: " + ended.why);
  end_again_at_ = now + end_retry_;
  end_retry_ = std::min<Duration>(end_retry_ * 2, options_.retry_last);
}

void Guard::note(std::string text) {
  effects_.emplace_back(effect::Note{std::move(text)});
}

void Guard::exit() {
  exited_ = true;
  effects_.emplace_back(effect::Exit{});
}

}  // namespace stellwerk::guard
