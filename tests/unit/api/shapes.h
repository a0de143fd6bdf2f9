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

/// `names`, each behind `before`.
inline Paths below(const std::string& before, const Paths& names) {
  Paths out;
  for (const std::string& name : names) out.insert(before + name);
  return out;
}
inline Paths all_of(std::initializer_list<Paths> parts) {
  Paths out;
  for (const Paths& part : parts) out.insert(part.begin(), part.end());
  return out;
}

inline const Paths kTaskMetrics{"read-bytes",
                                "read-bytes-complete",
                                "write-bytes",
                                "write-bytes-complete",
                                "read-records",
                                "read-records-complete",
                                "write-records",
                                "write-records-complete",
                                "accumulated-backpressured-time",
                                "accumulated-idle-time",
                                "accumulated-busy-time"};
inline const Paths kTaskStates{"CREATED",  "RUNNING", "RECONCILING", "FINISHED",  "INITIALIZING",
                               "CANCELED", "FAILED",  "SCHEDULED",   "CANCELING", "DEPLOYING"};
inline const Paths kTimedStates{"CREATED", "RUNNING", "INITIALIZING", "SCHEDULED", "DEPLOYING"};

/// What is said of several tasks together.
inline Paths aggregated(const std::string& before) {
  Paths out;
  const Paths statistics{"p25", "min", "avg", "median", "max", "sum", "p95", "p75"};
  for (const std::string& name : kTaskMetrics)
    if (!name.ends_with("-complete")) out.merge(below(before + "metrics." + name + ".", statistics));
  for (const std::string& name : kTimedStates) out.merge(below(before + "status-duration." + name + ".", statistics));
  return out;
}
inline Paths subtask(const std::string& before) {
  return below(before, all_of({{"subtask", "status", "attempt", "host", "endpoint", "start-time", "end-time",
                                "duration", "taskmanager-id", "start_time"},
                               below("metrics.", kTaskMetrics),
                               below("status-duration.", kTimedStates)}));
}
inline Paths vertex() {
  return all_of({{"id", "name", "parallelism", "maxParallelism", "now", "subtasks[]"},
                 subtask("subtasks[]."),
                 aggregated("aggregated.")});
}
inline const Paths kSubtaskTimes = all_of({{"id", "name", "now", "subtasks[]", "subtasks[].subtask", "subtasks[].host",
                                            "subtasks[].endpoint", "subtasks[].duration"},
                                           below("subtasks[].timestamps.", kTaskStates)});
inline Paths vertex_task_managers() {
  const std::string one = "taskmanagers[].";
  return all_of({{"id", "name", "now", "taskmanagers[]"},
                 below(one, {"host", "endpoint", "status", "start-time", "end-time", "duration", "taskmanager-id"}),
                 below(one + "metrics.", kTaskMetrics),
                 below(one + "status-counts.", kTaskStates),
                 aggregated(one + "aggregated.")});
}
inline const Paths kNoExceptions{"root-exception",
                                 "timestamp",
                                 "all-exceptions[]",
                                 "truncated",
                                 "exceptionHistory.entries[]",
                                 "exceptionHistory.truncated"};
inline const Paths kExceptions = all_of(
    {kNoExceptions,
     below("all-exceptions[].", {"exception", "task", "location", "endpoint", "timestamp", "taskManagerId"}),
     below("exceptionHistory.entries[].", {"exceptionName", "stacktrace", "timestamp", "taskName", "location",
                                           "endpoint", "taskManagerId", "failureLabels", "concurrentExceptions[]"})});

inline const Paths kBackpressure = all_of(
    {{"status", "backpressureLevel", "end-timestamp", "subtasks[]", "backpressure-level"},
     below("subtasks[].", {"subtask", "backpressureLevel", "ratio", "idleRatio", "busyRatio", "backpressure-level"})});

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
inline const Paths kOwnOfWorkers{"host",           "pid",        "version",       "labels[]",      "registered", "away",
                                 "residentMemory", "systemLoad", "limits.kept[]", "limits.message"};

}  // namespace stellwerk::api::shapes
