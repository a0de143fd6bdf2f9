#include <filesystem>

#include "contract/coordination_contract.h"
#include "coordination/local_coordination.h"
#include "coordination/none_coordination.h"
#include "support/real_loop.h"
#include "support/temp_dir.h"

namespace stellwerk::test {
namespace {

using coordination::LocalCoordination;
using coordination::LocalMode;
using coordination::LocalPlace;
using coordination::MemoryCoordination;

/// Masters on one production loop; what they share is the heirs' business.
class LoopWorld : public CoordinationWorld {
 public:
  std::size_t add() override {
    masters_.push_back(make());
    return masters_.size() - 1;
  }
  Coordination& master(std::size_t index) override { return *masters_[index]; }
  /// The kernel closes a dead process' files, and so does the destructor; it does nothing else.
  void kill(std::size_t index) override { masters_[index].reset(); }
  Time now() const override { return loop_.executor().now(); }
  bool wait_until(const std::function<bool()>& done, Duration limit) override { return loop_.run_until(done, limit); }

 protected:
  virtual std::unique_ptr<Coordination> make() = 0;

  mutable RealLoop loop_;
  std::vector<std::unique_ptr<Coordination>> masters_;
};

template <LocalMode Mode>
class FolderWorld : public LoopWorld {
 public:
  ~FolderWorld() override { masters_.clear(); }
  std::vector<std::string> traces() override {
    std::vector<std::string> out;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(dir_.path()))
      if (entry.path() != dir_.path() / "default") out.push_back(entry.path().string());
    return out;
  }

 private:
  std::unique_ptr<Coordination> make() override {
    return std::make_unique<LocalCoordination>(loop_.executor(), LocalPlace{dir_.path().string(), "default"}, Mode);
  }

  TempDir dir_;
};

class MemoryWorld : public LoopWorld {
 public:
  ~MemoryWorld() override { masters_.clear(); }
  std::vector<std::string> traces() override {
    return memory_.head.bytes ? std::vector<std::string>{*memory_.head.bytes} : std::vector<std::string>{};
  }

 private:
  std::unique_ptr<Coordination> make() override {
    return std::make_unique<MemoryCoordination>(loop_.executor(), memory_);
  }

  coordination::MemoryRegister memory_;
};

template <class World>
CoordinationCase coordination_case(std::string name) {
  CoordinationCase c;
  c.name = std::move(name);
  c.make_world = [] { return std::make_unique<World>(); };
  return c;
}

std::string case_name(const testing::TestParamInfo<CoordinationCase>& info) {
  return info.param.name;
}

}  // namespace

INSTANTIATE_TEST_SUITE_P(Local, CoordinationContract,
                         testing::Values(coordination_case<FolderWorld<LocalMode::queue>>("Local"),
                                         coordination_case<FolderWorld<LocalMode::single>>("NoneWithStorage"),
                                         coordination_case<MemoryWorld>("NoneInMemory")),
                         case_name);
INSTANTIATE_TEST_SUITE_P(Local, CoordinationQueueContract,
                         testing::Values(coordination_case<FolderWorld<LocalMode::queue>>("Local")), case_name);

}  // namespace stellwerk::test
