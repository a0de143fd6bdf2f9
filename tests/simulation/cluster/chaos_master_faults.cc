#include "simulation/cluster/chaos_course.h"

namespace stellwerk::test {

using namespace std::chrono_literals;
using jobs::Reply;

void Chaos::arm_fault() {
  if (over_) return;
  strike();
  later(between(100ms, 6s), [this] { arm_fault(); });
}

void Chaos::arm_ambush() {
  ambush_ = true;
  later(between(500ms, 10s), [this] { arm_ambush(); });
}

void Chaos::look_for_ambush() {
  if (!ambush_) return;
  for (const auto& master : cluster_.masters) {
    const auto view = master->view();
    if (!master->up() || !view || view->role != master::Role::claiming) continue;
    ambush_ = false;
    return later(between(0ms, 5ms), [this, &master] {
      if (over_) return;
      target_ = master.get();
      strike();
      target_ = nullptr;
    });
  }
}

void Chaos::strike() {
  std::vector<Fault> faults;
  if (options_.election_faults)
    faults = {
        &Chaos::crash,      &Chaos::crash,      &Chaos::pause,       &Chaos::pause,       &Chaos::stop,
        &Chaos::cut,        &Chaos::partition,  &Chaos::lossy,       &Chaos::slow,        &Chaos::lose_reply,
        &Chaos::lose_reply, &Chaos::freeze,     &Chaos::quorum_loss, &Chaos::end_session, &Chaos::replaced_session,
        &Chaos::transfer,   &Chaos::clock_jump, &Chaos::kill_guard,  &Chaos::suspend};
  if (options_.storage_faults)
    faults.insert(faults.end(), {&Chaos::storage_flaky, &Chaos::storage_flaky, &Chaos::storage_gone,
                                 &Chaos::storage_hangs, &Chaos::storage_full});
  if (options_.by_hand) faults.insert(faults.end(), {&Chaos::delete_candidate, &Chaos::delete_head});
  if (!faults.empty()) (this->*faults[below(faults.size())])();
}

void Chaos::crash() {
  SimMaster& master = victim();
  const bool both = below(2) == 0;
  befall(both ? "kill -9 of a master and its guard" : "kill -9 of a master", master);
  both ? master.kill_both() : master.kill();
  later(between(0s, 15s), [&master] {
    if (!master.up()) master.start();
  });
}

void Chaos::kill_guard() {
  SimMaster& master = victim();
  befall("kill -9 of a master's guard", master);
  master.kill_guard();
}

void Chaos::stop() {
  SimMaster& master = victim();
  befall("SIGTERM", master);
  master.stop();
  later(between(3s, 10s), [&master] {
    if (!master.up()) master.start();
  });
}

void Chaos::pause() {
  SimMaster& master = victim();
  befall("SIGSTOP", master);
  master.pause();
  later(between(50ms, 25s), [this, &master] {
    note("SIGCONT " + master.name());
    master.resume();
  });
}

void Chaos::cut() {
  SimMaster& master = victim();
  befall("connection breaks", master);
  master.link().cut();
}

void Chaos::partition() {
  SimMaster& master = victim();
  befall("cut off from ZooKeeper", master);
  master.link().partition(true);
  later(between(100ms, 25s), [&master] { master.link().partition(false); });
}

void Chaos::lossy() {
  SimMaster& master = victim();
  befall("network that loses", master);
  master.link().faults.request_lost = 0.05;
  master.link().faults.reply_lost = 0.05;
  later(between(1s, 10s), [&master] { master.link().faults = {}; });
}

void Chaos::slow() {
  SimMaster& master = victim();
  befall("slow network", master);
  master.link().faults.slow = 0.2;
  master.link().faults.slow_delay = between(100ms, 4s);
  later(between(1s, 10s), [&master] { master.link().faults = {}; });
}

void Chaos::lose_reply() {
  constexpr SimZkVerb kVerbs[] = {SimZkVerb::multi, SimZkVerb::multi, SimZkVerb::create, SimZkVerb::sync,
                                  SimZkVerb::list};
  SimMaster& master = victim();
  const SimZkVerb verb = kVerbs[below(std::size(kVerbs))];
  const bool request = below(3) == 0;
  befall("lost " + std::string(to_string(verb)) + (request ? "" : ", done"), master);
  if (request)
    master.link().lose_next_request(verb);
  else
    master.link().lose_next_reply(verb);
}

void Chaos::freeze() {
  befall("ZooKeeper hangs");
  cluster_.zookeeper.freeze();
  later(between(100ms, 15s), [this] { cluster_.zookeeper.thaw(); });
}

void Chaos::quorum_loss() {
  if (!cluster_.zookeeper.serving()) return;
  befall("ZooKeeper has no quorum");
  cluster_.zookeeper.stop();
  later(between(100ms, 20s), [this] { cluster_.zookeeper.start(); });
}

/// As a machine is that hosts everything; what stood still goes on in an order of its own.
void Chaos::suspend() {
  befall("everything is suspended");
  const Duration span = between(100ms, 40s);
  const auto about = [&] { return span + between(0s, 1s); };
  cluster_.zookeeper.freeze();
  later(about(), [this] { cluster_.zookeeper.thaw(); });
  for (const auto& master : cluster_.masters) {
    master->pause();
    later(about(), [&master] { master->resume(); });
  }
  for (const auto& worker : cluster_.workers) {
    if (!worker->guarded()) continue;
    worker->pause();
    later(about(), [&worker] { worker->resume(); });
  }
}

void Chaos::end_session() {
  SimMaster& master = victim();
  befall("session ended", master);
  cluster_.ledger.two_may_act_until(cluster_.time.now() + options_.cluster.session_timeout + 1s);
  if (master.link().session() != 0) cluster_.zookeeper.end_session(master.link().session());
}

void Chaos::replaced_session() {
  SimMaster& master = victim();
  befall("silently a new session", master);
  master.link().new_session_on_reconnect();
  master.link().cut();
}

void Chaos::transfer() {
  SimMaster* leader = cluster_.leader();
  if (leader == nullptr || leader->driver() == nullptr) return;
  befall("transfer", *leader);
  leader->executor().post([this, leader] {
    if (leader->driver() != nullptr) leader->driver()->transfer(cluster_.time.now() + 5s, [](const Reply&) {});
  });
}

void Chaos::clock_jump() {
  SimMaster& master = victim();
  const auto skew = static_cast<WallMs>(below(20'000'000)) - 10'000'000;
  befall(skew < 0 ? "clock jumps back" : "clock jumps ahead", master, " by " + std::to_string(skew) + " ms");
  if (master.up()) master.executor().set_wall_skew_ms(skew);
}

void Chaos::storage_flaky() {
  SimMaster& master = victim();
  befall("flaky storage", master);
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
  befall("no mount", master);
  master.storage().broken = true;
  later(between(500ms, 30s), [&master] { master.storage() = {}; });
}

void Chaos::storage_hangs() {
  SimMaster& master = victim();
  befall("silent storage", master);
  master.storage().hangs = true;
  later(between(500ms, 30s), [&master] { master.storage() = {}; });
}

void Chaos::storage_full() {
  befall("the disk is full");
  for (auto& master : cluster_.masters) master->storage().full = true;
  later(between(500ms, 15s), [this] {
    for (auto& master : cluster_.masters) master->storage().full = false;
  });
}

void Chaos::delete_candidate() {
  befall("deleteall leader");
  cluster_.ledger.by_hand();
  cluster_.ledger.two_may_act_until(cluster_.time.now() + options_.cluster.session_timeout + 1s);
  cluster_.zookeeper.delete_all("/stellwerk/default/leader");
}

void Chaos::delete_head() {
  befall("delete head");
  cluster_.ledger.by_hand();
  cluster_.zookeeper.delete_all("/stellwerk/default/head");
}

}  // namespace stellwerk::test
