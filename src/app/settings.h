/// What parts are told, of what a master was configured with. Pure.
#pragma once

#include "app/descriptor_plan.h"
#include "config/master_options.h"
#include "http/options.h"
#include "jobs/changes.h"
#include "jobs/checkpoints.h"
#include "master/scheduler_limits.h"
#include "master/worker_limits.h"
#include "websocket/listener.h"

namespace stellwerk::app {

jobs::JobLimits job_limits(const config::HistoryOptions& history);
master::WorkerLimits worker_limits(const config::WorkerRules& rules, const DescriptorPlan& plan);
jobs::CheckpointPolicy checkpoint_policy(const config::CheckpointOptions& options);
master::SchedulerLimits scheduler_limits(const config::MasterOptions& options);
/// Without `decorate` and `report`.
http::ServerOptions server_options(const config::RestOptions& rest, const DescriptorPlan& plan);
/// Of a worker, for its logs. Without `report`.
http::ServerOptions worker_pages_options(const config::Listen& data);
/// Without `report`.
websocket::ListenerOptions worker_port_options(const config::RpcOptions& rpc, const DescriptorPlan& plan);

}  // namespace stellwerk::app
