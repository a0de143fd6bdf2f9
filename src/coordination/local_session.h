/// One master's membership in a local coordination folder: the blocking, single-threaded half of
/// LocalCoordination. It decides; its owner gives it a thread and tells it what was seen and when.
#pragma once

#include <stellwerk/coordination.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "coordination/local_folder.h"
#include "coordination/local_head.h"
#include "coordination/local_lock.h"
#include "coordination/local_queue.h"
#include "coordination/local_watch.h"

namespace stellwerk::coordination {

/// How often lock, candidate and folder are looked at although nothing was seen.
inline constexpr Duration kLocalVerifyInterval = std::chrono::seconds(1);
/// How long a look at lock and candidate counts.
inline constexpr Duration kLocalContactValid = std::chrono::seconds(10);
/// How long a second master of type NONE waits for the first to finish its shutdown.
inline constexpr Duration kSingleMasterPatience = std::chrono::seconds(3);

/// Several masters that stand in a queue, or one that keeps all others out.
enum class LocalMode { queue, single };

/// What a LocalSession tells, on its thread, from inside its calls. A term is the number that the
/// caller of join() gave.
class LocalEvents {
 public:
  virtual ~LocalEvents() = default;
  virtual void status(const std::string& state, const std::string& detail) = 0;
  virtual void contact(std::uint64_t term, Time sent) = 0;
  virtual void may_claim(std::uint64_t term) = 0;
  virtual void lock_lost(std::uint64_t term, const std::string& why) = 0;
  virtual void head(const HeadReading& reading) = 0;
  virtual void members(const std::vector<Candidate>& members) = 0;
  virtual void refused(const Error& error) = 0;
};

/// One thread at a time. Destroying it is dying: the kernel gives up lock and candidate.
class LocalSession {
 public:
  /// `events` and `watch` outlive it.
  LocalSession(LocalPlace place, LocalMode mode, LocalEvents& events, LocalWatch& watch);

  /// Does what is due and what `seen` asks for; connects at first. Answers how long the next turn can wait.
  std::chrono::milliseconds turn(LocalWatch::Seen seen, Time now);

  void join(const Candidate& candidate, std::uint64_t term);
  void leave();
  Result<HeadReading> read_head();
  WriteResult write_head(const std::string& bytes, HeadVersion expected);
  void announce(const std::string& leader_json);
  Result<void> erase_cluster();
  /// Gives up queue and lock in order; nothing comes after it.
  void close();

 private:
  struct Connection {
    Connection(LocalFolder open, LocalLock lock_file) : folder(std::move(open)), lock(std::move(lock_file)) {}
    LocalFolder folder;
    LocalLock lock;
    LocalHead head{folder};
    LocalQueue queue{folder};
  };

  void connect(Time now);
  bool take_single_lock(Connection& connection, Time now);
  void disconnect();
  void say(const std::string& state, const std::string& detail);
  void refuse(const Error& error);
  void enter_queue();
  void verify(Time now);
  void look_at_head();
  void stand_aside(const Error& error);
  void look_at_queue(Time now);
  void claim_if_first(const LocalQueue::View& view, Time now);
  void lose(const std::string& why);
  std::string holder_json() const;

  const LocalPlace place_;
  const LocalMode mode_;
  LocalEvents& events_;
  LocalWatch& watch_;

  std::unique_ptr<Connection> connection_;
  std::string state_;
  std::string detail_;
  bool over_ = false;    ///< refused or closed
  bool erased_ = false;  ///< nothing is made anew before somebody joins or writes
  std::optional<Time> waiting_since_;
  Time verify_at_{};

  std::optional<Candidate> candidate_;
  std::uint64_t term_ = 0;
  bool may_claim_ = false;
  /// Waits between looks at the queue after something happened there: a death is seen a moment
  /// before the kernel gives the dead one's locks back.
  std::chrono::milliseconds next_look_{0};
  std::optional<HeadReading> told_head_;
  std::optional<std::vector<Candidate>> told_members_;
};

}  // namespace stellwerk::coordination
