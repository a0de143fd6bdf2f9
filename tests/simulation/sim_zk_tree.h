/// The data of the simulated ZooKeeper: nodes, and transactions that change them all at once or not
/// at all. No time, no sessions, no network: those are sim_zookeeper.h's.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "leadership/zk_client.h"

namespace stellwerk::test {

struct SimZnode {
  std::string data;
  std::int64_t czxid = 0;  ///< the transaction that made it
  std::int64_t mzxid = 0;  ///< ... that last set its data
  std::int64_t pzxid = 0;  ///< ... that last changed its children
  std::int32_t version = 0;
  std::int32_t cversion = 0;  ///< counts children made; also the next sequence; signed, it wraps
  std::int64_t owner = 0;     ///< session of an ephemeral node, 0 = persistent
};
using SimZkTree = std::map<std::string, SimZnode>;

/// What a transaction did to one node; no `after`: deleted.
struct SimZkChange {
  std::string path;
  std::optional<SimZnode> after;
};

/// "/a/b" -> "/a", "/a" -> "/".
std::string parent_of(std::string_view path);
/// Names (not paths) of the children in byte order.
std::vector<std::string> children_of(const SimZkTree& tree, const std::string& path);
leadership::ZkStat stat_of(const SimZkTree& tree, const std::string& path, const SimZnode& node);
bool valid_path(std::string_view path);

/// Changes staged over a tree. Nothing stands until the server takes changes().
class SimZkTransaction {
 public:
  SimZkTransaction(const SimZkTree& tree, std::int64_t zxid, std::int64_t session, bool compares = true)
      : tree_(tree), zxid_(zxid), session_(session), compares_(compares) {}

  leadership::ZkOpResult apply(const leadership::ZkOp& op);
  /// All of them or, if one fails, none (then nothing must be taken from here).
  leadership::ZkReply apply_all(const std::vector<leadership::ZkOp>& ops);
  /// Deletes whatever the version or the children; false if it is not there.
  bool force_delete(const std::string& path);

  std::vector<SimZkChange> changes() const;

 private:
  const SimZnode* find(const std::string& path) const;
  SimZnode& touch(const std::string& path);
  bool has_children(const std::string& path) const;
  leadership::ZkOpResult create(const leadership::ZkCreate& op);
  leadership::ZkOpResult set(const leadership::ZkSet& op);
  leadership::ZkOpResult remove(const leadership::ZkDelete& op);
  leadership::ZkOpResult check(const leadership::ZkCheck& op) const;

  const SimZkTree& tree_;
  const std::int64_t zxid_;
  const std::int64_t session_;
  const bool compares_;  ///< off: data is set whatever version is expected
  std::map<std::string, std::optional<SimZnode>> staged_;
};

}  // namespace stellwerk::test
