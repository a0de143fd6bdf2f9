#include <algorithm>

#include "simulation/sim_zk_connection.h"
#include "simulation/sim_zookeeper.h"

namespace stellwerk::test {

const char* to_string(SimZkVerb verb) {
  switch (verb) {
    case SimZkVerb::connect: return "connect";
    case SimZkVerb::ping: return "ping";
    case SimZkVerb::create: return "create";
    case SimZkVerb::remove: return "remove";
    case SimZkVerb::exists: return "exists";
    case SimZkVerb::get: return "get";
    case SimZkVerb::list: return "list";
    case SimZkVerb::set: return "set";
    case SimZkVerb::multi: return "multi";
    case SimZkVerb::sync: return "sync";
    case SimZkVerb::close: return "close";
  }
  return "?";
}

void SimZkLink::cut() {
  const auto connections = std::move(connections_);
  connections_.clear();
  for (const auto& weak : connections) {
    if (const auto connection = weak.lock()) zookeeper_.break_connection(connection);
  }
}

void SimZkLink::partition(bool on) {
  partitioned_ = on;
  if (on) return;
  const auto held = std::move(held_);
  held_.clear();
  for (const auto& arrive : held) arrive();
}

SimZookeeper::ConnectionPtr SimZookeeper::open(SimZkLink& link, SimExecutor& executor,
                                               std::function<void(SimZkMessage)> receiver) {
  auto connection = std::make_shared<SimZkConnection>();
  connection->link = &link;
  connection->executor = &executor;
  connection->receiver = std::move(receiver);
  connection->replica = below(replicas_.size());
  std::erase_if(link.connections_, [](const auto& weak) { return weak.expired(); });
  link.connections_.push_back(connection);
  return connection;
}

bool SimZookeeper::chance(double p) {
  return p > 0 && static_cast<double>(below(1'000'000)) < p * 1'000'000;
}

Duration SimZookeeper::delay(const SimZkLink& link) {
  const SimZkFaults& faults = link.faults;
  if (chance(faults.slow)) return faults.slow_delay;
  const auto span = static_cast<std::uint64_t>((faults.delay_max - faults.delay_min).count());
  return faults.delay_min + Duration(static_cast<Duration::rep>(below(span + 1)));
}

void SimZookeeper::travel(SimZkLink& link, Time arrival, std::function<void()> pass) {
  time_.at(arrival, [&link, pass = std::move(pass)] {
    if (link.partitioned_) {
      link.held_.push_back(pass);
    } else {
      pass();
    }
  });
}

void SimZookeeper::to_server(const ConnectionPtr& connection, std::function<void()> arrive) {
  connection->last_to_server = std::max(connection->last_to_server, time_.now() + delay(*connection->link));
  auto pass = [this, connection, arrive = std::move(arrive)] {
    if (!connection->broken || connection->late_requests) arrived(arrive);
  };
  travel(*connection->link, connection->last_to_server, std::move(pass));
}

void SimZookeeper::to_client(const ConnectionPtr& connection, SimZkMessage message) {
  if (connection->broken) return;
  connection->last_to_client = std::max(connection->last_to_client, time_.now() + delay(*connection->link));
  // Once it is in the process' buffer it will be read, whatever becomes of the connection.
  auto pass = [connection, message = std::move(message)] {
    if (connection->broken || connection->deaf()) return;
    connection->executor->post([connection, message] {
      if (const auto receiver = connection->receiver) receiver(message);
    });
  };
  travel(*connection->link, connection->last_to_client, std::move(pass));
}

void SimZookeeper::break_connection(const ConnectionPtr& connection) {
  if (connection->broken) return;
  connection->broken = true;
  connection->late_requests = chance(0.5);
  connection->last_to_client = std::max(connection->last_to_client, time_.now() + delay(*connection->link));
  auto pass = [connection] {
    if (connection->deaf()) return;
    connection->executor->post([connection] {
      if (const auto receiver = connection->receiver) receiver(SimZkMessage{});
    });
  };
  travel(*connection->link, connection->last_to_client, std::move(pass));
}

void SimZookeeper::send_hello(const ConnectionPtr& connection, SimZkHello hello) {
  if (stopped_) return break_connection(connection);
  to_server(connection, [this, connection, hello = std::move(hello)] { accept(connection, hello); });
}

void SimZookeeper::send(const ConnectionPtr& connection, SimZkRequest request) {
  SimZkLink& link = *connection->link;
  if (link.lose_request_.erase(request.verb) > 0 || chance(link.faults.request_lost)) {
    break_connection(connection);
    connection->late_requests = false;
    return;
  }
  to_server(connection, [this, connection, request = std::move(request)] { take(connection, request); });
}

}  // namespace stellwerk::test
