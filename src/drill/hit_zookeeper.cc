#include <algorithm>
#include <csignal>

#include "drill/hits.h"

namespace stellwerk::drill {
namespace {

using cli::Milliseconds;

/// How long a server stands still, and an ensemble has no quorum: less and more than the session timeout.
constexpr Milliseconds kStandstillLeast{200};
constexpr Milliseconds kStandstillMost{4'000};
constexpr Milliseconds kQuorumLeast{500};
constexpr Milliseconds kQuorumMost{6'000};
constexpr std::uint64_t kOfServer = 1;
constexpr std::size_t kKilled = 2;

Result<void> standstill(Course& course, const Daemon& server) {
  course.stamp();
  if (auto stopped = course.stop(server.pid); !stopped) return stopped;
  course.world.host.pause(course.choose_time(kStandstillLeast, kStandstillMost));
  course.thaw();
  return {};
}

Result<void> restart(Course& course, const Daemon& server) {
  if (auto killed = course.strike(server.pid, SIGKILL); !killed) return killed;
  return course.start_ended();
}

/// From `first` on, around.
Result<void> lose_quorum(Course& course, const std::vector<Daemon>& servers, std::size_t first) {
  if (servers.size() <= kKilled) return make_error(Errc::not_found, "there are no three ZooKeeper servers");
  course.result.victim = std::to_string(kKilled) + " servers";
  for (std::size_t i = 0; i < kKilled; ++i)
    if (auto killed = course.strike(servers[(first + i) % servers.size()].pid, SIGKILL); !killed) return killed;
  if (auto ended = course.await_ends(); !ended) return ended;
  course.begin_silence();
  course.world.host.pause(course.choose_time(kQuorumLeast, kQuorumMost));
  course.end_silence();
  return course.start_ended();
}

}  // namespace

Result<void> hit_zookeeper(Course& course) {
  const std::vector<Daemon> servers = course.running(Kind::zookeeper);
  if (servers.empty()) return make_error(Errc::not_found, "there is no ZooKeeper server to hit");
  const std::size_t which = course.choose(kOfServer, servers.size());
  course.result.victim = servers[which].name;
  if (course.info.fault == Fault::lose_quorum) return lose_quorum(course, servers, which);
  if (course.info.fault == Fault::freeze_zookeeper) return standstill(course, servers[which]);
  return restart(course, servers[which]);
}

}  // namespace stellwerk::drill
