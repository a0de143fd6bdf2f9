#include "config/master_options.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "config/deriving.h"
#include "config/locations.h"
#include "config/restart_options.h"
#include "config/text.h"

namespace stellwerk::config {
namespace {

bool is_loopback(std::string_view host) noexcept {
  return host == "localhost" || host == "::1" || host.starts_with("127.");
}

/// Errors and warnings about keys together.
class Deriver : private Deriving {
 public:
  Deriver(const Configuration& configuration, const HostFacts& host, Findings& findings)
      : Deriving(configuration, findings), host_(host) {}

  std::optional<MasterOptions> derive() {
    options_.type = ha_type();
    options_.cluster_id = parse_cluster_path(configuration_.get(keys::ha_cluster_id)).value();
    storage();
    if (options_.type == HaType::zookeeper) zookeeper();
    rest();
    rpc();
    history();
    worker_rules();
    options_.restart = derive_restart_strategy(configuration_, findings_);
    checkpoints();
    options_.log = log_options();
    options_.stall_timeout = configuration_.get(keys::ha_stall_timeout);
    options_.io_threads = io_threads();
    if (failed_ || has_errors(findings_)) return std::nullopt;
    warn_of_addresses();
    warn_of_tls();
    return std::move(options_);
  }

 private:
  /// Calls of the storage wait, so there may be more than processors; of many processors few ever call.
  std::size_t io_threads() const {
    constexpr std::size_t kLeast = 8;
    constexpr std::size_t kMost = 64;
    if (const auto asked = configuration_.find_integer(keys::io_threads)) return static_cast<std::size_t>(*asked);
    return std::clamp(std::size_t{4} * host_.processors, kLeast, kMost);
  }

  void storage() {
    const Setting* setting = configuration_.find(keys::ha_storage_dir.name);
    if (setting == nullptr) {
      if (options_.type != HaType::none) require(keys::ha_storage_dir.name, "file:///mnt/ha");
      return;
    }
    StorageOptions storage;
    storage.storage_dir = parse_storage_dir(setting->value).value();
    storage.directory = storage.storage_dir + '/' + options_.cluster_id;
    storage.uri = "file://" + storage.directory;
    options_.storage = std::move(storage);
  }

  void zookeeper() {
    ZooKeeperOptions zookeeper;
    std::string root = parse_cluster_path(configuration_.get(keys::zookeeper_root)).value();
    if (const Setting* setting = configuration_.find(keys::zookeeper_quorum.name)) {
      auto quorum = parse_quorum(setting->value).value();
      zookeeper.servers = std::move(quorum.servers);
      if (!quorum.chroot.empty()) root = quorum.chroot + '/' + root;
    } else {
      require(keys::zookeeper_quorum.name, "zk1:2181,zk2:2181,zk3:2181");
    }
    zookeeper.path = '/' + root + '/' + options_.cluster_id;
    zookeeper.session_timeout = configuration_.get(keys::zookeeper_session_timeout);
    zookeeper.connection_timeout = configuration_.get(keys::zookeeper_connection_timeout);
    zookeeper.authorization = configuration_.get(keys::zookeeper_authorization);
    zookeeper.creator_acl = configuration_.get(keys::zookeeper_acl) == "creator";
    refuse_sasl(zookeeper);
    options_.zookeeper = std::move(zookeeper);
  }

  /// The ZooKeeper client has neither SASL nor TLS (docs/adr); only what cannot be ignored is refused.
  void refuse_sasl(const ZooKeeperOptions& zookeeper) {
    const std::string credentials(keys::zookeeper_authorization.name);
    const bool faulty = configuration_.is_faulty(credentials);
    if (zookeeper.creator_acl && !zookeeper.authorization.contains("digest") && !faulty)
      complain(FindingKind::error, keys::zookeeper_acl.name,
               "needs digest credentials in " + credentials +
                   " (for example digest:user:password), because Stellwerk's ZooKeeper client has no SASL (Kerberos)");
    const auto disabled = parse_bool(configuration_.text("zookeeper.sasl.disable"));
    if (disabled && *disabled) return;
    const std::string named = configuration_.text("zookeeper.sasl.login-context-name");
    const std::string context = named.empty() ? "Client" : named;
    constexpr std::string_view kContexts = "security.kerberos.login.contexts";
    const std::string contexts = configuration_.text(kContexts);
    const auto all = split(contexts, ',');
    if (std::find(all.begin(), all.end(), context) == all.end()) return;
    complain(FindingKind::error, kContexts,
             "asks to log in to ZooKeeper by SASL (Kerberos), which Stellwerk's ZooKeeper client cannot do; take " +
                 context + " out, and where ZooKeeper wants to know us set " + credentials +
                 ", for example to digest:user:password");
  }

