/// Type `local`: the masters of one host meet in a folder (`<storageDir>/<cluster-id>/coordination`).
///
/// A lock that the kernel gives back when its holder dies says who should lead; files that are written
/// once are the head. A master that is stopped (SIGSTOP) keeps its lock, or its place in the line for it, so
/// its guard kills it (guard/guard.h).
#pragma once

#include <stellwerk/coordination.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

#include "base/executor.h"
#include "coordination/local_session.h"

namespace stellwerk::coordination {

/// An operation that has no answer by then completes as unknown or unavailable: the disk hangs.
inline constexpr Duration kLocalOperationTimeout = std::chrono::seconds(10);
/// The same for close().
inline constexpr Duration kLocalCloseTimeout = std::chrono::seconds(2);

/// See Coordination. A thread of its own does all that blocks. Destroying it without close() is dying:
/// candidate and lock go to the others, nothing is called any more. The destructor waits for that
/// thread; while the disk hangs it hangs too, so main ends the process without it then (app/exit_deadline.h).
class LocalCoordination : public Coordination {
 public:
  LocalCoordination(Executor& executor, LocalPlace place, LocalMode mode = LocalMode::queue);
  ~LocalCoordination() override;
  LocalCoordination(const LocalCoordination&) = delete;
  LocalCoordination& operator=(const LocalCoordination&) = delete;

  void start(CoordinationListener& listener) override;
  void join(const Candidate& candidate) override;
  void leave(Handler done) override;
  void read_head(ReadHandler done) override;
  void write_head(std::string bytes, HeadVersion expected, WriteHandler done) override;
  void announce(std::string leader_json) override;
  void erase_cluster(std::function<void(Result<void>)> done) override;
  void close(Handler done) override;

 private:
  class Worker;
  struct Operation {
    std::function<void()> expire;
    Executor::TimerId timer = 0;
  };

  /// Asks the worker for a T; `done` gets it, or `if_late` after `limit`.
  template <class T>
  void ask(std::function<T(LocalSession&)> work, T if_late, Duration limit, std::function<void(T)> done);
  void expire_all();
  bool tells(std::uint64_t term) const { return listener_ != nullptr && in_queue_ && term == term_; }

  Executor& executor_;
  const LocalPlace place_;
  const LocalMode mode_;
  CoordinationListener* listener_ = nullptr;
  bool closed_ = false;
  bool in_queue_ = false;
  /// Counts candidates, so that what is told of an earlier one is dropped.
  std::uint64_t term_ = 0;
  std::uint64_t next_operation_ = 1;
  std::unordered_map<std::uint64_t, Operation> operations_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  std::unique_ptr<Worker> worker_;
};

}  // namespace stellwerk::coordination
