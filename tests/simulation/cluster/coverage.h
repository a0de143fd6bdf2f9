/// What schedules have reached: how a cluster stood when something happened to it.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <unordered_set>

#include "simulation/cluster/sim_cluster.h"

namespace stellwerk::test {

class Coverage {
 public:
  /// `what` is about to happen to `cluster`; `victim`: to this one of its masters, if to one.
  void happens(std::string_view what, const SimCluster& cluster, SimMaster* victim = nullptr);
  void merge(const Coverage& other);

  /// How many different ones there were: standing, network and storage of each master, ZooKeeper, each worker;
  /// whoever is in it.
  std::size_t situations() const { return situations_.size(); }
  /// For people, some lines.
  std::string report() const;

 private:
  /// How often, by what happened, then by how its master stood or what else was wrong.
  using Meetings = std::map<std::string, std::map<std::string, std::uint64_t>>;
  static std::string line_of(const Meetings& meetings, std::string_view of);

  std::map<std::string, std::uint64_t> happened_;
  Meetings standings_;
  Meetings conditions_;
  std::unordered_set<std::uint64_t> situations_;
};

}  // namespace stellwerk::test
