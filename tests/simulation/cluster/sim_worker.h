/// A worker on virtual time, with the production's way to its leader.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "simulation/cluster/sim_links.h"
#include "worker/registration.h"

namespace stellwerk::test {

class SimWorker {
 public:
  /// Told of each welcome: in which cluster and epoch.
  using OnRegistered = std::function<void(const std::string& cluster, std::int64_t epoch)>;

  SimWorker(SimTime& time, SimLinks& links, std::string name, std::vector<std::string> masters,
            OnRegistered on_registered);
  ~SimWorker();

  const std::string& name() const { return name_; }
  void start();
  void kill();
  bool up() const { return process_ != nullptr; }
  void pause();
  void resume();
  bool paused() const;
  bool registered() const;
  std::int64_t epoch() const { return epoch_; }
  const std::vector<std::string>& log() const { return log_; }

 private:
  struct Process;
  void step(worker::Event event);
  void wake();
  void take(worker::effect::Dial& effect);
  void take(worker::effect::Send& effect);
  void take(worker::effect::Close& effect);
  void take(worker::effect::Remember& effect);
  void take(worker::effect::Note& effect);
  void take(worker::effect::Exit& effect);

  SimTime& time_;
  SimLinks& links_;
  const std::string name_;
  const std::vector<std::string> masters_;
  const OnRegistered on_registered_;
  std::vector<std::unique_ptr<SimExecutor>> loops_;  ///< all that ever ran here
  std::unique_ptr<Process> process_;
  // On its disk.
  std::int64_t incarnation_ = 0;
  std::string cluster_;
  std::int64_t epoch_ = 0;
  std::vector<std::string> log_;
};

}  // namespace stellwerk::test
