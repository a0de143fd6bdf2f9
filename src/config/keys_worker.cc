#include <array>

#include "config/key_groups.h"

namespace stellwerk::config {
namespace {

constexpr auto kLater = Standing::later;

constexpr std::array kWorkerKeys = std::to_array<Key>({
    {.name = "taskmanager.numberOfTaskSlots",
     .type = KeyType::integer,
     .fallback = "1",
     .standing = kLater,
     .meaning = "Slots that a worker offers; each runs one subtask of each vertex of a job.",
     .accepted = "1..10000"},
    {.name = "taskmanager.host",
     .standing = kLater,
     .meaning = "Host name under which a worker says that it can be reached."},
    {.name = "taskmanager.bind-host",
     .standing = kLater,
     .meaning = "Address that a worker listens on, where it listens at all."},
    {.name = "taskmanager.resource-id",
     .standing = kLater,
     .meaning = "Name of a worker. Without it: host and port of the process and a few random digits."},
    {.name = "taskmanager.registration.timeout",
     .type = KeyType::duration,
     .fallback = "5 min",
     .standing = kLater,
     .meaning = "A worker that never found a leader ends after this."},
    {.name = "taskmanager.reconnect.timeout",
     .type = KeyType::duration,
     .fallback = "10 s",
     .standing = kLater,
     .meaning = "How long a worker may stay away after its connection broke before it counts as lost. Not in Flink.",
     .accepted = "0 ms..1 h"},
    {.name = "taskmanager.orphan.timeout",
     .type = KeyType::duration,
     .fallback = "1 h",
     .standing = kLater,
     .meaning = "How long a worker lets its tasks run without any leader; 0 = for ever. Not in Flink.",
     .accepted = "0 ms..3650 d"},
    {.name = "task.cancellation.timeout",
     .type = KeyType::duration,
     .fallback = "180 s",
     .standing = kLater,
     .meaning = "How long a task may take to stop before it is killed; 0 = for ever.",
     .accepted = "0 ms..1 d"},
    ignored("task.cancellation.interval"),
    ignored("task.cancellation.timers.timeout"),
    ignored("taskmanager.rpc.port", "a worker opens the connection, it does not listen"),
    ignored("taskmanager.rpc.bind-port", "a worker opens the connection, it does not listen"),
    ignored("taskmanager.data.port", "records travel over the jobs' own connections"),
    ignored("taskmanager.data.bind-port", "records travel over the jobs' own connections"),
    ignored("taskmanager.network.bind-policy"),
    ignored("taskmanager.slot.timeout"),
    ignored("taskmanager.jvm-exit-on-oom"),
    ignored("taskmanager.compute.numa"),
    ignored("taskmanager.load-balance.mode"),
    ignored("taskmanager.heap.size", "Java's memory"),
    ignored("taskmanager.heap.mb", "Java's memory"),
    ignored("taskmanager.cpu.cores"),
    ignored("taskmanager.tmp.dirs"),
    ignored("taskmanager.log.path"),
    ignored("taskmanager.maxRegistrationDuration"),
    ignored("taskmanager.exit-on-fatal-akka-error"),
});

}  // namespace

std::span<const Key> worker_keys() noexcept {
  return kWorkerKeys;
}

}  // namespace stellwerk::config
