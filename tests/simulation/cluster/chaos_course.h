/// What happens in a schedule, drawn as it goes on.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "simulation/cluster/chaos.h"
#include "simulation/cluster/coverage.h"

namespace stellwerk::test {

/// Draws what happens next. Every fault that lasts has its own end, so that they overlap freely.
class Chaos {
 public:
  Chaos(SimCluster& cluster, const ChaosOptions& options) : cluster_(cluster), options_(options) {}

  void run();
  const std::vector<std::string>& log() const { return log_; }
  const Coverage& coverage() const { return coverage_; }

 private:
  using Fault = void (Chaos::*)();

  std::uint64_t below(std::uint64_t bound) { return cluster_.random() % bound; }
  Duration between(Duration low, Duration high) {
    return low + Duration(static_cast<std::int64_t>(below(static_cast<std::uint64_t>((high - low).count()) + 1)));
  }
  SimMaster& any() { return *cluster_.masters[below(cluster_.masters.size())]; }
  /// Often the one that matters.
  SimMaster& victim() {
    if (target_ != nullptr) return *target_;
    SimMaster* leader = cluster_.leader();
    return leader != nullptr && below(2) == 0 ? *leader : any();
  }
  void note(const std::string& what) {
    log_.push_back(std::to_string((cluster_.time.now().time_since_epoch() - std::chrono::seconds(1000)) /
                                  std::chrono::milliseconds(1)) +
                   " chaos: " + what);
  }
  void later(Duration delay, std::function<void()> task) {
    cluster_.time.at(cluster_.time.now() + delay, std::move(task));
  }

  /// Right before it does.
  void befall(const std::string& what) {
    coverage_.happens(what, cluster_);
    note(what);
  }
  void befall(const std::string& what, SimMaster& master, const std::string& detail = "") {
    coverage_.happens(what, cluster_, &master);
    note(what + ": " + master.name() + detail);
  }
  void befall(const std::string& what, const SimWorker& worker, const std::string& detail = "") {
    coverage_.happens(what, cluster_);
    note(what + ": " + worker.name() + detail);
  }

  void arm_fault();
  /// A takeover lasts some milliseconds, in which hardly anything would happen by itself.
  void arm_ambush();
  void look_for_ambush();
  void strike();
  void arm_worker_fault();
  void worker_fault();
  void arm_client();
  void arm_uploads();
  void upload();
  void client();
  void retry(const std::string& id, int tries, const std::shared_ptr<const void>& caller);

  void crash();
  void pause();
  void stop();
  void cut();
  void partition();
  void lossy();
  void slow();
  void lose_reply();
  void freeze();
  void quorum_loss();
  void suspend();
  void end_session();
  void replaced_session();
  void transfer();
  void clock_jump();
  void kill_guard();
  void storage_flaky();
  void storage_gone();
  void storage_hangs();
  void storage_full();
  void delete_candidate();
  void delete_head();

  SimCluster& cluster_;
  const ChaosOptions& options_;
  std::vector<std::string> log_;
  Coverage coverage_;
  std::vector<std::string> ids_;
  std::vector<std::pair<std::string, int>> uploads_;  ///< uuid, and which file
  bool ambush_ = false;                               ///< the next takeover is met by a fault
  SimMaster* target_ = nullptr;                       ///< whom it meets
  bool over_ = false;
};

}  // namespace stellwerk::test
