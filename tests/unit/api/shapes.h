/// The members of answers that Flink 1.20 gives, as it was seen to give them.
#pragma once

#include <set>
#include <string>

namespace stellwerk::api::shapes {

using Paths = std::set<std::string>;

inline const Paths kOverview{"taskmanagers",   "slots-total", "slots-available", "jobs-running", "jobs-finished",
                             "jobs-cancelled", "jobs-failed", "flink-version",   "flink-commit"};
inline const Paths kJobs{"jobs[]", "jobs[].id", "jobs[].status"};
inline const Paths kJobsOverview{"jobs[]",
                                 "jobs[].jid",
                                 "jobs[].name",
                                 "jobs[].state",
                                 "jobs[].start-time",
                                 "jobs[].end-time",
                                 "jobs[].duration",
                                 "jobs[].last-modification",
                                 "jobs[].tasks.total",
                                 "jobs[].tasks.created",
                                 "jobs[].tasks.scheduled",
                                 "jobs[].tasks.deploying",
                                 "jobs[].tasks.running",
                                 "jobs[].tasks.finished",
                                 "jobs[].tasks.canceling",
                                 "jobs[].tasks.canceled",
                                 "jobs[].tasks.failed",
                                 "jobs[].tasks.reconciling",
                                 "jobs[].tasks.initializing"};
inline const Paths kConfig{"refresh-interval",    "timezone-name",        "timezone-offset",
                           "flink-version",       "flink-revision",       "features.web-submit",
                           "features.web-cancel", "features.web-rescale", "features.web-history"};
inline const Paths kJobConfig{"jid",
                              "name",
                              "execution-config.execution-mode",
                              "execution-config.restart-strategy",
                              "execution-config.job-parallelism",
                              "execution-config.object-reuse-mode",
                              "execution-config.user-config"};
inline const Paths kJob{"jid",
                        "name",
                        "isStoppable",
                        "state",
                        "job-type",
                        "start-time",
                        "end-time",
                        "duration",
                        "maxParallelism",
                        "now",
                        "timestamps.INITIALIZING",
                        "timestamps.CREATED",
                        "timestamps.RUNNING",
                        "timestamps.FAILING",
                        "timestamps.FAILED",
                        "timestamps.CANCELLING",
                        "timestamps.CANCELED",
                        "timestamps.FINISHED",
                        "timestamps.RESTARTING",
                        "timestamps.SUSPENDED",
                        "timestamps.RECONCILING",
                        "vertices[]",
                        "vertices[].id",
                        "vertices[].slotSharingGroupId",
                        "vertices[].name",
                        "vertices[].maxParallelism",
                        "vertices[].parallelism",
                        "vertices[].status",
                        "vertices[].start-time",
                        "vertices[].end-time",
                        "vertices[].duration",
                        "vertices[].tasks.CREATED",
                        "vertices[].tasks.SCHEDULED",
                        "vertices[].tasks.DEPLOYING",
                        "vertices[].tasks.RUNNING",
                        "vertices[].tasks.FINISHED",
                        "vertices[].tasks.CANCELING",
                        "vertices[].tasks.CANCELED",
                        "vertices[].tasks.FAILED",
                        "vertices[].tasks.RECONCILING",
                        "vertices[].tasks.INITIALIZING",
                        "vertices[].metrics.read-bytes",
                        "vertices[].metrics.read-bytes-complete",
                        "vertices[].metrics.write-bytes",
                        "vertices[].metrics.write-bytes-complete",
                        "vertices[].metrics.read-records",
                        "vertices[].metrics.read-records-complete",
                        "vertices[].metrics.write-records",
                        "vertices[].metrics.write-records-complete",
                        "vertices[].metrics.accumulated-backpressured-time",
                        "vertices[].metrics.accumulated-idle-time",
                        "vertices[].metrics.accumulated-busy-time",
                        "status-counts.CREATED",
                        "status-counts.SCHEDULED",
                        "status-counts.DEPLOYING",
                        "status-counts.RUNNING",
                        "status-counts.FINISHED",
                        "status-counts.CANCELING",
                        "status-counts.CANCELED",
                        "status-counts.FAILED",
                        "status-counts.RECONCILING",
                        "status-counts.INITIALIZING",
                        "plan.jid",
                        "plan.name",
                        "plan.type",
                        "plan.nodes[]",
                        "plan.nodes[].id",
                        "plan.nodes[].parallelism",
                        "plan.nodes[].operator",
                        "plan.nodes[].operator_strategy",
                        "plan.nodes[].description",
                        "plan.nodes[].inputs[]",
                        "plan.nodes[].inputs[].num",
                        "plan.nodes[].inputs[].id",
                        "plan.nodes[].inputs[].ship_strategy",
                        "plan.nodes[].inputs[].exchange",
                        "plan.nodes[].optimizer_properties"};
inline const Paths kJobmanagerConfig{"[]", "[].key", "[].value"};
inline const Paths kJobmanagerLogs{"logs[]", "logs[].name", "logs[].size", "logs[].mtime"};

/// Those of one task manager.
inline Paths task_manager(const std::string& before) {
  Paths out;
  const auto add = [&](const std::string& group, const Paths& names) {
    for (const std::string& name : names) out.insert(before + group + name);
  };
  add("", {"id", "path", "dataPort", "jmxPort", "timeSinceLastHeartbeat", "slotsNumber", "freeSlots"});
  for (const std::string group : {"totalResource.", "freeResource."})
    add(group,
        {"cpuCores", "taskHeapMemory", "taskOffHeapMemory", "managedMemory", "networkMemory", "extendedResources"});
  add("hardware.", {"cpuCores", "physicalMemory", "freeMemory", "managedMemory"});
  add("memoryConfiguration.",
      {"frameworkHeap", "taskHeap", "frameworkOffHeap", "taskOffHeap", "networkMemory", "managedMemory", "jvmMetaspace",
       "jvmOverhead", "totalFlinkMemory", "totalProcessMemory"});
  return out;
}
/// What the details of one have besides; its slots and garbage collectors are lists that may be empty.
inline const Paths kTaskManagerDetails{"allocatedSlots[]",
                                       "metrics.heapUsed",
                                       "metrics.heapCommitted",
                                       "metrics.heapMax",
                                       "metrics.nonHeapUsed",
                                       "metrics.nonHeapCommitted",
                                       "metrics.nonHeapMax",
                                       "metrics.directCount",
                                       "metrics.directUsed",
                                       "metrics.directMax",
                                       "metrics.mappedCount",
                                       "metrics.mappedUsed",
                                       "metrics.mappedMax",
                                       "metrics.memorySegmentsAvailable",
                                       "metrics.memorySegmentsTotal",
                                       "metrics.nettyShuffleMemorySegmentsAvailable",
                                       "metrics.nettyShuffleMemorySegmentsUsed",
                                       "metrics.nettyShuffleMemorySegmentsTotal",
                                       "metrics.nettyShuffleMemoryAvailable",
                                       "metrics.nettyShuffleMemoryUsed",
                                       "metrics.nettyShuffleMemoryTotal",
                                       "metrics.garbageCollectors[]"};
/// Ours, which Flink has not.
inline const Paths kOwnOfWorkers{"host", "pid", "version", "registered", "away", "residentMemory", "systemLoad"};

}  // namespace stellwerk::api::shapes
