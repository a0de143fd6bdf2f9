/// The words of the C library for those of the port, and a multi's buffers.
#pragma once

#include <zookeeper/zookeeper.h>

#include <string>
#include <vector>

#include "coordination/zookeeper_client.h"
#include "leadership/zk_client.h"

namespace stellwerk::coordination {

leadership::ZkCode zookeeper_code(int rc) noexcept;
/// Of a question that the library did not take. Beside wrong arguments that is a handle which is just closing: it tells
/// that in several ways (ZINVALIDSTATE, and ZMARSHALLINGERROR where its queue of answers said no).
leadership::ZkCode zookeeper_code_unqueued(int rc) noexcept;
leadership::ZkStat zookeeper_stat(const Stat& stat) noexcept;
const ACL_vector* zookeeper_acl(ZooKeeperAcl acl) noexcept;
int zookeeper_flags(leadership::ZkMode mode) noexcept;

/// At least as strict as the library: a path that it refuses inside a multi makes it free what it does
/// not own.
bool zookeeper_path_valid(const std::string& path) noexcept;
bool zookeeper_multi_valid(const std::vector<leadership::ZkOp>& ops) noexcept;

/// What the library writes into until it has completed a multi.
class ZooKeeperMulti {
 public:
  /// `ops` must live until send() has returned.
  ZooKeeperMulti(const std::vector<leadership::ZkOp>& ops, const ACL_vector* acl);
  ZooKeeperMulti(const ZooKeeperMulti&) = delete;
  ZooKeeperMulti& operator=(const ZooKeeperMulti&) = delete;

  /// Once. Only on a handle that is not over: the library would crash.
  int send(zhandle_t* zh, void_completion_t done, const void* data);
  /// One per op, when completed with `rc`. After a failure the ops before the culprit say ok and those
  /// behind it bad_argument; none of them happened.
  std::vector<leadership::ZkOpResult> results(int rc) const;

 private:
  std::vector<zoo_op_t> ops_;
  std::vector<zoo_op_result_t> raw_;
  std::vector<Stat> stats_;
  std::vector<std::vector<char>> names_;
};

}  // namespace stellwerk::coordination
