/// What a drill does to a cluster. Pure: which faults there are, what each needs, and which one a seed chooses.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace stellwerk::drill {

enum class Fault {
  kill_leader,
  freeze_leader,
  sigterm_leader,
  transfer,
  kill_worker,
  kill_guard,
  kill_both,
  kill_all,
  kill_container,
  restart_zookeeper,
  freeze_zookeeper,
  lose_quorum,
  partition,
  full_disk,
  lose_storage,
};

struct FaultInfo {
  Fault fault{};
  std::string_view name{};
  std::string_view does{};     ///< for `stellwerk drill list`
  std::string_view follows{};  ///< what the cluster promises then
  bool takeover = false;       ///< another term of leadership follows, always
  bool zookeeper = false;      ///< needs a ZooKeeper server that we may hit
  bool worker = false;         ///< needs a worker
  bool ends = false;           ///< ends a process that somebody has to start again
};

std::span<const FaultInfo> all_faults();
const FaultInfo& info_of(Fault fault);
std::optional<Fault> find_fault(std::string_view name);

/// Numbers from a seed: the same ones on every machine.
std::uint64_t draw(std::uint64_t seed, std::uint64_t stream, std::uint64_t index);

/// The fault of that round (from 1) of `mixed`: each possible one once, in an order that the seed gives, then again in
/// another order. `possible` is not empty.
Fault choose_fault(std::uint64_t seed, std::size_t round, std::span<const Fault> possible);

}  // namespace stellwerk::drill
