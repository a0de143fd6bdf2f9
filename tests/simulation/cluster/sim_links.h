/// Connections between simulated workers and masters: in order, delayed, cut, and silent under a partition.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "link/link.h"
#include "support/sim_executor.h"

namespace stellwerk::test {

/// What a process asks of it runs on that process' executor, which must outlive this, dead or alive.
class SimLinks {
 public:
  using OnLink = std::function<void(std::unique_ptr<link::Link>)>;

  SimLinks(SimTime& time, std::uint64_t seed) : time_(time), random_(seed) {}
  ~SimLinks();
  SimLinks(const SimLinks&) = delete;
  SimLinks& operator=(const SimLinks&) = delete;

  /// Connections to `address` go to `on_link`, on `owner`.
  void listen(const std::string& address, SimExecutor& owner, OnLink on_link);
  std::unique_ptr<link::Dialer> dialer(const std::string& worker, SimExecutor& owner);

  /// Nothing passes between the two, and nobody is told; what was sent arrives when it ends.
  void partition(const std::string& worker, const std::string& address, bool on);
  /// Whether nothing passes between them.
  bool parted(const std::string& worker, const std::string& address) const {
    return partitions_.contains({worker, address});
  }
  /// All connections of a worker break, and both sides hear of it.
  void cut(const std::string& worker);
  /// A process was killed: whoever it was connected to hears of it.
  void died(const SimExecutor& owner);
  /// No partition any more.
  void heal();

 private:
  struct End {
    SimExecutor* on = nullptr;
    std::string peer;
    std::optional<link::Handler> handler;
    std::vector<std::function<void()>> before;  ///< what came before it listened
    bool open = true;
    Time last{};  ///< arrival of the newest
  };
  struct Pipe {
    std::string worker, address;
    End ends[2];  ///< 0: the worker's
    std::vector<std::function<void()>> held;
  };
  struct Door {
    SimExecutor* owner = nullptr;
    OnLink on_link;
  };
  class SimLink;
  class SimDialer;
  using PipePtr = std::shared_ptr<Pipe>;

  void dial(const std::string& worker, SimExecutor& owner, const std::string& address, link::Dialer::Done done);
  void send(const PipePtr& pipe, int from, std::string text);
  void end(const PipePtr& pipe, int side);
  /// Does `what` at the other side, after what was sent before.
  void pass(const PipePtr& pipe, int to, std::function<void()> what);
  void hear(const PipePtr& pipe, int side, std::function<void(const link::Handler&)> what);
  bool parted(const Pipe& pipe) const { return partitions_.contains({pipe.worker, pipe.address}); }
  Duration delay();

  SimTime& time_;
  std::mt19937_64 random_;
  std::map<std::string, Door> doors_;
  std::vector<std::weak_ptr<Pipe>> pipes_;
  std::set<std::pair<std::string, std::string>> partitions_;
};

}  // namespace stellwerk::test
