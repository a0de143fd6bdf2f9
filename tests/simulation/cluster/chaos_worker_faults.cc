#include "simulation/cluster/chaos_course.h"

namespace stellwerk::test {

using namespace std::chrono_literals;

void Chaos::arm_worker_fault() {
  if (over_ || cluster_.workers.empty()) return;
  worker_fault();
  later(Duration(static_cast<std::int64_t>(200'000 + cluster_.worker_random() % 4'000'000)),
        [this] { arm_worker_fault(); });
}

void Chaos::worker_fault() {
  auto& draw = cluster_.worker_random;
  SimWorker& worker = *cluster_.workers[draw() % cluster_.workers.size()];
  const std::string master = cluster_.masters[draw() % cluster_.masters.size()]->rpc();
  const Duration span = Duration(static_cast<std::int64_t>(1'000 + draw() % 8'000'000));
  const auto start_again = [this, &worker] {
    if (!over_ && !worker.up()) worker.start();
  };
  switch (draw() % 9) {
    case 0:
      befall("kill -9 of a worker", worker);
      worker.kill();
      return later(span, start_again);
    case 1:
      befall("SIGTERM of a worker", worker);
      worker.stop();
      return later(span, start_again);
    case 2:
      befall("full disk of a worker", worker);
      worker.fill_disk(true);
      return later(span, [&worker] { worker.fill_disk(false); });
    case 3:
      // Who stands still without a guard is not covered (docs/job-spec.md).
      if (!worker.guarded()) return;
      befall("SIGSTOP of a worker", worker);
      worker.pause();
      // Longer than a lease lasts, now and then.
      return later(2 * span, [&worker] { worker.resume(); });
    case 6:
      befall("kill -9 of a worker and its guard", worker);
      worker.kill_both();
      return later(span, start_again);
    case 8:
      befall("worker cut off from all masters", worker);
      for (const auto& each : cluster_.masters) cluster_.links.partition(worker.name(), each->rpc(), true);
      return later(2 * span, [this, &worker] {
        for (const auto& each : cluster_.masters) cluster_.links.partition(worker.name(), each->rpc(), false);
      });
    case 7:
      if (worker.paused()) return;
      befall("kill -9 of a worker's guard", worker);
      return worker.kill_guard();
    case 4: befall("connections of a worker break", worker); return cluster_.links.cut(worker.name());
    default:
      befall("worker cut off from a master", worker, " and " + master);
      cluster_.links.partition(worker.name(), master, true);
      return later(span, [this, &worker, master] { cluster_.links.partition(worker.name(), master, false); });
  }
}

}  // namespace stellwerk::test
