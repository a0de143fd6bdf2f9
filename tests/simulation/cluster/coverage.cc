#include "simulation/cluster/coverage.h"

#include <algorithm>
#include <functional>
#include <set>
#include <vector>

namespace stellwerk::test {
namespace {

using master::Role;

std::string standing_of(const SimMaster& master) {
  if (!master.up()) return "is down";
  if (master.paused()) return "stands still";
  const auto view = master.view();
  if (!view || view->role == Role::starting) return "starts";
  if (view->role == Role::claiming) return "takes over";
  if (view->role == Role::leader) return master.acting() ? "leads" : "leads but may not act";
  return view->eligible ? "follows" : "follows, not eligible";
}

/// Nothing: everything is well.
std::vector<std::string> troubles_of(SimMaster& master) {
  std::vector<std::string> out;
  const auto& network = master.link().faults;
  if (master.link().partitioned()) out.emplace_back("a master is cut off");
  if (network.request_lost > 0 || network.slow > 0) out.emplace_back("a master's network is bad");
  const SimStorageFaults& storage = master.storage();
  if (storage.full) out.emplace_back("the disk is full");
  if (storage.broken) out.emplace_back("a master's storage is gone");
  if (storage.hangs) out.emplace_back("a master's storage is silent");
  if (storage.unknown_done > 0) out.emplace_back("a master's storage is flaky");
  return out;
}

std::string trouble_of(const SimWorker& worker) {
  if (!worker.up()) return "a worker is down";
  if (worker.paused()) return "a worker stands still";
  if (!worker.registered()) return "a worker has no leader";
  return worker.guarded() ? "" : "a worker has no guard";
}

std::string joined(std::vector<std::string> parts) {
  std::sort(parts.begin(), parts.end());
  std::string out;
  for (const std::string& part : parts) out += part + ";";
  return out;
}

struct Sight {
  std::set<std::string> troubles;
  std::string whole;
};

Sight look_at(const SimCluster& cluster) {
  Sight sight;
  std::vector<std::string> parts;
  bool led = false;
  for (const auto& master : cluster.masters) {
    const std::string standing = standing_of(*master);
    led = led || standing == "leads";
    if (standing != "leads" && standing != "follows") sight.troubles.insert("a master " + standing);
    const auto troubles = troubles_of(*master);
    sight.troubles.insert(troubles.begin(), troubles.end());
    parts.push_back("m:" + standing + "," + joined(troubles));
  }
  if (!led) sight.troubles.insert("nobody leads");
  if (!cluster.zookeeper.serving()) sight.troubles.insert("ZooKeeper is gone or hangs");
  for (const auto& worker : cluster.workers) {
    const std::string trouble = trouble_of(*worker);
    if (!trouble.empty()) sight.troubles.insert(trouble);
    parts.push_back("w:" + trouble);
  }
  sight.whole = joined(std::move(parts)) + (cluster.zookeeper.serving() ? "" : "zk");
  return sight;
}

}  // namespace

void Coverage::happens(std::string_view what, const SimCluster& cluster, SimMaster* victim) {
  const std::string name(what);
  const Sight sight = look_at(cluster);
  ++happened_[name];
  if (victim != nullptr) ++standings_[name]["a master that " + standing_of(*victim)];
  for (const std::string& trouble : sight.troubles) ++conditions_[name][trouble];
  situations_.insert(std::hash<std::string>()(sight.whole));
}

void Coverage::merge(const Coverage& other) {
  for (const auto& [what, count] : other.happened_) happened_[what] += count;
  for (const auto& [what, by] : other.standings_)
    for (const auto& [where, count] : by) standings_[what][where] += count;
  for (const auto& [what, by] : other.conditions_)
    for (const auto& [where, count] : by) conditions_[what][where] += count;
  situations_.insert(other.situations_.begin(), other.situations_.end());
}

std::string Coverage::line_of(const Meetings& meetings, std::string_view of) {
  std::set<std::string> all;
  for (const auto& [what, by] : meetings)
    for (const auto& [where, count] : by) all.insert(where);
  std::string lacking;
  std::size_t met = 0;
  std::uint64_t rarest = UINT64_MAX;
  for (const auto& [what, by] : meetings) {
    met += by.size();
    for (const auto& [where, count] : by) rarest = std::min(rarest, count);
    for (const std::string& where : all)
      if (!by.contains(where)) lacking += "\n    never: " + what + ", " + where;
  }
  if (met == 0) rarest = 0;
  return "  " + std::string(of) + ": " + std::to_string(met) + " of " + std::to_string(meetings.size() * all.size()) +
         " met, the rarest " + std::to_string(rarest) + " times" + lacking + "\n";
}

std::string Coverage::report() const {
  std::uint64_t sum = 0;
  std::uint64_t rarest = happened_.empty() ? 0 : UINT64_MAX;
  for (const auto& [what, count] : happened_) {
    sum += count;
    rarest = std::min(rarest, count);
  }
  return "  " + std::to_string(sum) + " happenings of " + std::to_string(happened_.size()) + " kinds, the rarest " +
         std::to_string(rarest) + " times, in " + std::to_string(situations()) + " different situations\n" +
         line_of(standings_, "what happened x how its master stood") +
         line_of(conditions_, "what happened x what else was wrong");
}

}  // namespace stellwerk::test
