/// What the election recipe asks of ZooKeeper, and nothing else: the seam at which the simulator
/// stands in for a server and its client library (tests/simulation/sim_zookeeper.h).
///
/// It is a session, not a library: one handle that connects, is suspended, resumes, and ends. After
/// `expired` the owner makes a new one. Everything that may have happened without us knowing is
/// reported as ZkCode::unknown, never as a failure.
#pragma once

#include <stellwerk/coordination.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace stellwerk::leadership {

enum class ZkCode {
  ok,
  no_node,
  node_exists,
  bad_version,
  not_empty,
  no_auth,       ///< the ACL refuses us
  unknown,       ///< connection lost or timed out after sending: it may have happened
  not_sent,      ///< certainly not sent: no connection, or the session is over
  expired,       ///< the server told us that the session is over
  bad_argument,  ///< invalid path or data: a bug or a foreign server
};
const char* to_string(ZkCode code) noexcept;

struct ZkStat {
  std::int64_t czxid = 0;  ///< differs between a node and its successor of the same name
  std::int32_t version = 0;
  std::int32_t cversion = 0;
  std::int64_t ephemeral_owner = 0;  ///< 0 = persistent
  std::int32_t children = 0;
  std::int64_t created_ms = 0;  ///< by the servers' clock
};

enum class ZkMode { persistent, ephemeral, ephemeral_sequential };

/// The parts of a multi; all of them happen or none does.
struct ZkCheck {
  std::string path;
  std::int32_t version = -1;
};
struct ZkCreate {
  std::string path;
  std::string data;
  ZkMode mode = ZkMode::persistent;
};
struct ZkSet {
  std::string path;
  std::string data;
  std::int32_t version = -1;
};
struct ZkDelete {
  std::string path;
  std::int32_t version = -1;
};
using ZkOp = std::variant<ZkCheck, ZkCreate, ZkSet, ZkDelete>;

struct ZkOpResult {
  ZkCode code = ZkCode::ok;
  std::string path;  ///< of a create: the name that was made
  ZkStat stat;       ///< of a set
};
struct ZkReply {
  ZkCode code = ZkCode::unknown;
  std::string path;                   ///< create: the name that was made (sequence included)
  std::string data;                   ///< get
  ZkStat stat;                        ///< get, exists, set
  std::vector<std::string> children;  ///< list; without order
  std::vector<ZkOpResult> results;    ///< multi: one per op; with a failure, `code` is the first one's
};

struct ZkSession {
  std::int64_t id = 0;
  std::string password;  ///< 16 bytes, for the guard
  Duration timeout{};    ///< as negotiated
  /// For the guard: "address:port" in numbers, the one that we are connected to first.
  std::vector<std::string> servers{};
};

/// Told on the executor, one at a time, never from inside a call into the client.
class ZkClientListener {
 public:
  virtual ~ZkClientListener() = default;
  /// First connection, or the same session again after suspended. The id may differ from the last
  /// one on servers that silently give a new session: compare.
  virtual void on_connected(const ZkSession& session) = 0;
  /// The connection is lost; requests in flight complete as unknown. `detail` says what is tried.
  virtual void on_suspended(const std::string& detail) = 0;
  /// The session is over (told by a server). Nothing more is called; make a new client.
  virtual void on_expired() = 0;
  /// The server will not take us: bad credentials, bad quorum text. Final for this client.
  virtual void on_refused(const Error& error) = 0;
};

/// What a watch saw of its node; `children`: one came or went.
enum class ZkChange { created, deleted, data, children };

/// Call only on the executor it was made with. Handlers run once each, on that executor, never from
/// inside the call; the destructor drops those that are pending. Requests in flight at most
/// kZkRequestsMax (more: not_sent). A request without an answer completes as unknown after a third
/// of the session timeout at the latest (and the connection is given up then, because a silent
/// server would otherwise cost the session).
/// A watch fires at most once, after the reply that set it, and is forgotten when the session ends;
/// it also fires when the connection was lost in between and the node has changed.
class ZkClient {
 public:
  using Handler = std::function<void(ZkReply)>;
  using Watch = std::function<void(ZkChange)>;

  virtual ~ZkClient() = default;

  virtual void start(ZkClientListener& listener) = 0;

  /// Paths are absolute. Data at most kHeadBytesMax.
  virtual void create(std::string path, std::string data, ZkMode mode, Handler done) = 0;
  virtual void remove(std::string path, std::int32_t version, Handler done) = 0;
  virtual void exists(std::string path, Watch watch, Handler done) = 0;
  virtual void get(std::string path, Watch watch, Handler done) = 0;
  virtual void list(std::string path, Watch watch, Handler done) = 0;
  virtual void set(std::string path, std::string data, std::int32_t version, Handler done) = 0;
  virtual void multi(std::vector<ZkOp> ops, Handler done) = 0;
  /// Makes later reads of this session see all that was committed before.
  virtual void sync(std::string path, Handler done) = 0;

  /// Ends the session, so that its ephemeral nodes go at once; `done` within 2 s, whatever the
  /// servers do. Afterwards nothing is called.
  virtual void close(std::function<void()> done) = 0;
};

inline constexpr std::size_t kZkRequestsMax = 256;

/// Makes a client for a new session; it is called again after each expiry.
using ZkClientFactory = std::function<std::unique_ptr<ZkClient>()>;

}  // namespace stellwerk::leadership
