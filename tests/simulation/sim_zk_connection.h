/// One TCP connection between a client and a replica, as both ends see it.
#pragma once

#include <functional>
#include <set>

#include "simulation/sim_zookeeper.h"

namespace stellwerk::test {

struct SimZkConnection {
  SimZkLink* link = nullptr;
  SimExecutor* executor = nullptr;
  std::function<void(SimZkMessage)> receiver;  ///< empty once the client has given it up
  std::size_t replica = 0;
  std::int64_t session = 0;    ///< 0 until accepted
  bool broken = false;         ///< nothing passes any more...
  bool late_requests = false;  ///< ... but what the client had sent still arrives
  Time last_to_server{};
  Time last_to_client{};
  std::set<SimZkWatch> watches;

  /// Nobody listens at the client's end; then the executor need not exist any more.
  bool deaf() const { return !receiver || executor->killed(); }
};

}  // namespace stellwerk::test