  void rest() {
    RestOptions& rest = options_.rest;
    const std::string named = configuration_.get(keys::rest_address);
    const std::string master = configuration_.get(keys::rpc_address);
    rest.host = !named.empty() ? named : !master.empty() ? master : host_.hostname;
    if (rest.host.empty()) rest.host = "localhost";
    rest.listen.address = bind_address(keys::rest_bind_address.name, rest.host);
    if (named.empty() && master.empty() && rest.listen.loopback()) rest.host = "localhost";
    rest.listen.ports = configuration_.get(keys::rest_bind_port);
    if (rest.listen.ports.empty()) {
      const auto port = static_cast<std::uint16_t>(configuration_.get(keys::rest_port));
      rest.listen.ports = {{port, port}};
    }
    rest.url_prefix = plain_url_prefix(configuration_.get(keys::rest_url_prefix));
    rest.content_bytes_max = configuration_.get(keys::rest_content_bytes_max);
    rest.idleness_timeout = configuration_.get(keys::rest_idleness_timeout);
    rest.await_leader_timeout = configuration_.get(keys::rest_await_leader_timeout);
    rest.threads = static_cast<int>(configuration_.get(keys::rest_threads));
    rest.allow_origin = configuration_.get(keys::web_allow_origin);
    rest.refresh_interval = configuration_.get(keys::web_refresh_interval);
    rest.submit = configuration_.get(keys::web_submit);
    rest.cancel = configuration_.get(keys::web_cancel);
  }

  /// The key itself, else jobmanager.bind-host, else loopback for a master that is advertised as local.
  std::string bind_address(std::string_view key, std::string_view advertised) const {
    std::string asked = key.empty() ? std::string{} : configuration_.text(key);
    if (asked.empty()) asked = configuration_.get(keys::master_bind_host);
    return listen_address(asked, advertised);
  }

  void warn_of_addresses() {
    warn_of_strangers();
    const RestOptions& rest = options_.rest;
    const bool by_rest = configuration_.is_set(keys::rest_bind_address.name);
    if (rest.listen.loopback() && !is_loopback(rest.host))
      warn_of_loopback(by_rest ? keys::rest_bind_address.name : keys::master_bind_host.name, rest.host);
    else if (options_.rpc.listen.loopback() && !is_loopback(options_.rpc.host))
      warn_of_loopback(keys::master_bind_host.name, options_.rpc.host);
  }

  void warn_of_loopback(std::string_view key, const std::string& advertised) {
    complain(FindingKind::warning, key,
             "makes only this machine reach a master that is advertised as " + advertised +
                 "; remove the key or set it to 0.0.0.0");
  }

  void warn_of_strangers() {
    const Listen& rest = options_.rest.listen;
    const Listen& rpc = options_.rpc.listen;
    std::string what;
    if (!rest.loopback() && rpc.address == rest.address)
      what = "the REST port and the port for workers listen on " + rest.address;
    else if (!rest.loopback())
      what = "the REST port listens on " + rest.address +
             (rpc.loopback() ? "" : " and the port for workers on " + rpc.address);
    else if (!rpc.loopback())
      what = "the port for workers listens on " + rpc.address;
    if (what.empty()) return;
    findings_.push_back({FindingKind::warning,
                         {},
                         "",
                         "",
                         what +
                             " without authentication: whoever can connect can run programs here; bind to loopback or "
                             "keep strangers out with a firewall"});
  }

  void warn_of_tls() {
    for (const std::string_view key : {"security.ssl.enabled", "security.ssl.rest.enabled"}) {
      const auto asked = parse_bool(configuration_.text(key));
      if (asked && *asked)
        complain(FindingKind::warning, key, "has no effect: this version has no TLS, REST is plain HTTP");
    }
  }

  void rpc() {
    RpcOptions& rpc = options_.rpc;
    const std::string master = configuration_.get(keys::rpc_address);
    rpc.host = master.empty() ? options_.rest.host : master;
    rpc.listen.address = bind_address("", rpc.host);
    if (options_.type == HaType::none) {
      const auto port = static_cast<std::uint16_t>(configuration_.get(keys::rpc_port));
      rpc.listen.ports = {{port, port}};
      rpc.ports_key = keys::rpc_port.name;
    } else {
      rpc.listen.ports = configuration_.get(keys::ha_rpc_port);
      rpc.ports_key = keys::ha_rpc_port.name;
    }
    const auto bind_port = configuration_.find_integer(keys::rpc_bind_port);
    if (!bind_port) return;
    const PortRange told = rpc.listen.ports.front();
    if (told.first == told.last && rpc.listen.ports.size() == 1) rpc.told_port = told.first;
    const auto port = static_cast<std::uint16_t>(*bind_port);
    rpc.listen.ports = {{port, port}};
    rpc.ports_key = keys::rpc_bind_port.name;
  }

