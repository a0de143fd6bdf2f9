#include "drill/faults.h"

#include <algorithm>
#include <array>
#include <vector>

#include "base/assert.h"

namespace stellwerk::drill {
namespace {

constexpr std::array kFaults = std::to_array<FaultInfo>({
    {Fault::kill_leader, "kill-leader", "kills the leader (SIGKILL)", "its guard ends its session; the next one leads",
     true, false, false, true},
    {Fault::freeze_leader, "freeze-leader", "stops the leader (SIGSTOP); it wakes with requests waiting",
     "its guard takes its place away after the stall timeout; awake it changes nothing", true, false, false, false},
    {Fault::sigterm_leader, "sigterm-leader", "ends the leader as scripts do (SIGTERM)", "it hands over", true, false,
     false, true},
    {Fault::transfer, "transfer", "asks the leader to hand over (POST /leader/transfer)", "the next in line leads",
     true, false, false, false},
    {Fault::kill_worker, "kill-worker", "kills a worker (SIGKILL)", "its guard ends its tasks; they begin elsewhere",
     false, false, true, true},
    {Fault::kill_guard, "kill-guard", "kills the leader's guard (SIGKILL)", "the leader starts another one", false,
     false, false, false},
    {Fault::kill_both, "kill-both", "kills the leader and its guard at once", "the session timeout decides", true,
     false, false, true},
    {Fault::kill_all, "kill-all", "kills all masters and their guards at once, and starts them again",
     "one of them leads; tasks run on", true, false, false, true},
    {Fault::kill_container, "kill-container", "kills the pid namespace of the leader, with all that is in it, at once",
     "nobody is left to tell: the session timeout decides", true, false, false, true},
    {Fault::restart_zookeeper, "restart-zookeeper", "kills a ZooKeeper server and starts it again",
     "writes wait; sessions outlive it", false, true, false, true},
    {Fault::freeze_zookeeper, "freeze-zookeeper", "stops a ZooKeeper server for a while (SIGSTOP)",
     "writes wait; the leader stays, or another one leads", false, true, false, false},
    {Fault::lose_quorum, "lose-quorum", "kills two of three ZooKeeper servers; they come back later",
     "nothing is taken meanwhile; one leads again", false, true, false, true},
    {Fault::partition, "partition", "cuts the leader off ZooKeeper, or a worker off the masters; one way or both",
     "another one leads; or tasks begin elsewhere", false, false, false, false},
    {Fault::full_disk, "full-disk", "leaves no room in the storageDir for a while", "what finds no room is refused",
     false, false, false, false},
    {Fault::lose_storage, "lose-storage", "takes the storageDir away for a while",
     "nothing is taken meanwhile; one leads again", false, false, false, false},
});

}  // namespace

std::span<const FaultInfo> all_faults() {
  return kFaults;
}

const FaultInfo& info_of(Fault fault) {
  const auto found =
      std::find_if(kFaults.begin(), kFaults.end(), [&](const FaultInfo& info) { return info.fault == fault; });
  STELLWERK_ASSERT(found != kFaults.end(), "a fault without a line in the table");
  return *found;
}

std::optional<Fault> find_fault(std::string_view name) {
  for (const FaultInfo& info : kFaults)
    if (info.name == name) return info.fault;
  return std::nullopt;
}

std::uint64_t draw(std::uint64_t seed, std::uint64_t stream, std::uint64_t index) {
  // SplitMix64: well mixed, and without any state to carry along.
  std::uint64_t z = seed + 0x9e3779b97f4a7c15ULL * (index + 1) + 0xd1b54a32d192ed03ULL * (stream + 1);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31);
}

Fault choose_fault(std::uint64_t seed, std::size_t round, std::span<const Fault> possible) {
  STELLWERK_ASSERT(!possible.empty() && round > 0, "no fault to choose");
  std::vector<Fault> order(possible.begin(), possible.end());
  const std::size_t lap = (round - 1) / order.size();
  for (std::size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[draw(seed, lap, i) % i]);
  return order[(round - 1) % order.size()];
}

}  // namespace stellwerk::drill
