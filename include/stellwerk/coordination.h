/// Who should lead, and the one mutable register of a cluster: the port behind `high-availability.type`.
///
/// It offers a queue of candidates, of which the first should lead, and a *head*: a small value with
/// a version that is changed only by compare-and-set. The queue is advice; the compare is the law
/// (docs/architecture.md, promise P1): an implementation may announce two firsts, but it may never
/// let two writes succeed against one version. Small enough for a Kubernetes Lease, an etcd key, an
/// S3 object with conditional writes or a directory.
#pragma once

#include <stellwerk/result.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace stellwerk {

/// Largest head, in bytes. Implementations refuse more with Errc::too_large.
inline constexpr std::size_t kHeadBytesMax = 64 * 1024;

/// The clock for deadlines about ourselves: it counts the time that a machine was suspended
/// (CLOCK_BOOTTIME), never goes back, and means nothing on another host. It has no now(): time comes
/// from the Executor (base/executor.h), so that tests and the simulator own it.
struct BootClock {
  using duration = std::chrono::microseconds;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<BootClock, duration>;
  static constexpr bool is_steady = true;
};
using Time = BootClock::time_point;
using Duration = BootClock::duration;

/// The version a write is compared against. Opaque: equal or not, nothing else. `generation` differs
/// between a register that was deleted and its successor wherever the service can tell.
struct HeadVersion {
  static constexpr std::int64_t kAbsent = -1;
  std::int64_t generation = 0;
  std::int64_t version = kAbsent;

  bool absent() const noexcept { return version == kAbsent; }
  friend bool operator==(const HeadVersion&, const HeadVersion&) = default;
};

/// What stands in the register. No bytes: there is no head; the version then still is the one to
/// expect when creating it.
struct HeadReading {
  std::optional<std::string> bytes;
  HeadVersion version;

  friend bool operator==(const HeadReading&, const HeadReading&) = default;
};

/// What became of a write of the head.
enum class WriteOutcome {
  ok,        ///< it stands; `version` is what the next write expects
  mismatch,  ///< certainly not: another version stands there, or the lock is not ours
  not_sent,  ///< certainly not: there is no connection; the same again once connected
  unknown,   ///< it may stand, now or a little later: read the head
  lost,      ///< the session is gone; it may stand: read the head once there is a new one
};
struct WriteResult {
  WriteOutcome outcome = WriteOutcome::unknown;
  HeadVersion version{};  ///< only with ok
  std::string reason;     ///< for the log, when not ok
};

/// A master that stands for election, as others see it. Strings are data from outside: bounded
/// (256 bytes each), for display and for addressing, never trusted further.
struct Candidate {
  std::string id;    ///< guid of the process
  std::string rest;  ///< "http://host:8081"
  std::string rpc;   ///< "host:port", empty while there are no workers
  std::string host;
  std::int64_t pid = 0;
  std::int64_t since_ms = 0;  ///< wall time at which the process started

  friend bool operator==(const Candidate&, const Candidate&) = default;
};

/// How the connection to the service is doing, for `/status`.
struct CoordinationStatus {
  std::string type;             ///< "zookeeper", "local", "none"
  std::string state;            ///< "connecting", "connected", "suspended", "expired", "refused", "closed"
  std::string session;          ///< id as the service prints it; empty if none
  std::int64_t timeout_ms = 0;  ///< as negotiated; 0 = does not apply
  std::string detail;           ///< one sentence when not connected: what is tried, since when, the last error

  friend bool operator==(const CoordinationStatus&, const CoordinationStatus&) = default;
};

/// What the service tells us. All calls come on the executor that the Coordination was made with,
/// one at a time, never from inside a call into the Coordination.
class CoordinationListener {
 public:
  virtual ~CoordinationListener() = default;

  /// The connection's state changed. While it is not "connected" writes are refused as `not_sent`;
  /// a suspended session keeps its place in the queue (P7).
  virtual void on_status(const CoordinationStatus& status) = 0;

  /// A round trip that proves session and candidate was *sent* at `sent`; the lock cannot pass to
  /// anybody else before `sent + valid_for`. Comes at least every third of `valid_for` while all is well.
  virtual void on_contact(Time sent, Duration valid_for) = 0;

  /// Our candidate is the first in the queue: we may claim by writing the head. Told once per
  /// candidate; valid until on_lock_lost(). `noticed`: when the first sign came that the one before us
  /// may be gone; now, if nobody was.
  virtual void on_may_claim(Time noticed) = 0;

  /// Session or candidate is gone: we must not act and are no longer in the queue (join again to
  /// stand). `session_lost` tells whether writes in flight may never be settled by this session.
  virtual void on_lock_lost(bool session_lost, const std::string& why) = 0;

  /// The head as it stands after a change, and once after every (re)connect. Some changes may be
  /// skipped, the newest never is.
  virtual void on_head(const HeadReading& reading) = 0;

  /// The candidates in the order of the lock, for display; may be late and incomplete.
  virtual void on_members(const std::vector<Candidate>& members) = 0;

  /// The service will never take us as configured (foreign data, no permission, bad credentials).
  /// Nothing is retried until an operator acts; the text is the sentence for them.
  virtual void on_refused(const Error& error) = 0;
};

/// One master's side of the service. Call only on its executor. The owner keeps listener and
/// Coordination alive until close() has called back; callbacks then never come again.
/// Completions run once each, on the executor, never from inside the call that asked.
/// No wait here is endless: every operation completes within the session timeout.
class Coordination {
 public:
  using ReadHandler = std::function<void(Result<HeadReading>)>;
  using WriteHandler = std::function<void(WriteResult)>;
  using Handler = std::function<void()>;

  virtual ~Coordination() = default;

  /// Begins to connect; keeps trying for ever, says so through on_status(). Called once, first.
  virtual void start(CoordinationListener& listener) = 0;

  /// Enters the queue, now or as soon as there is a session. Idempotent while in it; after
  /// on_lock_lost() the caller decides whether to join again.
  virtual void join(const Candidate& candidate) = 0;

  /// Leaves the queue at once (another may claim); the session stays. `done` runs when the place is
  /// given up, or is certain to be given up because the session is gone. No on_lock_lost() follows.
  virtual void leave(Handler done) = 0;

  /// The head as it stands now: linearizable, not a replica's memory.
  /// Errors: unavailable (no connection, no answer in time), refused.
  virtual void read_head(ReadHandler done) = 0;

  /// Compare-and-set of the head against `expected`, creating it if `expected` is absent. Guarded by
  /// our candidate where the service can do that: `mismatch` also when we are not in the queue.
  /// One at a time. The write is never repeated by the implementation.
  virtual void write_head(std::string bytes, HeadVersion expected, WriteHandler done) = 0;

  /// Publishes who leads for people and clients that look into the service; best effort, after a claim.
  virtual void announce(std::string leader_json) = 0;

  /// Removes every trace of the cluster from the service, the head last. Only for a cluster whose
  /// head says that it has ended. Errors: unavailable, unknown: call again.
  virtual void erase_cluster(std::function<void(Result<void>)> done) = 0;

  /// Gives up queue and session and stops calling back; `done` is the last call. Within 2 s.
  virtual void close(Handler done) = 0;
};

}  // namespace stellwerk
