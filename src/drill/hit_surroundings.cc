#include "drill/hits.h"

namespace stellwerk::drill {
namespace {

using cli::Milliseconds;

/// How long storage is away or full: a commit that waits, and a leader that gives up.
constexpr Milliseconds kStorageLeast{200};
constexpr Milliseconds kStorageMost{6'000};
/// How long a worker is cut off: less and more than its heartbeat timeout and its lease.
constexpr Milliseconds kWorkerLeast{500};
constexpr Milliseconds kWorkerMost{10'000};
constexpr std::uint64_t kOfKind = 2;
constexpr std::uint64_t kOfWay = 3;
constexpr std::uint64_t kOfWorker = 4;

struct Ways {
  bool out = false;
  bool in = false;
};

Ways choose_ways(const Course& course) {
  const std::uint64_t way = course.choose(kOfWay, 3);
  return {.out = way != 1, .in = way != 0};
}

std::string named(const Ways& ways) {
  return ways.out && ways.in ? "<->" : ways.out ? "->" : "<-";
}

Result<void> cut(Course& course, const std::string& name, const std::vector<Daemon>& others, Ways ways) {
  for (const Daemon& other : others) {
    if (ways.out)
      if (auto lost = course.world.site.harm(Cut{name, other.name}); !lost) return lost;
    if (ways.in)
      if (auto lost = course.world.site.harm(Cut{other.name, name}); !lost) return lost;
  }
  course.stamp();
  return {};
}

/// Mended once another master leads.
Result<void> cut_leader(Course& course, const std::vector<Daemon>& servers) {
  const Ways ways = choose_ways(course);
  course.result.victim = course.leader.name + named(ways) + "zk";
  course.takeover = true;
  return cut(course, course.leader.name, servers, ways);
}

Result<void> cut_worker(Course& course, const std::vector<Daemon>& workers) {
  const Ways ways = choose_ways(course);
  const Daemon& worker = workers[course.choose(kOfWorker, workers.size())];
  for (const WorkerSight& each : course.workers)
    if (each.pid == worker.pid) course.result.workers_hit = {each.id};
  course.result.victim = worker.name + named(ways) + "m";
  if (auto lost = cut(course, worker.name, course.running(Kind::master), ways); !lost) return lost;
  course.world.host.pause(course.choose_time(kWorkerLeast, kWorkerMost));
  return course.world.site.heal();
}

Result<void> partition(Course& course) {
  const auto servers = course.running(Kind::zookeeper);
  const auto workers = course.running(Kind::worker);
  const bool leader = !servers.empty() && (workers.empty() || course.choose(kOfKind, 2) == 0);
  if (leader) return cut_leader(course, servers);
  if (workers.empty()) return make_error(Errc::not_found, "there is neither ZooKeeper nor a worker to be cut off from");
  return cut_worker(course, workers);
}

Result<void> hold_and_heal(Course& course) {
  course.world.host.pause(course.choose_time(kStorageLeast, kStorageMost));
  course.end_silence();
  return course.world.site.heal();
}

Result<void> fill(Course& course) {
  course.result.victim = "storageDir";
  if (auto full = course.world.site.harm(DiskFull{}); !full) return full;
  course.stamp();
  return hold_and_heal(course);
}

Result<void> take_away(Course& course) {
  course.result.victim = "storageDir";
  if (auto away = course.world.site.harm(StorageAway{}); !away) return away;
  course.stamp();
  // Where that is not possible, a leader that has the folder open may go on.
  if (course.world.site.harm(ReadOnly{})) course.begin_silence();
  return hold_and_heal(course);
}

}  // namespace

Result<void> hit_surroundings(Course& course) {
  if (course.info.fault == Fault::partition) return partition(course);
  if (course.info.fault == Fault::full_disk) return fill(course);
  return take_away(course);
}

}  // namespace stellwerk::drill
