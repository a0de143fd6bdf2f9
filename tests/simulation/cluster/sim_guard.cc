#include "simulation/cluster/sim_guard.h"

#include <memory>
#include <utility>

namespace stellwerk::test {

using namespace std::chrono_literals;

SimGuard::SimGuard(SimTime& time, SimZookeeper& zookeeper, std::mt19937_64& random, const std::string& host,
                   std::function<void(const std::string&)> log)
    : time_(time),
      zookeeper_(zookeeper),
      random_(random),
      host_(host),
      log_(std::move(log)),
      executor_(time),
      core_(options_) {
  tick();
}

void SimGuard::tick() {
  if (over_) return;
  step(guard::event::Tick{});
  executor_.after(options_.tick, [this] { tick(); });
}

void SimGuard::tell(guard::Message message) {
  if (!up()) return;
  // Over the wire and back, as in production.
  auto read = guard::decode(guard::encode(message));
  executor_.post([this, told = std::move(*read)] { step(guard::event::Told{told}); });
}

void SimGuard::master_died() {
  if (up()) executor_.post([this] { step(guard::event::MasterDied{}); });
}

void SimGuard::step(const guard::Event& event) {
  for (const auto& effect : core_.step(executor_.now(), event))
    std::visit([this](const auto& each) { perform(each); }, effect);
}

Duration SimGuard::delay() {
  return 200us + Duration(static_cast<Duration::rep>(random_() % 5000));
}

void SimGuard::at_servers(std::function<void()> act, std::function<void(bool)> done) {
  time_.at(time_.now() + delay(), [this, act = std::move(act), done = std::move(done)] {
    const bool reached = zookeeper_.serving() && !zookeeper_.link(host_).partitioned() && up();
    if (reached) act();
    // The answer may be lost: then it is not known to have happened.
    const bool heard = reached && random_() % 8 != 0;
    executor_.after(heard ? delay() : 3s, [done, heard] { done(heard); });
  });
}

void SimGuard::perform(const guard::effect::EndSession& effect) {
  at_servers([this, id = effect.session.id] { zookeeper_.end_session(id); },
             [this](bool gone) {
               step(guard::event::SessionEnded{gone, "no answer"});
             });
}

void SimGuard::perform(const guard::effect::RemovePlace& effect) {
  at_servers(
      [this, effect] {
        if (core_.master_is_back()) return;
        const SimZnode* const lock = zookeeper_.find(effect.place.lock);
        if (lock != nullptr && lock->owner == effect.session.id) zookeeper_.delete_all(effect.place.lock);
        zookeeper_.delete_all(effect.place.candidate);
      },
      [this](bool gone) {
        step(guard::event::PlaceRemoved{gone, "no answer"});
      });
}

}  // namespace stellwerk::test
