/// What a master is started with, worked out once from the Configuration.
///
/// Plain values: copied freely, never changed after the start, safe to read from any thread. Parts take
/// the struct that is theirs, not the Configuration.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "config/configuration.h"
#include "config/quantity.h"
#include "model/job_spec.h"

namespace stellwerk::config {

enum class HaType { none, local, zookeeper };
/// As in the configuration and on `/status`: "NONE", "local", "zookeeper".
std::string_view to_string(HaType type) noexcept;

/// A socket to open: the first free port of `ports` is taken, in their order; 0 is any free one.
struct Listen {
  std::string address;  ///< "127.0.0.1", "0.0.0.0", "::", or a name that the user gave
  PortRanges ports;

  /// Only this machine can connect, as far as the address tells.
  bool loopback() const;
};

struct RestOptions {
  Listen listen;
  std::string host;              ///< advertised: the masters line's host
  std::string url_prefix = "/";  ///< "/", or "/path" without a slash at its end
  std::size_t content_bytes_max = 0;
  Duration idleness_timeout{};
  Duration await_leader_timeout{};
  int threads = 0;
  std::string allow_origin;  ///< origins separated by commas; "*" covers reads only; empty: none
  Duration refresh_interval{};
  bool submit = true;
  bool cancel = true;

  /// "http://host:8081/prefix", what others are told once `bound_port` is known.
  std::string url(std::uint16_t bound_port) const;
  /// The same for who is on this host, whatever others are told.
  std::string url_here(std::uint16_t bound_port) const;
};

/// The port for workers.
struct RpcOptions {
  Listen listen;
  std::string host;             ///< advertised
  std::uint16_t told_port = 0;  ///< advertised; 0: the one that was bound
  std::string ports_key;        ///< that the ports came from, for messages
};

/// How a leader treats workers.
struct WorkerRules {
  Duration heartbeat_interval{};
  Duration heartbeat_timeout{};  ///< longer than the interval
  Duration reconnect{};          ///< at most heartbeat_timeout
  Duration takeover_grace{};
  Duration lease{};  ///< longer than heartbeat_interval
  Duration slot_request{};
  bool spread_evenly = false;
};

struct StorageOptions {
  std::string storage_dir;  ///< absolute path as configured, without file://
  std::string directory;    ///< <storage_dir>/<cluster id>: everything of this cluster is below it
  std::string uri;          ///< "file://" + directory, for messages
};

struct ZooKeeperOptions {
  std::vector<HostPort> servers;
  std::string path;  ///< "/stellwerk/default": no double slash, none at the end; never a chroot
  Duration session_timeout{};
  Duration connection_timeout{};
  bool creator_acl = false;                          ///< then there are digest credentials
  std::map<std::string, std::string> authorization;  ///< scheme to credentials; secret
};

/// How much is remembered of ended jobs.
struct HistoryOptions {
  std::size_t shown_max = 0;  ///< with all details; at most ended_max
  Duration shown_for{};
  std::size_t ended_max = 0;  ///< that they ended
  Duration ended_for{};
};

/// For jobs that say nothing themselves.
struct CheckpointOptions {
  std::optional<Duration> interval;  ///< none: they take no checkpoints
  Duration timeout{};
  Duration min_pause{};
  std::int32_t tolerable = 0;
  std::int32_t retained = 1;
};

struct LogOptions {
  std::string level;      ///< TRACE, DEBUG, INFO, WARN, ERROR or OFF
  std::string directory;  ///< empty: log/ of the installation
  int files_max = 0;
  bool json = false;
};

struct MasterOptions {
  HaType type = HaType::none;
  std::string cluster_id;                     ///< without slashes at its ends: "default"
  std::optional<StorageOptions> storage;      ///< always there unless type is none
  std::optional<ZooKeeperOptions> zookeeper;  ///< exactly when type is zookeeper
  RestOptions rest;
  RpcOptions rpc;
  WorkerRules workers;
  HistoryOptions history;
  /// Of jobs without one of their own; nullopt: jobs::strategy_for() knows a default for each.
  std::optional<model::RestartStrategy> restart;
  CheckpointOptions checkpoints;
  LogOptions log;
  Duration stall_timeout{};    ///< for the guard; 0 = off
  std::size_t io_threads = 0;  ///< that call the storage; at least 1
};

/// What the machine says about itself; the caller asks the system.
struct HostFacts {
  std::string hostname;     ///< advertised where no source names a host
  unsigned processors = 1;  ///< for the default of cluster.io-pool.size
};

/// Works out the options and adds what is wrong or worth saying about keys together (type without
/// storageDir, credentials, SASL, addresses). nullopt if there is an error, there before or added.
std::optional<MasterOptions> derive_master_options(const Configuration& configuration, const HostFacts& host,
                                                   Findings& findings);

struct MasterStart {
  std::optional<MasterOptions> options;  ///< nullopt: `findings` has errors, all of them; do not start
  Configuration configuration;
  Findings findings;
};

/// load() and derive_master_options() together, so that all errors are told at once. Blocks on files.
MasterStart load_master(const Inputs& inputs, const HostFacts& host);

}  // namespace stellwerk::config