  void worker_rules() {
    WorkerRules& rules = options_.workers;
    rules.heartbeat_interval = configuration_.get(keys::heartbeat_interval);
    rules.heartbeat_timeout = configuration_.get(keys::heartbeat_timeout);
    if (rules.heartbeat_timeout <= rules.heartbeat_interval) {
      const bool by_timeout = configuration_.is_set(keys::heartbeat_timeout.name);
      const auto& [key, other, word] = by_timeout
                                           ? std::tuple(keys::heartbeat_timeout, keys::heartbeat_interval, "longer")
                                           : std::tuple(keys::heartbeat_interval, keys::heartbeat_timeout, "shorter");
      complain(FindingKind::error, key.name,
               "must be " + std::string(word) + " than " + std::string(other.name) + ", which is " +
                   format_duration(configuration_.get(other)));
    }
    const Duration reconnect = configuration_.get(keys::reconnect_timeout);
    rules.reconnect = std::min(reconnect, rules.heartbeat_timeout);
    if (rules.reconnect != reconnect && configuration_.is_set(keys::reconnect_timeout.name))
      complain(FindingKind::warning, keys::reconnect_timeout.name,
               "is more than heartbeat.timeout; " + format_duration(rules.reconnect) + " holds");
    rules.takeover_grace = configuration_.is_set(keys::takeover_grace.name) ? configuration_.get(keys::takeover_grace)
                                                                            : rules.heartbeat_timeout;
    lease(rules);
    rules.slot_request = configuration_.get(keys::slot_request_timeout);
    rules.spread_evenly = configuration_.get(keys::spread_evenly);
  }

  /// By default it outlasts the time in which nobody leads because a master and its guard were killed together.
  void lease(WorkerRules& rules) {
    Duration silence = rules.heartbeat_timeout;
    if (options_.zookeeper) silence = std::max(silence, options_.zookeeper->session_timeout);
    rules.lease = silence + rules.heartbeat_interval;
    if (!configuration_.is_set(keys::lease.name)) return;
    rules.lease = configuration_.get(keys::lease);
    if (rules.lease <= rules.heartbeat_interval)
      complain(FindingKind::error, keys::lease.name,
               "must be longer than heartbeat.interval, which is " + format_duration(rules.heartbeat_interval));
  }

  void checkpoints() {
    CheckpointOptions& checkpoints = options_.checkpoints;
    if (configuration_.is_set(keys::checkpoint_interval.name))
      checkpoints.interval = configuration_.get(keys::checkpoint_interval);
    checkpoints.timeout = configuration_.get(keys::checkpoint_timeout);
    checkpoints.min_pause = configuration_.get(keys::checkpoint_min_pause);
    checkpoints.tolerable = static_cast<std::int32_t>(configuration_.get(keys::checkpoint_tolerable));
    checkpoints.retained = static_cast<std::int32_t>(configuration_.get(keys::checkpoint_retained));
  }

  void history() {
    HistoryOptions& history = options_.history;
    history.ended_max = static_cast<std::size_t>(configuration_.get(keys::ended_max));
    history.ended_for = configuration_.get(keys::ended_for);
    history.shown_max = std::min(static_cast<std::size_t>(configuration_.get(keys::history_max)), history.ended_max);
    history.shown_for = configuration_.get(keys::history_for);
  }

  /// The type needs a key that is not set; said at the place of the type. A faulty key was reported already.
  void require(std::string_view key, std::string_view example) {
    if (configuration_.is_faulty(key)) {
      failed_ = true;
      return;
    }
    complain(FindingKind::error, keys::ha_type.name,
             "needs " + std::string(key) + ", which is not set; for example " + std::string(example));
  }

  const HostFacts& host_;
  MasterOptions options_;
};

}  // namespace

std::string_view to_string(HaType type) noexcept {
  switch (type) {
    case HaType::none: return "NONE";
    case HaType::local: return "local";
    case HaType::zookeeper: return "zookeeper";
  }
  return "NONE";
}

bool Listen::loopback() const {
  return is_loopback(address);
}

std::string RestOptions::url(std::uint16_t bound_port) const {
  return "http://" + format_host_port({host, bound_port}) + (url_prefix == "/" ? "" : url_prefix);
}

std::string RestOptions::url_here(std::uint16_t bound_port) const {
  RestOptions here = *this;
  here.host = listen.address == "0.0.0.0" ? "127.0.0.1" : listen.address == "::" ? "::1" : listen.address;
  return here.url(bound_port);
}

std::optional<MasterOptions> derive_master_options(const Configuration& configuration, const HostFacts& host,
                                                   Findings& findings) {
  return Deriver(configuration, host, findings).derive();
}

MasterStart load_master(const Inputs& inputs, const HostFacts& host) {
  Loaded loaded = load(inputs);
  MasterStart start;
  start.findings = std::move(loaded.findings);
  start.configuration = std::move(loaded.configuration);
  start.options = derive_master_options(start.configuration, host, start.findings);
  if (has_errors(start.findings)) start.options.reset();
  return start;
}

}  // namespace stellwerk::config
