/// The head as a znode: how its versions are told apart, read and written.
///
/// A HeadVersion is (which `layout` znode and its version, version of the `head` znode): the layout is
/// set once more whenever the head is made anew, so versions of an earlier head never match; of an
/// erased cluster's layout only czxid and time differ, which the servers do not compare, so we do
/// (same_layout). Pure but for read_head().
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "coordination/zookeeper_paths.h"
#include "leadership/zk_client.h"

namespace stellwerk::coordination {

/// From this znode version on the head is deleted and made anew instead of set: at -1 a set would
/// be unconditional.
inline constexpr std::int32_t kHeadRenewFrom = -1000;

HeadVersion head_version(const leadership::ZkStat& layout, std::int32_t head);
HeadVersion no_head_version(const leadership::ZkStat& layout);

/// Whether both may be of one layout znode.
bool same_layout(HeadVersion a, HeadVersion b);

/// The multi that writes `bytes` if `expected` stands there and `candidate` exists. Its first op is
/// the check of the candidate. Empty: no such version can stand there.
std::vector<leadership::ZkOp> head_write(const ZookeeperPaths& paths, const std::string& candidate, std::string bytes,
                                         HeadVersion expected);

struct HeadWritten {
  WriteResult result;
  bool candidate_gone = false;
  bool layout_gone = false;
};
/// What the reply to `ops` = head_write(..., expected) means.
HeadWritten head_written(const std::vector<leadership::ZkOp>& ops, const leadership::ZkReply& reply,
                         HeadVersion expected);

/// What was read: a reading, or why not.
struct HeadRead {
  leadership::ZkCode code = leadership::ZkCode::unknown;  ///< ok: `reading` is valid
  bool layout_gone = false;                               ///< though there is a head: make it again
  std::optional<Error> newer;  ///< a later version has changed the layout below us: `reading` is not ours to read
  HeadReading reading;
};
/// Reads layout, then head, so that a head that is made anew in between gets a version that no
/// write can match rather than one that a wrong write can. `synced`: sees all that was committed
/// before. A `watch` is set only if the head exists; `done` runs unless the client is destroyed.
void read_head(leadership::ZkClient& client, const ZookeeperPaths& paths, bool synced,
               leadership::ZkClient::Watch watch, std::function<void(HeadRead)> done);

}  // namespace stellwerk::coordination
