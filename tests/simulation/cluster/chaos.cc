#include "simulation/cluster/chaos.h"

#include <algorithm>
#include <functional>

#include "journal/crc32c.h"
#include "simulation/cluster/chaos_course.h"
#include "simulation/cluster/sim_uploads.h"

namespace stellwerk::test {

using namespace std::chrono_literals;
using jobs::Reply;

void Chaos::run() {
  cluster_.start_all();
  arm_client();
  later(std::min(between(1s, 5s), options_.span / 2), [this] { arm_fault(); });
  arm_ambush();
  later(1s, [this] { arm_worker_fault(); });
  later(500ms, [this] { arm_uploads(); });
  const Time end = cluster_.time.now() + options_.span;
  cluster_.run_until(
      [&] {
        look_for_ambush();
        return cluster_.time.now() >= end;
      },
      options_.span);
  over_ = true;
  note("everything works again");
  cluster_.heal();
  cluster_.demand_progress();
}

void Chaos::arm_uploads() {
  if (over_) return;
  upload();
  later(Duration(static_cast<std::int64_t>(1'000 + cluster_.upload_random() % 600'000)), [this] { arm_uploads(); });
}

/// Uploads, runs and deletions of the same few files, so that they meet.
void Chaos::upload() {
  auto& draw = cluster_.upload_random;
  std::vector<SimMaster*> leaders;
  for (auto& master : cluster_.masters)
    if (master->driver() != nullptr && master->leads()) leaders.push_back(master.get());
  if (leaders.empty()) return;
  SimMaster& master = *leaders[draw() % leaders.size()];
  if (!ids_.empty()) cluster_.ask_checkpoint(master, ids_[draw() % ids_.size()]);
  const auto kind = draw() % 10;
  if (kind < 5 || uploads_.empty()) {
    uploads_.emplace_back(make_uuid({draw(), draw()}), static_cast<int>(draw() % kSimFiles));
    return cluster_.upload(master, uploads_.back().first, uploads_.back().second, kind < 2);
  }
  const auto at = uploads_.begin() + static_cast<std::ptrdiff_t>(draw() % uploads_.size());
  const auto [uuid, which] = *at;
  if (kind < 7) return cluster_.run_upload(master, uuid, which);
  uploads_.erase(at);
  cluster_.remove_upload(master, uuid, which);
}

void Chaos::arm_client() {
  if (over_) return;
  client();
  later(between(1ms, 400ms), [this] { arm_client(); });
}

/// A caller goes to somebody who says that it leads; rarely to anybody.
void Chaos::client() {
  std::vector<SimMaster*> leaders;
  for (auto& master : cluster_.masters)
    if (master->driver() != nullptr && (master->leads() || below(20) == 0)) leaders.push_back(master.get());
  if (leaders.empty()) return;
  SimMaster& master = *leaders[below(leaders.size())];
  const auto kind = below(10);
  if (kind < 3 && !ids_.empty()) {
    cluster_.cancel(master, ids_[below(ids_.size())]);
    return;
  }
  if (kind == 3 && !ids_.empty()) {
    cluster_.submit(master, ids_[below(ids_.size())], true);  // a caller that repeats itself
    return;
  }
  const std::string id = cluster_.new_job_id();
  if (kind < 6) {
    cluster_.submit(master, id, false);
    return;
  }
  ids_.push_back(id);
  retry(id, 5, cluster_.caller());
}

void Chaos::retry(const std::string& id, int tries, const std::shared_ptr<const void>& caller) {
  if (tries == 0) return;
  const auto again = [this, id, tries, caller] {
    later(500ms, [this, id, tries, caller] { retry(id, tries - 1, caller); });
  };
  for (auto& master : cluster_.masters) {
    if (!master->leads() || master->driver() == nullptr) continue;
    cluster_.submit(*master, id, true, [again](const Reply& reply) {
      if (reply.kind == Reply::Kind::unavailable || reply.kind == Reply::Kind::unknown) again();
    });
    return;
  }
  again();
}

ChaosResult run_chaos(std::uint64_t seed, const ChaosOptions& options) {
  SimCluster cluster(seed, options.cluster);
  Chaos chaos(cluster, options);
  chaos.run();
  ChaosResult result;
  result.seed = seed;
  result.violations = cluster.ledger.violations();
  result.steps = cluster.time.steps();
  result.attempts = cluster.ledger.attempts();
  result.coverage = chaos.coverage();
  if (const auto& head = cluster.ledger.head()) {
    result.commits = head->seq;
    result.epochs = head->epoch;
    result.fingerprint = journal::crc32c(model::encode_head(*head)) + result.steps * 0x100000000ULL;
  }
  for (const auto& [name, file] : cluster.disk.files())
    result.snapshots += name.starts_with("journal/snapshot") ? 1 : 0;
  if (!result.violations.empty()) {
    result.log = chaos.log();
    for (const auto& master : cluster.masters)
      result.log.insert(result.log.end(), master->log().begin(), master->log().end());
    for (const auto& worker : cluster.workers)
      result.log.insert(result.log.end(), worker->log().begin(), worker->log().end());
    std::stable_sort(result.log.begin(), result.log.end(),
                     [](const std::string& a, const std::string& b) { return std::stoll(a) < std::stoll(b); });
  }
  return result;
}

}  // namespace stellwerk::test
