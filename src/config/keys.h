/// Names for the keys that code asks for, each with the type that its value has.
///
/// A name here without an entry of the same type in the table (key_table.h) is a bug; a unit test
/// compares the two.
#pragma once

#include <string_view>

#include "config/key_table.h"

namespace stellwerk::config {

template <KeyType type>
struct KeyOf {
  std::string_view name;
};
using TextKey = KeyOf<KeyType::text>;
using BoolKey = KeyOf<KeyType::boolean>;
using IntegerKey = KeyOf<KeyType::integer>;
using RealKey = KeyOf<KeyType::real>;
using DurationKey = KeyOf<KeyType::duration>;
using BytesKey = KeyOf<KeyType::bytes>;
using PortsKey = KeyOf<KeyType::ports>;
using HostsKey = KeyOf<KeyType::hosts>;
using ChoiceKey = KeyOf<KeyType::choice>;
using ListKey = KeyOf<KeyType::list>;
using MapKey = KeyOf<KeyType::map>;

namespace keys {

inline constexpr ChoiceKey ha_type{"high-availability.type"};
inline constexpr TextKey ha_cluster_id{"high-availability.cluster-id"};
inline constexpr TextKey ha_storage_dir{"high-availability.storageDir"};
inline constexpr PortsKey ha_rpc_port{"high-availability.jobmanager.port"};
inline constexpr DurationKey ha_stall_timeout{"high-availability.stall-timeout"};
inline constexpr HostsKey zookeeper_quorum{"high-availability.zookeeper.quorum"};
inline constexpr TextKey zookeeper_root{"high-availability.zookeeper.path.root"};
inline constexpr DurationKey zookeeper_session_timeout{"high-availability.zookeeper.client.session-timeout"};
inline constexpr DurationKey zookeeper_connection_timeout{"high-availability.zookeeper.client.connection-timeout"};
inline constexpr ChoiceKey zookeeper_acl{"high-availability.zookeeper.client.acl"};
inline constexpr MapKey zookeeper_authorization{"high-availability.zookeeper.client.authorization"};

inline constexpr TextKey rest_address{"rest.address"};
inline constexpr TextKey rest_bind_address{"rest.bind-address"};
inline constexpr IntegerKey rest_port{"rest.port"};
inline constexpr PortsKey rest_bind_port{"rest.bind-port"};
inline constexpr TextKey rest_url_prefix{"rest.url-prefix"};
inline constexpr DurationKey rest_await_leader_timeout{"rest.await-leader-timeout"};
inline constexpr DurationKey rest_idleness_timeout{"rest.idleness-timeout"};
inline constexpr BytesKey rest_content_bytes_max{"rest.server.max-content-length"};
inline constexpr IntegerKey rest_threads{"rest.server.numThreads"};
inline constexpr TextKey web_allow_origin{"web.access-control-allow-origin"};
inline constexpr DurationKey web_refresh_interval{"web.refresh-interval"};
inline constexpr BoolKey web_submit{"web.submit.enable"};
inline constexpr BoolKey web_cancel{"web.cancel.enable"};

inline constexpr TextKey rpc_address{"jobmanager.rpc.address"};
inline constexpr TextKey master_bind_host{"jobmanager.bind-host"};
inline constexpr IntegerKey rpc_port{"jobmanager.rpc.port"};
inline constexpr IntegerKey rpc_bind_port{"jobmanager.rpc.bind-port"};
inline constexpr DurationKey heartbeat_interval{"heartbeat.interval"};
inline constexpr DurationKey heartbeat_timeout{"heartbeat.timeout"};
inline constexpr DurationKey takeover_grace{"resourcemanager.takeover.grace"};
inline constexpr DurationKey lease{"resourcemanager.at-most-one.lease"};
inline constexpr DurationKey checkpoint_interval{"execution.checkpointing.interval"};
inline constexpr DurationKey checkpoint_timeout{"execution.checkpointing.timeout"};
inline constexpr DurationKey checkpoint_min_pause{"execution.checkpointing.min-pause"};
inline constexpr IntegerKey checkpoint_tolerable{"execution.checkpointing.tolerable-failed-checkpoints"};
inline constexpr IntegerKey checkpoint_retained{"execution.checkpointing.num-retained"};
inline constexpr DurationKey slot_request_timeout{"slot.request.timeout"};
inline constexpr BoolKey spread_evenly{"cluster.evenly-spread-out-slots"};
inline constexpr IntegerKey io_threads{"cluster.io-pool.size"};
inline constexpr DurationKey history_for{"jobstore.expiration-time"};
inline constexpr IntegerKey history_max{"jobstore.max-capacity"};
inline constexpr DurationKey ended_for{"jobstore.ended.expiration-time"};
inline constexpr IntegerKey ended_max{"jobstore.ended.max-capacity"};

inline constexpr IntegerKey worker_slots{"taskmanager.numberOfTaskSlots"};
inline constexpr TextKey worker_host{"taskmanager.host"};
inline constexpr TextKey worker_bind_host{"taskmanager.bind-host"};
inline constexpr IntegerKey data_port{"taskmanager.data.port"};
inline constexpr PortsKey data_bind_port{"taskmanager.data.bind-port"};
inline constexpr TextKey worker_id{"taskmanager.resource-id"};
inline constexpr TextKey worker_labels{"taskmanager.labels"};
inline constexpr DurationKey registration_timeout{"taskmanager.registration.timeout"};
inline constexpr DurationKey reconnect_timeout{"taskmanager.reconnect.timeout"};
inline constexpr DurationKey orphan_timeout{"taskmanager.orphan.timeout"};
inline constexpr DurationKey cancellation_timeout{"task.cancellation.timeout"};
inline constexpr ChoiceKey worker_cgroups{"taskmanager.cgroups"};
inline constexpr BytesKey artifact_cache_bytes{"taskmanager.artifacts.cache-size"};
inline constexpr TextKey worker_working_dir{"process.taskmanager.working-dir"};
inline constexpr TextKey working_dir{"process.working-dir"};
inline constexpr TextKey tmp_dirs{"io.tmp.dirs"};

inline constexpr ChoiceKey restart_type{"restart-strategy.type"};
inline constexpr IntegerKey default_parallelism{"parallelism.default"};
inline constexpr IntegerKey fixed_delay_attempts{"restart-strategy.fixed-delay.attempts"};
inline constexpr DurationKey fixed_delay_delay{"restart-strategy.fixed-delay.delay"};
inline constexpr IntegerKey failure_rate_max{"restart-strategy.failure-rate.max-failures-per-interval"};
inline constexpr DurationKey failure_rate_interval{"restart-strategy.failure-rate.failure-rate-interval"};
inline constexpr DurationKey failure_rate_delay{"restart-strategy.failure-rate.delay"};
inline constexpr DurationKey exponential_initial{"restart-strategy.exponential-delay.initial-backoff"};
inline constexpr DurationKey exponential_max{"restart-strategy.exponential-delay.max-backoff"};
inline constexpr RealKey exponential_multiplier{"restart-strategy.exponential-delay.backoff-multiplier"};
inline constexpr DurationKey exponential_threshold{"restart-strategy.exponential-delay.reset-backoff-threshold"};
inline constexpr RealKey exponential_jitter{"restart-strategy.exponential-delay.jitter-factor"};
inline constexpr IntegerKey exponential_attempts{"restart-strategy.exponential-delay.attempts-before-reset-backoff"};

inline constexpr TextKey pid_dir{"env.pid.dir"};
inline constexpr TextKey log_dir{"env.log.dir"};
inline constexpr ChoiceKey log_level{"env.log.level"};
inline constexpr ChoiceKey log_format{"env.log.format"};
inline constexpr IntegerKey log_files_max{"env.log.max"};
inline constexpr TextKey ssh_options{"env.ssh.opts"};

inline constexpr DurationKey client_timeout{"client.timeout"};

}  // namespace keys
}  // namespace stellwerk::config
