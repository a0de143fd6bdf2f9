/// What the endpoints ask of the master that they speak for. Implemented by app/, faked in tests.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "jobs/changes.h"
#include "loop/turn_meter.h"
#include "master/driver.h"
#include "master/view.h"

namespace stellwerk::api {

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

  /// Runs `seen` after the next change of the view (or at `deadline`), on the master's loop: what
  /// waits for a position or for a leader uses it instead of polling. At most kWaitersMax wait;
  /// beyond that `seen` runs at once.
  virtual void when_view_changes(Time deadline, std::function<void()> seen) = 0;

  /// Only this master's core; unless it leads the answer is Reply::Kind::unavailable.
  virtual void request(jobs::Change change, Time deadline, Handler done) = 0;
  virtual void transfer(Time deadline, Handler done) = 0;
  virtual void end_cluster(Time deadline, Handler done) = 0;

  /// A fresh job id.
  virtual JobId mint_job_id() = 0;
  /// Runs blocking or long work (reading a job spec) off the HTTP threads.
  virtual void run_off_thread(std::function<void()> work) = 0;
};

inline constexpr std::size_t kWaitersMax = 10'000;

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
  bool web_cancel = true;
};

}  // namespace stellwerk::api
