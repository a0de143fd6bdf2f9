/// The core of a guard: a tiny process beside a master that acts when the master dies or hangs.
///
/// - The master is dead: the guard ends the master's session, so that the lock is free in milliseconds
///   instead of a session timeout; it tries until that timeout has passed anyway, then ends.
/// - The master hangs (no beat for the stall timeout, while the guard itself ran on time): the guard
///   removes the master's place in the queue, whether it leads or is the next in line. No signal: the
///   master may wake at any time, finds its candidate gone and joins again; nothing that it tries in
///   between can stand, because every commit checks the candidate. Where the lock is not a node but
///   the kernel's (type `local`), it cannot be taken away: there the guard kills.
///
/// Pure: events in, effects out, time as a value. One owner (guard_program.cc, or the simulator) feeds
/// it in order and performs the effects in order.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "guard/message.h"

namespace stellwerk::guard {

struct Options {
  /// After an act against a hanging master its timeout doubles, and is itself again after so long
  /// without another one: a machine that stalls all its processes should not lose its lock for ever.
  std::chrono::milliseconds forgive_after{600'000};
  /// Call step() with a Tick this often. What ticks come late by counts as no silence: whoever is not
  /// scheduled itself cannot tell that somebody else was.
  std::chrono::milliseconds tick{50};
  /// Time in which the master waited for a processor is no silence either: a host that is too busy is no
  /// reason to depose it. But a loop that turns in circles waits too, so there is an end to that: so many
  /// stall timeouts.
  int starved_max = 5;
  /// Between two tries to remove the place of a hanging master.
  std::chrono::milliseconds remove_retry{500};
  /// A master that ended in order, but perhaps without a server that heard it, is worth this much.
  std::chrono::milliseconds after_farewell{3000};
  /// Between two tries to end the session of a dead master: doubles from the first to the last.
  std::chrono::milliseconds retry_first{20};
  std::chrono::milliseconds retry_last{1000};
  /// Servers notice the end of a session within a tick after its timeout; then there is no more to do.
  std::chrono::milliseconds timeout_margin{4000};
};

namespace event {
/// `waited`: how long the master's loop has waited for a processor in all, if the system tells.
struct Tick {
  std::optional<Duration> waited{};
};
/// A message from the master.
struct Told {
  Message message;
};
/// The socket is at its end: nobody will say more, so silence means nothing from now on.
struct SocketEnded {};
/// The master's process is no more.
struct MasterDied {};
/// EndSession has ended. `gone`: a server confirmed that the session is over.
struct SessionEnded {
  bool gone = false;
  std::string why;
};
/// RemovePlace has ended. `gone`: the candidate is not there any more.
struct PlaceRemoved {
  bool gone = false;
  std::string why;
};
}  // namespace event
using Event = std::variant<event::Tick, event::Told, event::SocketEnded, event::MasterDied, event::SessionEnded,
                           event::PlaceRemoved>;

namespace effect {
/// Attach to this session and close it; then make sure. Only one at a time.
struct EndSession {
  Session session;
};
/// With a session of its own: delete the candidate, and the announcement if the same session made it.
/// Drop it if the master beats before the request is sent. Only one at a time.
struct RemovePlace {
  Session session;
  Place place;
};
/// SIGKILL.
struct KillMaster {};
/// One line for the master's log.
struct Note {
  std::string text;
};
struct Exit {};
}  // namespace effect
using Effect = std::variant<effect::EndSession, effect::RemovePlace, effect::KillMaster, effect::Note, effect::Exit>;

class Guard {
 public:
  explicit Guard(Options options) : options_(options) {}

  std::vector<Effect> step(Time now, const Event& event);

  /// Has the master beaten since RemovePlace was asked for?
  bool master_is_back() const { return !removing_ || back_; }

 private:
  void on(Time now, const event::Tick& tick);
  void on(Time now, const event::Told& told);
  void on(Time now, const event::SocketEnded&);
  void on(Time now, const event::MasterDied&);
  void on(Time now, const event::SessionEnded& ended);
  void on(Time now, const event::PlaceRemoved& removed);
  void told(Time now, const Settings& settings);
  void told(Time now, const Session& session);
  void told(Time now, const Place& place);
  void told(Time now, const Wires&);
  void told(Time now, const Log&);
  void told(Time now, const Beat&);
  void told(Time now, const Farewell&);
  void watch_silence(Time now);
  void act_against_silence(Time now, Duration silence);
  void lose_patience(Time now);
  void end_session(Time now);
  Duration stall_limit() const { return settings_.stall_timeout * stall_factor_; }
  void note(std::string text);
  void exit();

  const Options options_;
  std::vector<Effect> effects_;
  Settings settings_;
  std::optional<Session> session_;
  Place place_;
  bool farewell_ = false;
  bool unheard_ = false;
  std::optional<Time> last_tick_;
  std::optional<Time> silent_since_;  ///< the last beat, and later by what is no silence
  std::optional<Time> heard_at_;      ///< the last beat
  std::optional<Duration> waited_;    ///< as the last tick told
  int stall_factor_ = 1;
  Time forgiven_at_{};
  bool removing_ = false;
  Time remove_again_at_{};
  Place removed_;
  bool back_ = false;
  std::optional<Time> died_at_;
  bool ending_ = false;
  Time end_again_at_{};
  Duration end_retry_{};
  bool exited_ = false;
};

}  // namespace stellwerk::guard
