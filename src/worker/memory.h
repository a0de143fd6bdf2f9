/// What a worker knows over restarts, as a port.
///
/// Implementations: a file of the worker's own folder (identity/), and the simulator's.
#pragma once

#include <functional>

#include "worker/protocol.h"

namespace stellwerk::worker {

/// On the executor.
class Memory {
 public:
  using Done = std::function<void(Result<void>)>;

  virtual ~Memory() = default;
  /// Durable when it calls back: once, on the executor, never from inside this call. Of several the order is kept.
  /// When this is destroyed, who still waits is not called. Errors: failed (names the file), unavailable (too many
  /// wait).
  virtual void remember(const Place& place, Done done) = 0;
};

}  // namespace stellwerk::worker
