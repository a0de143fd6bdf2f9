#include "drill/hits.h"

#include <algorithm>
#include <csignal>

#include "http/error_text.h"

namespace stellwerk::drill {
namespace {

using cli::Milliseconds;

constexpr Milliseconds kTransferMax = std::chrono::seconds(10);
constexpr std::uint64_t kOfVictim = 0;

Result<void> freeze(Course& course, std::int64_t pid) {
  course.stamp();
  return course.stop(pid);
}

Result<void> transfer(Course& course) {
  Result<void> outcome;
  course.await("a master that takes over", kLookEvery, [&] {
    course.stamp();
    std::vector<cli::Answer> answers;
    // It is taken from the leader's own host only.
    course.world.site.beside(course.leader, [&](const http::Endpoint& master) {
      answers =
          course.world.host.ask({{master, {.method = http::Method::post, .target = "/leader/transfer"}, kTransferMax}});
    });
    // 409: whoever is next in line is not ready yet.
    if (answers.front() && answers.front()->status == 409) return false;
    if (answers.front() && answers.front()->status >= 400)
      outcome = make_error(Errc::refused, "the transfer was refused: " + http::error_text(*answers.front()));
    return true;
  });
  return outcome;
}

Result<void> kill_worker(Course& course) {
  // Those that are the site's own: the leader may have others by now, of other hosts.
  std::vector<std::pair<std::string, WorkerSight>> ours;
  for (const Daemon& each : course.running(Kind::worker))
    for (const WorkerSight& worker : course.workers)
      if (each.pid == worker.pid) ours.emplace_back(each.name, worker);
  if (ours.empty()) return make_error(Errc::not_found, "there is no worker");
  const auto& [name, worker] = ours[course.choose(kOfVictim, ours.size())];
  course.result.workers_hit = {worker.id};
  course.result.victim = name;
  course.worker = worker.pid;
  return course.strike(worker.pid, SIGKILL);
}

Result<void> kill_guards(Course& course) {
  course.guards = course.world.site.guards_of(course.leader.pid);
  if (course.guards.empty()) return make_error(Errc::not_found, "the leader has no guard");
  for (const std::int64_t guard : course.guards)
    if (auto killed = course.strike(guard, SIGKILL); !killed) return killed;
  return {};
}

/// Guards stand still first, so that none of them is faster than the signals to the masters.
Result<void> kill_with_guards(Course& course, const std::vector<std::int64_t>& masters) {
  Site& site = course.world.site;
  std::vector<std::int64_t> guards;
  for (const std::int64_t master : masters)
    for (const std::int64_t guard : site.guards_of(master)) guards.push_back(guard);
  for (const std::int64_t guard : guards) (void)course.stop(guard);
  Result<void> outcome;
  course.stamp();
  for (const std::int64_t master : masters) {
    course.doomed.push_back(master);
    if (auto killed = site.signal(master, SIGKILL); !killed) outcome = killed;
  }
  for (const std::int64_t guard : guards)
    if (site.signal(guard, SIGKILL)) std::erase(course.stopped, guard);
  return outcome;
}

Result<void> kill_all(Course& course) {
  course.result.victim = "all masters";
  std::vector<std::int64_t> masters;
  for (const Daemon& each : course.running(Kind::master)) masters.push_back(each.pid);
  if (auto killed = kill_with_guards(course, masters); !killed) return killed;
  return course.start_ended();
}

Result<void> kill_container(Course& course) {
  const std::int64_t container = course.world.site.container_of(course.leader.pid);
  if (container == 0) return make_error(Errc::not_found, "the leader is in no container");
  course.doomed.push_back(course.leader.pid);
  return course.strike(container, SIGKILL);
}

}  // namespace

Result<void> hit_process(Course& course) {
  switch (course.info.fault) {
    case Fault::kill_leader: return course.strike(course.leader.pid, SIGKILL);
    case Fault::sigterm_leader: return course.strike(course.leader.pid, SIGTERM);
    case Fault::freeze_leader: return freeze(course, course.leader.pid);
    case Fault::transfer: return transfer(course);
    case Fault::kill_worker: return kill_worker(course);
    case Fault::kill_guard: return kill_guards(course);
    case Fault::kill_both: return kill_with_guards(course, {course.leader.pid});
    case Fault::kill_all: return kill_all(course);
    case Fault::kill_container: return kill_container(course);
    default: return {};
  }
}

Result<void> hit(Course& course) {
  course.result.victim = course.leader.name;
  switch (course.info.fault) {
    case Fault::restart_zookeeper:
    case Fault::freeze_zookeeper:
    case Fault::lose_quorum: return hit_zookeeper(course);
    case Fault::partition:
    case Fault::full_disk:
    case Fault::lose_storage: return hit_surroundings(course);
    default: return hit_process(course);
  }
}

}  // namespace stellwerk::drill
