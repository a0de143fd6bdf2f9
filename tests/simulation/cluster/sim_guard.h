/// The guard beside a simulated master: the same core as in production, a process of its own that may
/// be killed, and what it does at ZooKeeper, through its host's network.
#pragma once

#include <functional>
#include <random>
#include <string>

#include "guard/guard.h"
#include "simulation/sim_zookeeper.h"
#include "support/sim_executor.h"

namespace stellwerk::test {

class SimGuard {
 public:
  SimGuard(SimTime& time, SimZookeeper& zookeeper, std::mt19937_64& random, const std::string& host,
           std::function<void(const std::string&)> log);

  /// From the master's side of the socket; what a dead guard is told is lost.
  void tell(guard::Message message);
  void master_died();
  void kill() { executor_.kill(); }
  bool up() const { return !executor_.killed() && !over_; }

 private:
  void tick();
  void step(const guard::Event& event);
  void perform(const guard::effect::EndSession& effect);
  void perform(const guard::effect::RemovePlace& effect);
  void perform(const guard::effect::KillMaster&) {}
  void perform(const guard::effect::Note& effect) { log_(effect.text); }
  void perform(const guard::effect::Exit&) { over_ = true; }
  /// Runs `act` at the servers after a while if they can be reached; then `done` hears whether it ran.
  void at_servers(std::function<void()> act, std::function<void(bool)> done);
  Duration delay();

  SimTime& time_;
  SimZookeeper& zookeeper_;
  std::mt19937_64& random_;
  const std::string host_;
  const std::function<void(const std::string&)> log_;
  SimExecutor executor_;
  const guard::Options options_;
  guard::Guard core_;
  bool over_ = false;
};

}  // namespace stellwerk::test
