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
/// From here on nobody needs to hear of it.
constexpr std::size_t kPlenty = 16'384;
/// Of the HTTP connections one in so many is one that is just being refused.
constexpr std::size_t kRefusedPart = 8;

}  // namespace

DescriptorPlan full_plan() {
  return {.connections = 20'000,
          .refused = 256,
          .files = 256,
          .greetings = 1024,
          .downloads = kDownloadsMax,
          .links = 2 * jobs::kWorkersMax,
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
  plan.greetings = std::min(full.greetings, shared / 8);
  plan.downloads = std::min(full.downloads, shared / 16);
  const std::size_t http = std::min(full.connections + full.refused, shared / 2);
  plan.refused = std::min(full.refused, http / kRefusedPart);
  plan.connections = http - plan.refused;
  plan.links = std::min(full.links, shared - plan.calls - plan.files - plan.greetings - plan.downloads - http);
  return plan;
}

std::string describe_shortage(const DescriptorPlan& plan, std::size_t limit) {
  if (limit >= kPlenty) return {};
  return "This process may have " + std::to_string(limit) + " file descriptors (ulimit -n): that is enough for " +
         std::to_string(plan.connections) + " HTTP connections, " + std::to_string(plan.links) +
         " connections of workers and " + std::to_string(plan.calls) + " requests to others at a time";
}

}  // namespace stellwerk::app
