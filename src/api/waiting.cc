#include "api/waiting.h"

#include <utility>

namespace stellwerk::api {

bool holds(const Awaited& awaited, const master::MasterView& view) {
  if (const auto* position = std::get_if<model::Position>(&awaited)) return view.applied >= *position;
  return std::get<Condition>(awaited)(view);
}

bool wait_for_view(Backend& backend, Time deadline, Awaited awaited, std::function<void(Waited)> done) {
  if (holds(awaited, *backend.view())) return true;
  backend.wait_for(std::move(awaited), deadline, std::move(done));
  return false;
}

}  // namespace stellwerk::api
