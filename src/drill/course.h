/// One round while it goes on: what its parts share. A fault's doing is a function over it (drill/hits.h).
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "drill/round.h"

namespace stellwerk::drill {

class Course {
 public:
  Course(World& around, Fault fault, std::size_t number, std::uint64_t seed);

  World& world;
  const FaultInfo& info;
  RoundResult result;
  Daemon leader;                      ///< before the hit
  Daemon next;                        ///< who leads after it
  std::vector<WorkerSight> workers;   ///< before it
  std::vector<std::int64_t> guards;   ///< that were killed and come back
  std::int64_t worker = 0;            ///< that was killed
  bool takeover = false;              ///< another term of leadership follows
  std::vector<std::int64_t> stopped;  ///< that stand still
  std::vector<std::int64_t> doomed;   ///< that were told to end

  /// The moment from which all times of the round count.
  void stamp();
  history::Micros hit() const { return hit_; }
  WallMs hit_wall() const { return hit_wall_; }
  double ms_since_hit(history::Micros at) const { return static_cast<double>(at - hit_) / 1000.0; }
  /// Under `sides`, by the seed: `of` keeps different choices of one round apart.
  std::uint64_t choose(std::uint64_t of, std::uint64_t sides) const;
  /// How long something lasts, by the seed.
  cli::Milliseconds choose_time(cli::Milliseconds least, cli::Milliseconds most) const;

  /// The site's daemons of that kind that run now.
  std::vector<Daemon> running(Kind kind);

  /// The first one stays.
  void troubled(const std::string& why);
  /// Asks again and again until it is so; false: not in time, or Ctrl-C, and the round is in trouble.
  bool await(const std::string& what, cli::Milliseconds every, const std::function<bool()>& look);
  bool await(const std::string& what, cli::Milliseconds every, const std::function<bool()>& look,
             cli::Milliseconds within);
  /// Nobody can take anything from now on, until over(): the history is checked for that.
  void begin_silence();
  void end_silence();

  /// Stamps, and signals one that shall end by it.
  Result<void> strike(std::int64_t pid, int number);
  /// Until thaw().
  Result<void> stop(std::int64_t pid);
  /// Everything that stands still goes on.
  void thaw();
  /// Waits for the end of what is doomed.
  Result<void> await_ends();
  /// The same, and starts whatever does not run.
  Result<void> start_ended();

 private:
  const std::uint64_t seed_;
  WallMs hit_wall_ = 0;
  history::Micros hit_ = 0;
};

}  // namespace stellwerk::drill
