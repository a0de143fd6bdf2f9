#include <array>

#include "config/key_groups.h"

namespace stellwerk::config {
namespace {

constexpr std::array kWorkerKeys = std::to_array<Key>({
    {.name = "taskmanager.numberOfTaskSlots",
     .type = KeyType::integer,
     .fallback = "1",
     .meaning = "Slots that a worker offers; each runs one subtask of each vertex of a job.",
     .accepted = "1..10000"},
    {.name = "taskmanager.host",
     .meaning = "Host name under which a worker says that it can be reached. Without it: the name of the machine."},
    {.name = "taskmanager.bind-host",
     .meaning = "Address on which a worker serves its logs; 0.0.0.0 for all. Without it: only loopback where "
                "taskmanager.host is localhost or 127.0.0.1, all addresses elsewhere."},
    {.name = "taskmanager.data.port",
     .type = KeyType::integer,
     .fallback = "0",
     .meaning = "Port on which a worker serves its logs and the output of its tasks to masters; 0: any free one.",
     .accepted = "0..65535"},
    {.name = "taskmanager.data.bind-port",
     .type = KeyType::ports,
     .meaning = "Port or ports to listen on instead; the first free one is taken."},
    {.name = "taskmanager.resource-id",
     .meaning = "Name of a worker, the same after a restart; no two workers may have the same. Without it a worker "
                "makes one up."},
    {.name = "taskmanager.labels",
     .meaning =
         "What a worker has that others have not, separated by commas, for example gpu,zone=a. A vertex that asks "
         "for labels (in its job spec) runs only on workers that have all of them. Not in Flink."},
    {.name = "taskmanager.registration.timeout",
     .type = KeyType::duration,
     .fallback = "5 min",
     .meaning = "A worker that never found a leader ends after this.",
     .aliases = "taskmanager.maxRegistrationDuration"},
    {.name = "taskmanager.reconnect.timeout",
     .type = KeyType::duration,
     .fallback = "10 s",
     .meaning =
         "How long a worker may stay away after its connection broke before it counts as lost, unless its guard says "
         "at once that it is dead; never more than heartbeat.timeout. Not in Flink.",
     .accepted = "0 ms..1 h"},
    {.name = "taskmanager.orphan.timeout",
     .type = KeyType::duration,
     .fallback = "1 h",
     .meaning = "How long a worker lets its tasks run without any leader; 0 = for ever. Not in Flink.",
     .accepted = "0 ms..3650 d"},
    {.name = "task.cancellation.timeout",
     .type = KeyType::duration,
     .fallback = "180 s",
     .meaning = "How long a task may take to stop before it is killed; 0 = for ever.",
     .accepted = "0 ms..1 d"},
    {.name = "taskmanager.cgroups",
     .type = KeyType::choice,
     .fallback = "auto",
     .meaning =
         "Whether tasks run in control groups (cgroup v2) of their own, which a vertex' limits of memory, cpus and "
         "processes need. auto: where the worker may make some; off: never; required: a worker that may not does "
         "not start. Not in Flink.",
     .accepted = "auto|off|required"},
    {.name = "taskmanager.artifacts.cache-size",
     .type = KeyType::bytes,
     .fallback = "1 gb",
     .meaning =
         "How much a worker keeps, in its working directory, of the bundles and jars that jobs brought along; what "
         "was not used for longest goes first. What running tasks use stays, even beyond it. Not in Flink.",
     .accepted = "0 b..1 tb"},
    {.name = "process.taskmanager.working-dir",
     .meaning = "Directory below which a worker keeps what it must know after a restart: its name, who leads, which "
                "tasks run. Its own directory there is tm_ and its taskmanager.resource-id; without one tm_, the "
                "cluster id, -worker- and the first free number. Without this key: process.working-dir."},
    {.name = "process.working-dir", .meaning = "The same for all daemons. Without it: the first of io.tmp.dirs."},
    {.name = "io.tmp.dirs",
     .fallback = "/tmp",
     .meaning = "Directories for temporary files, separated by commas; the first one is used.",
     .aliases = "taskmanager.tmp.dirs"},
    ignored("task.cancellation.interval"),
    ignored("task.cancellation.timers.timeout"),
    ignored("taskmanager.rpc.port", "a worker opens the connection, it does not listen"),
    ignored("taskmanager.rpc.bind-port", "a worker opens the connection, it does not listen"),
    ignored("taskmanager.network.bind-policy"),
    ignored("taskmanager.slot.timeout"),
    ignored("taskmanager.jvm-exit-on-oom"),
    ignored("taskmanager.compute.numa"),
    ignored("taskmanager.load-balance.mode"),
    ignored("taskmanager.heap.size", "Java's memory"),
    ignored("taskmanager.heap.mb", "Java's memory"),
    ignored("taskmanager.cpu.cores"),
    ignored("taskmanager.log.path"),
    ignored("taskmanager.exit-on-fatal-akka-error"),
});

}  // namespace

std::span<const Key> worker_keys() noexcept {
  return kWorkerKeys;
}

}  // namespace stellwerk::config
