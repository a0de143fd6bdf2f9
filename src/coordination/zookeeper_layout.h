/// Prepares a cluster's place in ZooKeeper, and keeps out of everybody else's.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "coordination/zookeeper_paths.h"
#include "leadership/zk_client.h"

namespace stellwerk::coordination {

/// The layout that this version reads and writes.
inline constexpr int kZookeeperLayout = 1;

/// Data of the `layout` node: {"layout":1,"product":"stellwerk"}.
std::string layout_bytes();
/// Errors: foreign (another product), not_supported (another layout); the text is for the operator.
Result<void> check_layout(std::string_view bytes, const std::string& base);

/// How an attempt ended: ready; try again (no connection, or others are at it); or never.
struct LayoutOutcome {
  enum class Kind {
    ready,
    again,
    refused,
    unmarked,  ///< children, but nothing that says whose: somebody else's, or ours and being deleted node by node
  };
  Kind kind = Kind::again;
  Error error;  ///< refused, unmarked: the sentence for the operator; again: the reason
};

/// Makes `layout`, `leader` and `leader/latch` and their parents where they are missing, unless the
/// place belongs to somebody else: children, but no `layout`. A `head` without `layout` is ours,
/// left by a hand that deleted too much.
/// `done` runs once, from a reply of `client`, unless that is destroyed before.
void prepare_layout(leadership::ZkClient& client, const ZookeeperPaths& paths, std::function<void(LayoutOutcome)> done);

}  // namespace stellwerk::coordination
