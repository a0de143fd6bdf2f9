/// Removes a cluster from ZooKeeper: everything below its namespace, `layout` and `head` last and at
/// once, so that a start in between finds either the ended head or nothing.
#pragma once

#include <functional>

#include "coordination/zookeeper_paths.h"
#include "leadership/zk_client.h"

namespace stellwerk::coordination {

/// Requests that one attempt makes at most.
inline constexpr int kEraseRequestsMax = 10'000;

/// `done` runs once, from a reply of `client`, unless that is destroyed before. Errors: unavailable
/// (no connection, or somebody keeps adding nodes), unknown, refused: call again.
void erase_namespace(leadership::ZkClient& client, const ZookeeperPaths& paths, std::function<void(Result<void>)> done);

}  // namespace stellwerk::coordination
