/// What the endpoints ask of the master that they speak for. Implemented by app/, faked in tests.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "jobs/changes.h"
#include "jobs/checkpoints.h"
#include "loop/turn_meter.h"
#include "master/driver.h"
#include "master/view.h"
#include "model/task_usage.h"

namespace stellwerk::api {

/// How a wait for the view ended.
enum class Waited {
  met,
  late,     ///< the deadline passed
  crowded,  ///< too many wait already
};

using Condition = std::function<bool(const master::MasterView&)>;
/// What is waited for: a position to be applied, or anything else that a view shows. A condition is looked
/// at with every view (on the loop, and once where the waiting begins), so it only compares.
using Awaited = std::variant<model::Position, Condition>;
bool holds(const Awaited& awaited, const master::MasterView& view);

/// Every method may be called from any HTTP thread at any time; none blocks. Completions come on the
/// master's loop, once, by the deadline (a beat later at most), also while the master shuts down.
class Backend {
 public:
  using Handler = std::function<void(jobs::Reply)>;

  virtual ~Backend() = default;

  /// The newest view; never null once the server listens.
  virtual master::ViewPtr view() const = 0;
  /// Of the driver, or of none; never null, and good for as long as it is held.
  virtual std::shared_ptr<const master::Liveness> liveness() const = 0;
  /// The clocks of the master's loop.
  virtual Time now() const = 0;
  virtual WallMs wall_ms() const = 0;
  /// What the turns of that loop took so far.
  virtual loop::TurnTimes turns() const = 0;

  /// Runs `done` once, on the master's loop: when a view shows what is awaited, or at `deadline`, or
  /// soon if kWaitersMax wait already. The waiting begins asynchronously, in a later turn of the loop,
  /// with a look at the newest view: what was published meanwhile is not missed.
  virtual void wait_for(Awaited awaited, Time deadline, std::function<void(Waited)> done) = 0;

  /// Only this master's core; unless it leads the answer is Reply::Kind::unavailable.
  virtual void request(jobs::Change change, Time deadline, Handler done) = 0;
  virtual void transfer(Time deadline, Handler done) = 0;
  virtual void end_cluster(Time deadline, Handler done) = 0;

  /// A fresh job id.
  virtual JobId mint_job_id() = 0;
  /// A fresh uuid, for an upload.
  virtual std::string mint_uuid() = 0;
  /// Runs work that blocks or takes a while (a page, a folder) off the HTTP threads.
  virtual void run_off_thread(std::function<void()> work) = 0;
  /// The same for work of seconds (reading a job spec), on threads of its own: it keeps only its like
  /// waiting. False if kLongWorkMax run or wait already; then it never runs.
  [[nodiscard]] virtual bool run_long(std::function<void()> work) = 0;
};

inline constexpr std::size_t kWaitersMax = 10'000;
inline constexpr std::size_t kLongWorkMax = 64;

/// What stands for a job in an archive.
struct ArchiveSpec {
  std::optional<std::string> text;  ///< of job.yaml or job.json at its root
  std::string elsewhere;            ///< without one there: the path of one further down; empty: none
};

/// What does not change while the process runs.
struct Facts {
  std::string version;                                             ///< "0.1.0"
  std::string revision;                                            ///< "<commit> @ <date>"
  std::string log_dir;                                             ///< empty: none
  std::string log_file;                                            ///< this process' own log; empty: none
  std::vector<std::pair<std::string, std::string>> configuration;  ///< effective, secrets masked, sorted
  std::chrono::milliseconds await_leader{30'000};                  ///< rest.await-leader-timeout
  std::chrono::milliseconds refresh_interval{3'000};
  bool web_submit = true;
  /// Reads all of an archive: blocks; from any thread. Errors: invalid (no archive, or nothing that may be unpacked),
  /// too_large.
  std::function<Result<ArchiveSpec>(std::string_view bytes)> archive_spec;
  bool web_cancel = true;
  /// What this process uses: a look at /proc, from any thread. Empty: nobody knows.
  std::function<model::TaskUsage()> own_usage{};
  /// Lines of this process' log that could not be written, from any thread. Empty: nobody knows.
  std::function<std::size_t()> log_lines_lost{};
  jobs::CheckpointPolicy checkpoints{};  ///< execution.checkpointing.*
};

}  // namespace stellwerk::api
