/// A client and who hears of it; used by zookeeper_coordination*.cc only.
#pragma once

#include <memory>

#include "coordination/zookeeper_coordination.h"

namespace stellwerk::coordination {

/// Passes on what its client says as long as the Coordination still goes by it.
struct ZookeeperCoordination::Connection : leadership::ZkClientListener {
  explicit Connection(ZookeeperCoordination& who) : owner(who), client(who.factory_()) {}

  bool first() const { return owner.connection_.get() == this; }
  bool second() const { return owner.second_.get() == this; }

  void on_connected(const leadership::ZkSession& session) override {
    if (first()) owner.connected(session);
    if (second()) owner.second_connected(session);
  }
  void on_suspended(const std::string& detail) override {
    if (first()) owner.suspended(detail);
    // It tries on, and is taken only once it has a connection.
    if (second()) owner.cancel(owner.second_timer_);
  }
  void on_expired() override {
    if (second()) owner.second_lost();
    if (!first()) return;
    owner.set_state("expired", "the session has expired; asking for a new one");
    owner.session_ended();
    owner.connect();
  }
  void on_refused(const Error& error) override {
    if (first()) owner.refuse(error);
    if (second()) owner.second_lost();
  }

  ZookeeperCoordination& owner;
  std::unique_ptr<leadership::ZkClient> client;
};

/// Of several connections only the present one's replies count.
template <class Argument>
std::function<void(Argument)> ZookeeperCoordination::here(std::function<void(Argument)> handler) {
  return [this, from = std::weak_ptr<Connection>(connection_), handler = std::move(handler)](Argument argument) {
    const auto connection = from.lock();
    if (connection && connection == connection_) handler(std::move(argument));
  };
}

}  // namespace stellwerk::coordination
