/// The real ZooKeeper behind the ZkClient port: the C library's single-threaded client on our own loop.
#pragma once

#include <stellwerk/coordination.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/executor.h"
#include "coordination/resolver.h"
#include "leadership/zk_client.h"

namespace boost::asio {
class io_context;
}

namespace stellwerk::coordination {

/// Longest path, most data in one request (both in bytes) and most ops of a multi; more is answered
/// with bad_argument. A server closes the connection on a request over its jute.maxbuffer (1 MiB),
/// and would do so again at every repetition.
inline constexpr std::size_t kZkPathBytesMax = 1024;
inline constexpr std::size_t kZkRequestBytesMax = 512 * 1024;
inline constexpr std::size_t kZkOpsMax = 128;
/// Watches that have not fired; more are answered with not_sent. All are set again on each reconnect,
/// in one message.
inline constexpr std::size_t kZkWatchesMax = 1024;
/// on_suspended() comes at once when a connection is lost, and then at most this often.
inline constexpr Duration kZkDetailEvery = std::chrono::seconds(1);
/// close() gives the servers this long to end the session.
inline constexpr Duration kZkCloseMax = std::chrono::milliseconds(1500);
/// A server that grants more than this does not speak ZooKeeper's protocol.
inline constexpr Duration kZkSessionTimeoutMax = std::chrono::hours(1);

enum class ZooKeeperAcl {
  open,     ///< anybody may read and write
  creator,  ///< only who has the digest credentials that it was created with
};

struct ZooKeeperOptions {
  std::string quorum;  ///< as configured: "zk1:2181,zk2:2181" (zookeeper_quorum.h)
  Duration session_timeout = std::chrono::seconds(60);
  Duration connection_timeout = std::chrono::seconds(15);  ///< most that one server gets to take us
  ZooKeeperAcl acl = ZooKeeperAcl::open;                   ///< of every node that is created
  std::string digest;                                      ///< "user:password"; empty: no credentials
  std::uint64_t seed = 0;                                  ///< which server is tried first
  /// Told on the loop when more servers become known during a session, as ZkSession::servers. May be empty.
  std::function<void(const std::vector<std::string>&)> servers{};
};

enum class ZooKeeperLogLevel { debug, info, warn };
/// Called on the loop, also from inside calls into the client. Lines hold no credentials.
using ZooKeeperLog = std::function<void(ZooKeeperLogLevel, const std::string& line)>;

/// The port's contract is in leadership/zk_client.h; beyond it: the client may be destroyed in any of
/// its callbacks; destroying it without close() never blocks and leaves the session to its timeout.
///
/// Bad options (quorum, ACL `creator` without credentials) are told through on_refused(). While no
/// server can be reached it tries for ever: all known addresses in rounds with a growing pause, names
/// looked up again meanwhile. A server that accepts and then says nothing is given up after a second
/// or less, a connection on which a request is not answered for a third of the session timeout, or
/// nothing is heard for half of it, as well.
///
/// `io` is what `executor` runs on; both and `resolver` must outlive the client.
std::unique_ptr<leadership::ZkClient> make_zookeeper_client(boost::asio::io_context& io, Executor& executor,
                                                            ZooKeeperOptions options, Resolver& resolver,
                                                            ZooKeeperLog log);

}  // namespace stellwerk::coordination
