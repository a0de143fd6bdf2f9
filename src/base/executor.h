/// The loop that a master lives on, as a port: time, timers and turns.
///
/// One thread runs everything given to an executor, one task at a time, never from inside the call
/// that gave it. In production it is an Asio loop (loop/asio_executor.h), in the simulator a queue
/// ordered by virtual time and insertion, so that ties are deterministic.
#pragma once

#include <stellwerk/coordination.h>

#include <cstdint>
#include <functional>

namespace stellwerk {

/// Wall time, ms since 1970: for people, never for decisions.
using WallMs = std::int64_t;

class Executor {
 public:
  using Task = std::function<void()>;
  /// 0 is never a timer.
  using TimerId = std::uint64_t;

  virtual ~Executor() = default;

  /// The clock for decisions. May be called from any thread.
  virtual Time now() const = 0;
  /// The clock for people. May be called from any thread.
  virtual WallMs wall_ms() const = 0;

  /// Runs `task` in a later turn. May be called from any thread.
  virtual void post(Task task) = 0;
  /// Runs `task` in the first turn at or after `when`. Only from the executor's own thread.
  virtual TimerId at(Time when, Task task) = 0;
  /// Forgets a timer; one that has run or is unknown is ignored. Only from the executor's own thread.
  virtual void cancel(TimerId timer) = 0;

  TimerId after(Duration delay, Task task) { return at(now() + delay, std::move(task)); }
};

}  // namespace stellwerk
