#include "simulation/cluster/chaos.h"

#include <algorithm>
#include <functional>

#include "journal/crc32c.h"
#include "simulation/cluster/sim_uploads.h"

namespace stellwerk::test {

using namespace std::chrono_literals;
using jobs::Reply;

namespace {

/// Draws what happens next. Every fault that lasts has its own end, so that they overlap freely.
class Chaos {
 public:
  Chaos(SimCluster& cluster, const ChaosOptions& options) : cluster_(cluster), options_(options) {}

  void run();
  const std::vector<std::string>& log() const { return log_; }

 private:
  using Fault = void (Chaos::*)();

  std::uint64_t below(std::uint64_t bound) { return cluster_.random() % bound; }
  Duration between(Duration low, Duration high) {
    return low + Duration(static_cast<std::int64_t>(below(static_cast<std::uint64_t>((high - low).count()) + 1)));
  }
  SimMaster& any() { return *cluster_.masters[below(cluster_.masters.size())]; }
  /// Often the one that matters.
  SimMaster& victim() {
    SimMaster* leader = cluster_.leader();
    return leader != nullptr && below(2) == 0 ? *leader : any();
  }
  void note(const std::string& what) {
    log_.push_back(std::to_string((cluster_.time.now().time_since_epoch() - 1000s) / 1ms) + " chaos: " + what);
  }
  void later(Duration delay, std::function<void()> task) {
    cluster_.time.at(cluster_.time.now() + delay, std::move(task));
  }

  void arm_fault();
  void arm_worker_fault();
  void worker_fault();
  void arm_client();
  void arm_uploads();
  void upload();
  void client();
  void retry(const std::string& id, int tries);

  void crash();
  void pause();
  void stop();
  void cut();
  void partition();
  void lossy();
  void slow();
  void lose_reply();
  void freeze();
  void quorum_loss();
  void end_session();
  void replaced_session();
  void transfer();
  void clock_jump();
  void kill_guard();
  void storage_flaky();
  void storage_gone();
  void storage_hangs();
  void storage_full();
  void delete_candidate();
  void delete_head();

