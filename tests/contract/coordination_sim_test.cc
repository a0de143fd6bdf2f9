/// The contract of Coordination, over ZooKeeper as it is simulated.
#include <random>

#include "contract/coordination_contract.h"
#include "coordination/zookeeper_coordination.h"
#include "simulation/sim_zookeeper.h"
#include "support/sim_executor.h"

namespace stellwerk::test {
namespace {

using coordination::ZookeeperCoordination;
using coordination::ZookeeperOptions;

constexpr Duration kSessionTimeout = std::chrono::seconds(10);
const std::string kNamespace = "/stellwerk/contract";

class SimulatedWorld : public CoordinationWorld {
 public:
  std::size_t add() override {
    auto process = std::make_unique<Process>(time_);
    process->name = std::to_string(processes_.size());
    ZookeeperOptions options;
    options.ns = kNamespace;
    options.servers = "sim1:2181,sim2:2181,sim3:2181";
    options.guid = "0a0b0c0d-0000-4000-8000-00000000000" + process->name;
    process->coordination = std::make_unique<ZookeeperCoordination>(
        process->executor, zookeeper_.factory(process->executor, process->name, kSessionTimeout), options);
    processes_.push_back(std::move(process));
    return processes_.size() - 1;
  }

  Coordination& master(std::size_t index) override { return *processes_[index]->coordination; }

  void kill(std::size_t index) override {
    Process& process = *processes_[index];
    process.executor.kill();
    process.coordination.reset();
    zookeeper_.end_session(zookeeper_.link(process.name).session());  // its guard
  }

  Time now() const override { return time_.now(); }

  bool wait_until(const std::function<bool()>& done, Duration limit) override { return time_.run_until(done, limit); }

  std::vector<std::string> traces() override {
    std::vector<std::string> out;
    for (const auto& [path, node] : zookeeper_.tree()) {
      if (path.starts_with(kNamespace)) out.push_back(path);
    }
    return out;
  }

 private:
  struct Process {
    explicit Process(SimTime& time) : executor(time) {}
    std::string name;
    SimExecutor executor;
    std::unique_ptr<ZookeeperCoordination> coordination;
  };

  SimTime time_;
  std::mt19937_64 random_{1};
  SimZookeeper zookeeper_{time_, random_};
  std::vector<std::unique_ptr<Process>> processes_;
};

CoordinationCase simulated() {
  CoordinationCase out;
  out.name = "simulated ZooKeeper";
  out.make_world = [] { return std::make_unique<SimulatedWorld>(); };
  return out;
}

}  // namespace

INSTANTIATE_TEST_SUITE_P(SimulatedZookeeper, CoordinationContract, testing::Values(simulated()));
INSTANTIATE_TEST_SUITE_P(SimulatedZookeeper, CoordinationQueueContract, testing::Values(simulated()));

}  // namespace stellwerk::test
