/// Requests that are in flight at the C library, and the watches that they set.
#pragma once

#include <stellwerk/coordination.h>

#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "coordination/zookeeper_client.h"
#include "leadership/zk_client.h"
#include "zookeeper/handle.h"

namespace stellwerk::coordination {

using ZooKeeperHandle = zookeeper::Handle;

/// Turns requests of the port into calls of the library and its completions into replies. Entries live
/// here until the library has completed them, also when nobody waits any more: it writes into them.
/// Destroy it after the handle.
class ZooKeeperRequests {
 public:
  using Handler = leadership::ZkClient::Handler;
  using Watch = leadership::ZkClient::Watch;
  /// How replies and fired watches leave: to be run later, in this order.
  using Later = std::function<void(std::function<void()>)>;

  ZooKeeperRequests(ZooKeeperAcl acl, Later later);
  ~ZooKeeperRequests();
  ZooKeeperRequests(const ZooKeeperRequests&) = delete;
  ZooKeeperRequests& operator=(const ZooKeeperRequests&) = delete;

  // Each either is queued at the library, or `done` gets bad_argument or not_sent. `handle` must be
  // connected, or null.
  void create(ZooKeeperHandle* handle, const leadership::ZkCreate& op, Time now, Handler done);
  void remove(ZooKeeperHandle* handle, const leadership::ZkDelete& op, Time now, Handler done);
  void set(ZooKeeperHandle* handle, const leadership::ZkSet& op, Time now, Handler done);
  void exists(ZooKeeperHandle* handle, const std::string& path, Watch watch, Time now, Handler done);
  void get(ZooKeeperHandle* handle, const std::string& path, Watch watch, Time now, Handler done);
  void list(ZooKeeperHandle* handle, const std::string& path, Watch watch, Time now, Handler done);
  void sync(ZooKeeperHandle* handle, const std::string& path, Time now, Handler done);
  void multi(ZooKeeperHandle* handle, const std::vector<leadership::ZkOp>& ops, Time now, Handler done);

  /// When the oldest that the library has not completed was sent.
  std::optional<Time> oldest() const;
  /// All that are in flight are answered with `code` now; the library's own answer is ignored then.
  void abandon(leadership::ZkCode code);
  /// `type`: the library's.
  void fire(std::uint64_t watch, int type);
  void forget_watches();

  struct Entry;  ///< for the library's completions, in the .cc

 private:
  Entry* admit(ZooKeeperHandle* handle, bool valid, Time now, Watch watch, Handler& done);
  void queued(Entry& entry, int rc);
  void complete(Entry& entry, leadership::ZkReply reply, bool watch_is_set);
  void reply_later(Handler done, leadership::ZkReply reply);

  ZooKeeperAcl acl_;
  Later later_;
  std::list<std::unique_ptr<Entry>> entries_;  ///< in the order of sending, which is that of answers
  std::map<std::uint64_t, Watch> watches_;
  std::uint64_t last_watch_ = 0;
};

}  // namespace stellwerk::coordination
