#include "app/settings.h"

#include <algorithm>

namespace stellwerk::app {
namespace {

using std::chrono::duration_cast;
using std::chrono::milliseconds;

/// Between a write's own deadline and the server's.
constexpr milliseconds kWriteMargin = std::chrono::minutes(1);

/// What a worker serves takes no bodies, in bytes, and is asked for by few.
constexpr std::size_t kWorkerBodyMax = std::size_t{64} << 10;
constexpr std::size_t kWorkerPagesMax = 100;

std::vector<http::PortRange> port_ranges(const config::PortRanges& ports) {
  std::vector<http::PortRange> out;
  for (const auto& range : ports) out.push_back({range.first, range.last});
  return out;
}

}  // namespace

jobs::JobLimits job_limits(const config::HistoryOptions& history) {
  jobs::JobLimits limits;
  limits.history_ms = duration_cast<milliseconds>(history.shown_for).count();
  limits.history_max = static_cast<std::int64_t>(history.shown_max);
  limits.ended_ms = duration_cast<milliseconds>(history.ended_for).count();
  limits.ended_max = static_cast<std::int64_t>(history.ended_max);
  return limits;
}

master::WorkerLimits worker_limits(const config::WorkerRules& rules, const DescriptorPlan& plan) {
  master::WorkerLimits limits;
  limits.heartbeat_interval = duration_cast<milliseconds>(rules.heartbeat_interval);
  limits.heartbeat_timeout = duration_cast<milliseconds>(rules.heartbeat_timeout);
  limits.reconnect = duration_cast<milliseconds>(rules.reconnect);
  limits.lease = duration_cast<milliseconds>(rules.lease);
  limits.links = plan.links;
  return limits;
}

jobs::CheckpointPolicy checkpoint_policy(const config::CheckpointOptions& options) {
  jobs::CheckpointPolicy policy;
  if (options.interval) policy.interval = duration_cast<milliseconds>(*options.interval);
  policy.timeout = duration_cast<milliseconds>(options.timeout);
  policy.min_pause = duration_cast<milliseconds>(options.min_pause);
  policy.tolerable = options.tolerable;
  policy.retained = options.retained;
  return policy;
}

master::SchedulerLimits scheduler_limits(const config::MasterOptions& options) {
  master::SchedulerLimits limits;
  limits.spread = options.workers.spread_evenly;
  limits.slot_timeout = duration_cast<milliseconds>(options.workers.slot_request);
  limits.takeover_grace = duration_cast<milliseconds>(options.workers.takeover_grace);
  limits.lease = duration_cast<milliseconds>(options.workers.lease);
  limits.strategy = options.restart;
  limits.checkpoints = checkpoint_policy(options.checkpoints);
  return limits;
}

http::ServerOptions server_options(const config::RestOptions& rest, const DescriptorPlan& plan) {
  http::ServerOptions options;
  options.addresses = {rest.listen.address};
  options.ports = port_ranges(rest.listen.ports);
  options.threads = static_cast<unsigned>(std::max(1, rest.threads));
  options.body_bytes_max = rest.content_bytes_max;
  options.idle_deadline = duration_cast<milliseconds>(rest.idleness_timeout);
  // A write answers by its own deadline: it knows what happened, the server does not.
  const auto await_leader = duration_cast<milliseconds>(rest.await_leader_timeout);
  options.handler_deadline = std::max(options.handler_deadline, await_leader + kWriteMargin);
  options.allow_origin = rest.allow_origin;
  options.connections_max = plan.connections;
  options.refused_at_once_max = plan.refused;
  options.files_max = plan.files;
  return options;
}

http::ServerOptions worker_pages_options(const config::Listen& data) {
  http::ServerOptions options;
  options.addresses = {data.address};
  options.ports = port_ranges(data.ports);
  options.ports_key = "taskmanager.data.bind-port";
  options.threads = 1;  // masters alone ask here, now and then
  options.body_bytes_max = kWorkerBodyMax;
  options.bodies_bytes_max = kWorkerBodyMax;
  options.connections_max = kWorkerPagesMax;
  // Pages of other sites get no logs.
  options.allow_origin = "";
  return options;
}

websocket::ListenerOptions worker_port_options(const config::RpcOptions& rpc, const DescriptorPlan& plan) {
  websocket::ListenerOptions options;
  options.addresses = {rpc.listen.address};
  options.ports = port_ranges(rpc.listen.ports);
  options.ports_key = rpc.ports_key;
  options.greetings_max = plan.greetings;
  return options;
}

}  // namespace stellwerk::app
