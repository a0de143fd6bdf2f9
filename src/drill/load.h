/// What clients do to a cluster all the time, as far as rounds look at it: a port.
#pragma once

#include <optional>

#include "history/history.h"

namespace stellwerk::drill {

class Load {
 public:
  virtual ~Load() = default;

  /// The clock of the history.
  virtual history::Micros now() = 0;
  /// When the first write was acknowledged that was begun at or after `since`; none: not yet.
  virtual std::optional<history::Micros> first_write_since(history::Micros since) = 0;
};

}  // namespace stellwerk::drill
