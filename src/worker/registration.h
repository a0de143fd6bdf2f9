/// A worker's way to its leader: whom it asks, when, and with whom it is registered. Pure.
///
///     seeking --> registered --> seeking ...      (all masters that are known are asked at once)
///                 registered <-> doubting --> registered elsewhere      (a leader that says that it may not act, or
///                                                                        does not answer)
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "worker/protocol.h"

namespace stellwerk::worker {

struct RegistrationOptions {
  link::Hello self;                  ///< `cluster` and `epoch` as they were remembered when the worker ended last
  std::vector<std::string> masters;  ///< "host:port"
  bool discovers = false;            ///< asks for more masters with effect::Discover; else `masters` has one at least
  /// Without a leader for so long since the start: exit.
  Duration registration_timeout = std::chrono::minutes(5);
  /// Without a leader for so long since the last one: exit. 0: never.
  Duration orphan_timeout = std::chrono::hours(1);
  std::uint64_t seed = 0;  ///< of the jitter between tries
};

/// What the registration hears, and what it wants done.
using RegistrationEvent = std::variant<event::Dialled, event::Closed, event::Received, event::Remembered, event::Found,
                                       event::Measured, event::Tick, event::StopWanted>;
using RegistrationEffect =
    std::variant<effect::Dial, effect::Send, effect::Close, effect::Remember, effect::Discover, effect::Measure,
                 effect::Registered, effect::Leased, effect::Note, effect::Exit>;

class Registration {
 public:
  /// A master that does not take us, or say anything, by then is given up for now.
  static constexpr std::chrono::seconds kGreetingMax{10};
  /// Between two tries at one master: doubles from the first to the last, each half to one and a half times.
  static constexpr std::chrono::milliseconds kPauseFirst{50};
  static constexpr std::chrono::milliseconds kPauseLast{2000};
  /// Who was asked to wait, and did for so long, asks again as after a first try: nobody has failed.
  static constexpr std::chrono::seconds kWaitedMin{1};
  /// A heartbeat without an answer for so long: the leader may stand still, and another one may lead.
  static constexpr std::chrono::seconds kEchoLate{3};
  /// What cannot be remembered is tried again after.
  static constexpr std::chrono::seconds kRememberPause{10};
  /// Woken so late, it has stood still: what others said meanwhile is heard first, for kCatchUp, before they are
  /// judged.
  static constexpr std::chrono::milliseconds kLate{500};
  static constexpr std::chrono::milliseconds kCatchUp{1000};

  explicit Registration(RegistrationOptions options);

  std::vector<RegistrationEffect> step(Time now, RegistrationEvent event);
  Time wake_at() const;

  bool registered() const { return leader_ != 0; }
  /// The connection to the leader that has registered us; 0: none.
  LinkId leader() const { return leader_; }
  /// The leader may not act, and others are asked: what it is told, it may not hear in the name of the cluster.
  bool doubts() const { return doubts_; }
  std::int64_t epoch() const { return options_.self.epoch; }

 private:
  /// More in a row do not make the pause longer.
  static constexpr int kFailuresMax = 6;
  static_assert(kPauseFirst * (1 << kFailuresMax) >= kPauseLast);

  /// A master as this worker knows it.
  struct Master {
    std::string address;
    bool configured = false;  ///< never forgotten
    LinkId link = 0;          ///< dialled, or connected
    Time give_up_at{};        ///< while it has not registered us
    Time tried_at{};
    Time try_at{};
    int failures = 0;    ///< in a row, at most kFailuresMax
    bool waits = false;  ///< has asked us to wait, on this connection
    std::string told{};  ///< why it did not register us, so that each reason is told once
  };

  void handle(Time now, event::Dialled& e);
  void handle(Time now, event::Closed& e);
  void handle(Time now, event::Received& e);
  void handle(Time now, event::Remembered& e);
  void handle(Time now, event::Found& e);
  void handle(Time now, event::Measured& e);
  void handle(Time now, event::Tick&);
  void handle(Time now, event::StopWanted&);

  void take(Time now, Master& from, link::Refused& message);
  void take(Time now, Master& from, link::Wait& message);
  void take(Time now, Master& from, link::Welcome& message);
  void take(Time now, Master& from, link::Masters& message);
  void take(Time now, Master& from, link::Echo& message);
  void take(Time now, Master& from, link::Rejected& message);
  template <class Other>
  void take(Time now, Master& from, Other& message);

  void catch_up(Time now);
  void remember();
  void tell_registered(const std::string& leader, const std::vector<std::string>& masters);
  void seek(Time now);
  void look_around(Time now);
  void watch_leader(Time now);
  void give_up_silent(Time now);
  void give_up_all(Time now);
  void lose_leader(Time now, const std::string& why);
  void doubt_leader(Time now, const std::string& why);
  void trust_leader(Time now);
  /// Ends all connections but the leader's.
  void part_from_others(Time now);
  /// Ends the connection to `from`, or the try to make one; if it leads, nobody does now.
  void leave(Time now, Master& from, const std::string& why);
  /// The same for one that is over already.
  void gone(Time now, Master& from, const std::string& why);
  /// It is asked again after a pause.
  void part(Time now, Master& from);
  void learn(const std::vector<std::string>& addresses);
  void forget_others(const std::vector<std::string>& addresses);
  Master* find(LinkId link);
  Master* find(const std::string& address);
  Duration pause(int failures);
  std::string known() const;

  template <class T>
  void emit(T effect) {
    effects_.emplace_back(std::move(effect));
  }
  void note(NoteLevel level, std::string text) { emit(effect::Note{level, std::move(text)}); }

  RegistrationOptions options_;
  std::vector<RegistrationEffect> effects_;
  std::vector<Master> masters_;
  LinkId last_link_ = 0;
  LinkId leader_ = 0;
  Time alone_since_{};  ///< while there is no leader
  bool begun_ = false;
  bool was_registered_ = false;
  bool proved_ = false;  ///< the leader has echoed a heartbeat
  bool doubts_ = false;  ///< there is a leader, and it may not act
  bool exited_ = false;
  Duration interval_{};
  Duration timeout_{};
  Duration lease_{};
  Time beat_at_{};
  Time silent_at_{};
  Time doubt_at_ = Time::max();  ///< while a heartbeat has no answer
  model::WorkerLoad load_;
  std::vector<link::AttemptUsage> usages_;
  bool told_full_ = false;
  bool looking_ = false;            ///< effect::Discover is under way
  Time look_at_{};                  ///< the next, while there is no leader
  int looks_ = 0;                   ///< in a row without a leader, at most kFailuresMax
  std::string told_nobody_;         ///< why no master was found, so that each reason is told once
  Place durable_;                   ///< what a restart would find
  Time remember_at_ = Time::max();  ///< what could not be remembered is tried again
  std::string told_trouble_;        ///< with remembering, so that each is told once
  std::uint64_t random_;
};

}  // namespace stellwerk::worker
