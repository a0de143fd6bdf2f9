#include "worker/worker.h"

#include <utility>

namespace stellwerk::worker {

Worker::Worker(WorkerOptions options) : registration_(std::move(options.registration)) {}

std::vector<Effect> Worker::step(Time now, Event event) {
  std::visit([&](auto& e) { register_with(now, std::move(e)); }, event);
  return std::exchange(effects_, {});
}

Time Worker::wake_at() const {
  return registration_.wake_at();
}

void Worker::register_with(Time now, RegistrationEvent event) {
  for (auto& each : registration_.step(now, std::move(event)))
    std::visit([this](auto& effect) { effects_.emplace_back(std::move(effect)); }, each);
}

}  // namespace stellwerk::worker
