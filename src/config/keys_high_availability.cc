#include <array>

#include "config/key_groups.h"

namespace stellwerk::config {
namespace {

constexpr std::string_view kOldLayout = "the layout in ZooKeeper is Stellwerk's own";

constexpr std::array kHighAvailabilityKeys = std::to_array<Key>({
    {.name = "high-availability.type",
     .type = KeyType::choice,
     .fallback = "NONE",
     .meaning = "Where masters agree on who leads. zookeeper: several masters on several hosts. local: several masters "
                "on one host, on a local file system. NONE: one master.",
     .accepted = "NONE|zookeeper|local",
     .aliases = "high-availability recovery.mode"},
    {.name = "high-availability.cluster-id",
     .fallback = "/default",
     .meaning = "Tells clusters apart that share a ZooKeeper or a storageDir: the last part of the path in both. Two "
                "clusters must never have the same.",
     .aliases = "high-availability.zookeeper.path.namespace recovery.zookeeper.path.namespace"},
    {.name = "high-availability.storageDir",
     .meaning = "Directory for the journal and artifacts, the same for all masters: file:///mnt/ha or /mnt/ha. Needed "
                "for zookeeper and local; with NONE it makes one master's jobs survive it.",
     .aliases = "high-availability.zookeeper.storageDir recovery.zookeeper.storageDir"},
    {.name = "high-availability.zookeeper.quorum",
     .type = KeyType::hosts,
     .meaning = "The ZooKeeper servers, host:port,host:port; a host alone means port 2181.",
     .aliases = "recovery.zookeeper.quorum"},
    {.name = "high-availability.zookeeper.path.root",
     .fallback = "/stellwerk",
     .meaning = "The path in ZooKeeper above all clusters.",
     .aliases = "recovery.zookeeper.path.root"},
    {.name = "high-availability.zookeeper.client.session-timeout",
     .type = KeyType::duration,
     .fallback = "60 s",
     .meaning = "How long ZooKeeper keeps the lock of a master that was cut off, or that died together with its guard "
                "(host, container). A stock server grants at most 40 s.",
     .accepted = "100 ms..1 h",
     .aliases = "recovery.zookeeper.client.session-timeout"},
    {.name = "high-availability.zookeeper.client.connection-timeout",
     .type = KeyType::duration,
     .fallback = "15 s",
     .meaning = "How long one ZooKeeper server may take to accept a connection before the next one is tried.",
     .accepted = "100 ms..10 min",
     .aliases = "recovery.zookeeper.client.connection-timeout"},
    {.name = "high-availability.zookeeper.client.acl",
     .type = KeyType::choice,
     .fallback = "open",
     .meaning =
         "Who may touch the nodes in ZooKeeper. open: everybody; creator: only who shows the digest credentials of "
         "high-availability.zookeeper.client.authorization.",
     .accepted = "open|creator"},
    {.name = "high-availability.zookeeper.client.authorization",
     .type = KeyType::map,
     .meaning = "Credentials shown to ZooKeeper, scheme to text, for example digest:user:password.",
     .secret = true},
    {.name = "high-availability.jobmanager.port",
     .type = KeyType::ports,
     .fallback = "0",
     .meaning = "Port for workers when high-availability.type is not NONE; replaces jobmanager.rpc.port. 0 = any free "
                "one, which "
                "workers learn from the REST port.",
     .aliases = "recovery.jobmanager.port"},
    {.name = "high-availability.stall-timeout",
     .type = KeyType::duration,
     .fallback = "2 s",
     .meaning =
         "After how much silence of a master that still runs (stopped, hanging) its guard takes its place in the queue "
         "away, or kills it if the type is local; 0 = never.",
     .accepted = "0 ms..1 h"},
    ignored("high-availability.zookeeper.path.jobgraphs", kOldLayout, "recovery.zookeeper.path.jobgraphs"),
    ignored("high-availability.zookeeper.path.running-registry", kOldLayout),
    ignored("high-availability.zookeeper.path.latch", kOldLayout, "recovery.zookeeper.path.latch"),
    ignored("high-availability.zookeeper.path.leader", kOldLayout, "recovery.zookeeper.path.leader"),
    ignored("high-availability.zookeeper.path.checkpoints", kOldLayout, "recovery.zookeeper.path.checkpoints"),
    ignored("high-availability.zookeeper.path.checkpoint-counter", kOldLayout,
            "recovery.zookeeper.path.checkpoint-counter"),
    ignored("high-availability.zookeeper.path.mesos-workers", kOldLayout, "recovery.zookeeper.path.mesos-workers"),
    ignored("high-availability.zookeeper.client.retry-wait", "connecting is retried for ever",
            "recovery.zookeeper.client.retry-wait"),
    ignored("high-availability.zookeeper.client.max-retry-attempts", "connecting is retried for ever",
            "recovery.zookeeper.client.max-retry-attempts"),
    ignored("high-availability.zookeeper.client.ensemble-tracker", "only the servers of the quorum key are used"),
    ignored("high-availability.zookeeper.client.tolerate-suspended-connections",
            "always so: a lost connection changes nothing while the session lives"),
    ignored("high-availability.use-old-ha-services"),
    ignored("high-availability.job.delay", {}, "recovery.job.delay"),
    ignored("zookeeper.sasl.disable"),
    ignored("zookeeper.sasl.service-name"),
    ignored("zookeeper.sasl.login-context-name"),
    ignored("security.kerberos.login.contexts"),
    ignored("zookeeper.heap.mb", "Java's memory", "env.zookeeper.heap.mb"),
});

}  // namespace

std::span<const Key> high_availability_keys() noexcept {
  return kHighAvailabilityKeys;
}

}  // namespace stellwerk::config
