#include "app/descriptor_plan.h"

#include <algorithm>

#include "app/artifact_server.h"
#include "jobs/worker_table.h"

namespace stellwerk::app {
namespace {

/// Log, lock, listeners, ZooKeeper, guard (one that is started again, too), the loops of main, client and resolver.
constexpr std::size_t kOwn = 40;
/// A loop of an HTTP thread: epoll, eventfd, timerfd.
constexpr std::size_t kPerHttpThread = 3;
/// A file of storage and its folder.
constexpr std::size_t kPerIoThread = 2;
/// What is left for others, at least.
constexpr std::size_t kSharedMin = 32;
/// Of so many HTTP has half. Of what is beyond it has an eighth first, and workers that come all at once to a new
/// leader a quarter: the rest is for as many workers as a cluster may have.
constexpr std::size_t kHalved = 4096;
/// Workers that come to a new leader at once; as many connections may stand for workers that have come again already.
constexpr std::size_t kGreetings = 10'000;
/// From here on 10,000 workers have room, and nobody needs to hear of it.
constexpr std::size_t kPlenty = 20'000;
/// Of the HTTP connections one in so many is one that is just being refused.
constexpr std::size_t kRefusedPart = 8;

/// A part of what is there up to kHalved, and another one of what is beyond.
std::size_t part(std::size_t shared, std::size_t divisor, std::size_t divisor_beyond) {
  const std::size_t first = std::min(shared, kHalved);
  return first / divisor + (shared - first) / divisor_beyond;
}

}  // namespace

DescriptorPlan full_plan() {
  return {.connections = 20'000,
          .refused = 256,
          .files = 256,
          .greetings = kGreetings,
          .downloads = kDownloadsMax,
          .links = jobs::kWorkersMax + kGreetings,
          .calls = 1024};
}

Result<DescriptorPlan> plan_descriptors(std::size_t limit, unsigned http_threads, unsigned io_threads) {
  const std::size_t own = kOwn + kPerHttpThread * http_threads + kPerIoThread * io_threads;
  if (limit < own + kSharedMin)
    return make_error(Errc::invalid, "This process may have " + std::to_string(limit) +
                                         " file descriptors (ulimit -n), and a master takes " +
                                         std::to_string(own + kSharedMin) + " at least, better 65536 or more");
  const DescriptorPlan full = full_plan();
  const std::size_t shared = limit - own;
  DescriptorPlan plan;
  plan.calls = std::min(full.calls, shared / 8);
  plan.files = std::min(full.files, shared / 8);
  plan.greetings = std::min(full.greetings, part(shared, 8, 4));
  plan.downloads = std::min(full.downloads, shared / 16);
  const std::size_t others = plan.calls + plan.files + plan.greetings + plan.downloads;
  plan.links = std::min(full.links, shared - others - part(shared, 2, 8));
  const std::size_t http = std::min(full.connections + full.refused, shared - others - plan.links);
  plan.refused = std::min(full.refused, http / kRefusedPart);
  plan.connections = http - plan.refused;
  return plan;
}

std::string describe_shortage(const DescriptorPlan& plan, std::size_t limit) {
  if (limit >= kPlenty) return {};
  return "This process may have " + std::to_string(limit) + " file descriptors (ulimit -n): that is enough for " +
         std::to_string(plan.connections) + " HTTP connections, " + std::to_string(plan.links) +
         " connections of workers and " + std::to_string(plan.calls) + " requests to others at a time";
}

}  // namespace stellwerk::app