  SimCluster& cluster_;
  const ChaosOptions& options_;
  std::vector<std::string> log_;
  std::vector<std::string> ids_;
  std::vector<std::pair<std::string, int>> uploads_;  ///< uuid, and which file
  bool over_ = false;
};

void Chaos::run() {
  cluster_.start_all();
  arm_client();
  later(between(1s, 5s), [this] { arm_fault(); });
  later(1s, [this] { arm_worker_fault(); });
  later(500ms, [this] { arm_uploads(); });
  cluster_.run_for(options_.span);
  over_ = true;
  note("everything works again");
  cluster_.heal();
  cluster_.demand_progress();
}

void Chaos::arm_fault() {
  if (over_) return;
  std::vector<Fault> faults;
  if (options_.election_faults)
    faults = {
        &Chaos::crash,      &Chaos::crash,      &Chaos::pause,       &Chaos::pause,       &Chaos::stop,
        &Chaos::cut,        &Chaos::partition,  &Chaos::lossy,       &Chaos::slow,        &Chaos::lose_reply,
        &Chaos::lose_reply, &Chaos::freeze,     &Chaos::quorum_loss, &Chaos::end_session, &Chaos::replaced_session,
        &Chaos::transfer,   &Chaos::clock_jump, &Chaos::kill_guard};
  if (options_.storage_faults)
    faults.insert(faults.end(), {&Chaos::storage_flaky, &Chaos::storage_flaky, &Chaos::storage_gone,
                                 &Chaos::storage_hangs, &Chaos::storage_full});
  if (options_.by_hand) faults.insert(faults.end(), {&Chaos::delete_candidate, &Chaos::delete_head});
  if (!faults.empty()) (this->*faults[below(faults.size())])();
  later(between(100ms, 6s), [this] { arm_fault(); });
}

void Chaos::crash() {
  SimMaster& master = victim();
  const bool both = below(2) == 0;
  note("kill -9 " + master.name() + (both ? " and its guard" : ""));
  both ? master.kill_both() : master.kill();
  later(between(0s, 15s), [&master] {
    if (!master.up()) master.start();
  });
}

void Chaos::kill_guard() {
  SimMaster& master = victim();
  note("kill -9 of the guard of " + master.name());
  master.kill_guard();
}

void Chaos::stop() {
  SimMaster& master = victim();
  note("SIGTERM " + master.name());
  master.stop();
  later(between(3s, 10s), [&master] {
    if (!master.up()) master.start();
  });
}

void Chaos::pause() {
  SimMaster& master = victim();
  note("SIGSTOP " + master.name());
  master.pause();
  later(between(50ms, 25s), [this, &master] {
    note("SIGCONT " + master.name());
    master.resume();
  });
}

void Chaos::cut() {
  SimMaster& master = victim();
  note("cut " + master.name());
  master.link().cut();
}

void Chaos::partition() {
  SimMaster& master = victim();
  note("partition " + master.name());
  master.link().partition(true);
  later(between(100ms, 25s), [&master] { master.link().partition(false); });
}

void Chaos::lossy() {
  SimMaster& master = victim();
  note("lossy " + master.name());
  master.link().faults.request_lost = 0.05;
  master.link().faults.reply_lost = 0.05;
  later(between(1s, 10s), [&master] { master.link().faults = {}; });
}

void Chaos::slow() {
  SimMaster& master = victim();
  note("slow network " + master.name());
  master.link().faults.slow = 0.2;
  master.link().faults.slow_delay = between(100ms, 4s);
  later(between(1s, 10s), [&master] { master.link().faults = {}; });
}

void Chaos::lose_reply() {
  constexpr SimZkVerb kVerbs[] = {SimZkVerb::multi, SimZkVerb::multi, SimZkVerb::create, SimZkVerb::sync,
                                  SimZkVerb::list};
  SimMaster& master = victim();
  const SimZkVerb verb = kVerbs[below(std::size(kVerbs))];
  note("lose the next reply of " + std::string(to_string(verb)) + " to " + master.name());
  if (below(3) == 0)
    master.link().lose_next_request(verb);
  else
    master.link().lose_next_reply(verb);
}

void Chaos::freeze() {
  note("ZooKeeper hangs");
  cluster_.zookeeper.freeze();
  later(between(100ms, 15s), [this] { cluster_.zookeeper.thaw(); });
}

void Chaos::quorum_loss() {
  if (!cluster_.zookeeper.serving()) return;
  note("ZooKeeper has no quorum");
  cluster_.zookeeper.stop();
  later(between(100ms, 20s), [this] { cluster_.zookeeper.start(); });
}

void Chaos::end_session() {
  SimMaster& master = victim();
  note("the session of " + master.name() + " is ended");
  cluster_.ledger.two_may_act_until(cluster_.time.now() + options_.cluster.session_timeout + 1s);
  if (master.link().session() != 0) cluster_.zookeeper.end_session(master.link().session());
}

void Chaos::replaced_session() {
  SimMaster& master = victim();
  note("silently a new session for " + master.name());
  master.link().new_session_on_reconnect();
  master.link().cut();
}

void Chaos::transfer() {
  SimMaster* leader = cluster_.leader();
  if (leader == nullptr || leader->driver() == nullptr) return;
  note("transfer from " + leader->name());
  leader->executor().post([this, leader] {
    if (leader->driver() != nullptr) leader->driver()->transfer(cluster_.time.now() + 5s, [](const Reply&) {});
  });
}

void Chaos::clock_jump() {
  SimMaster& master = victim();
  const auto skew = static_cast<WallMs>(below(20'000'000)) - 10'000'000;
  note("wall clock of " + master.name() + " jumps by " + std::to_string(skew) + " ms");
  if (master.up()) master.executor().set_wall_skew_ms(skew);
}

void Chaos::storage_flaky() {
  SimMaster& master = victim();
  note("flaky storage at " + master.name());
  auto& faults = master.storage();
  faults.unavailable = 0.1;
  faults.not_done = 0.05;
  faults.unknown_done = 0.1;
  faults.unknown_late = 0.1;
  faults.unknown_never = 0.1;
  faults.delay_max = between(5ms, 500ms);
  later(between(1s, 15s), [&master] { master.storage() = {}; });
}

void Chaos::storage_gone() {
  SimMaster& master = victim();
  note("no mount at " + master.name());
  master.storage().broken = true;
  later(between(500ms, 30s), [&master] { master.storage() = {}; });
}

void Chaos::storage_hangs() {
  SimMaster& master = victim();
  note("silent storage at " + master.name());
  master.storage().hangs = true;
  later(between(500ms, 30s), [&master] { master.storage() = {}; });
}

void Chaos::storage_full() {
  note("the disk is full");
  for (auto& master : cluster_.masters) master->storage().full = true;
  later(between(500ms, 15s), [this] {
    for (auto& master : cluster_.masters) master->storage().full = false;
  });
}

void Chaos::delete_candidate() {
  note("deleteall leader");
  cluster_.ledger.by_hand();
  cluster_.ledger.two_may_act_until(cluster_.time.now() + options_.cluster.session_timeout + 1s);
  cluster_.zookeeper.delete_all("/stellwerk/default/leader");
}

void Chaos::delete_head() {
  note("delete head");
  cluster_.ledger.by_hand();
  cluster_.zookeeper.delete_all("/stellwerk/default/head");
}

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
      note("kill -9 of worker " + worker.name());
      worker.kill();
      return later(span, start_again);
    case 1:
      note("worker " + worker.name() + " is told to stop");
      worker.stop();
      return later(span, start_again);
    case 2:
      note("the disk of worker " + worker.name() + " is full");
      worker.fill_disk(true);
      return later(span, [&worker] { worker.fill_disk(false); });
    case 3:
      // Who stands still without a guard is not covered (docs/job-spec.md).
      if (!worker.guarded()) return;
      note("worker " + worker.name() + " stands still");
      worker.pause();
      // Longer than a lease lasts, now and then.
      return later(2 * span, [&worker] { worker.resume(); });
    case 6:
      note("kill -9 of worker " + worker.name() + " and its guard");
      worker.kill_both();
      return later(span, start_again);
    case 8:
      note("nothing passes between " + worker.name() + " and all masters");
      for (const auto& each : cluster_.masters) cluster_.links.partition(worker.name(), each->rpc(), true);
      return later(2 * span, [this, &worker] {
        for (const auto& each : cluster_.masters) cluster_.links.partition(worker.name(), each->rpc(), false);
      });
    case 7:
      if (worker.paused()) return;
      note("kill -9 of the guard of worker " + worker.name());
      return worker.kill_guard();
    case 4: note("connections of " + worker.name() + " break"); return cluster_.links.cut(worker.name());
    default:
      note("nothing passes between " + worker.name() + " and " + master);
      cluster_.links.partition(worker.name(), master, true);
      return later(span, [this, &worker, master] { cluster_.links.partition(worker.name(), master, false); });
  }
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
  retry(id, 5);
}

void Chaos::retry(const std::string& id, int tries) {
  if (tries == 0) return;
  for (auto& master : cluster_.masters) {
    if (!master->leads() || master->driver() == nullptr) continue;
    cluster_.submit(*master, id, true, [this, id, tries](const Reply& reply) {
      if (reply.kind == Reply::Kind::unavailable || reply.kind == Reply::Kind::unknown)
        later(500ms, [this, id, tries] { retry(id, tries - 1); });
    });
    return;
  }
  later(500ms, [this, id, tries] { retry(id, tries - 1); });
}

}  // namespace

ChaosResult run_chaos(std::uint64_t seed, const ChaosOptions& options) {
  SimCluster cluster(seed, options.cluster);
  Chaos chaos(cluster, options);
  chaos.run();
  ChaosResult result;
  result.seed = seed;
  result.violations = cluster.ledger.violations();
  result.steps = cluster.time.steps();
  result.attempts = cluster.ledger.attempts();
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
