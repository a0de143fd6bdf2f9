/// Waiting for something to become true of the view, without polling and without a lost wake-up.
#pragma once

#include <functional>
#include <optional>

#include "api/backend.h"

namespace stellwerk::api {

enum class Waited {
  met,
  late,     ///< the deadline passed
  crowded,  ///< too many wait already
};

/// Returns at once if the condition holds or nobody more may wait; then `done` is never called.
/// Otherwise `done` runs once, on the master's loop, by the deadline: it must be quick. From any
/// thread. `met` may be called by two threads at once: it only looks.
std::optional<Waited> wait_for_view(Backend& backend, Time deadline, std::function<bool(const master::MasterView&)> met,
                                    std::function<void(Waited)> done);

}  // namespace stellwerk::api
