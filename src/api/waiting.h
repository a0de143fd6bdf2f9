/// Waiting for something to become true of the view, without polling and without a lost wake-up.
#pragma once

#include <functional>

#include "api/backend.h"

namespace stellwerk::api {

/// True if it holds at once; then `done` is never called. Otherwise as Backend::wait_for: `done` must
/// be quick. From any thread.
bool wait_for_view(Backend& backend, Time deadline, Awaited awaited, std::function<void(Waited)> done);

}  // namespace stellwerk::api
