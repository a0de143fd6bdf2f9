#include "config/worker_options.h"

#include <algorithm>
#include <filesystem>
#include <utility>

#include "config/deriving.h"
#include "config/locations.h"
#include "config/masters_file.h"

namespace stellwerk::config {
namespace {

/// Of rest.bind-port, the ports of one master that are tried.
constexpr std::size_t kPortsAskedMax = 16;
const std::string kThisMachine = "localhost";

class WorkerDeriver : private Deriving {
 public:
  WorkerDeriver(const Configuration& configuration, const HostsFile* masters, const HostFacts& host, Findings& findings)
      : Deriving(configuration, findings), file_(masters), host_(host) {}

  std::optional<WorkerOptions> derive() {
    options_.type = ha_type();
    options_.cluster_id = parse_cluster_path(configuration_.get(keys::ha_cluster_id)).value();
    options_.slots = configuration_.get(keys::worker_slots);
    options_.host = configuration_.get(keys::worker_host);
    if (options_.host.empty()) options_.host = host_.hostname.empty() ? kThisMachine : host_.hostname;
    options_.data = data();
    if (std::string id = configuration_.get(keys::worker_id); !id.empty()) options_.resource_id = std::move(id);
    options_.labels = parse_labels(configuration_.get(keys::worker_labels)).value();
    options_.directory = directory();
    options_.registration_timeout = configuration_.get(keys::registration_timeout);
    options_.reconnect_timeout = configuration_.get(keys::reconnect_timeout);
    options_.orphan_timeout = configuration_.get(keys::orphan_timeout);
    options_.cancellation_timeout = configuration_.get(keys::cancellation_timeout);
    options_.artifact_cache_bytes = configuration_.get(keys::artifact_cache_bytes);
    options_.cgroups = cgroups();
    options_.log = log_options();
    masters();
    if (failed_ || has_errors(findings_)) return std::nullopt;
    return std::move(options_);
  }

 private:
  CgroupUse cgroups() const {
    const std::string use = configuration_.get(keys::worker_cgroups);
    return use == "off" ? CgroupUse::off : use == "required" ? CgroupUse::required : CgroupUse::automatic;
  }

  Listen data() const {
    Listen listen{listen_address(configuration_.get(keys::worker_bind_host), options_.host),
                  configuration_.get(keys::data_bind_port)};
    if (listen.ports.empty()) {
      const auto port = static_cast<std::uint16_t>(configuration_.get(keys::data_port));
      listen.ports = {{port, port}};
    }
    return listen;
  }

  std::string directory() const {
    for (const TextKey key : {keys::worker_working_dir, keys::working_dir})
      if (const std::string named = configuration_.get(key); !named.empty()) return parse_directory(named).value();
    return parse_first_directory(configuration_.get(keys::tmp_dirs)).value();
  }

  void masters() {
    const std::int64_t port = configuration_.get(keys::rpc_port);
    const std::string master = configuration_.get(keys::rpc_address);
    const bool fixed = options_.type == HaType::none && port != 0;
    std::vector<HostLine> lines;
    if (file_ != nullptr && !(fixed && !master.empty())) {
      findings_.insert(findings_.end(), file_->findings.begin(), file_->findings.end());
      lines = file_->hosts;
    }
    if (fixed) {
      const std::string& host = !master.empty() ? master : lines.empty() ? kThisMachine : lines.front().host;
      options_.masters.rpc = {format_host_port({host, static_cast<std::uint16_t>(port)})};
      return;
    }
    for (const HostLine& line : lines) ask(line.host, line.port);
    if (lines.empty())
      for (const std::string& host : {configuration_.get(keys::rest_address), master})
        if (!host.empty()) ask(host, std::nullopt);
    if (!options_.masters.rest.empty() || has_errors(findings_)) return;
    nobody(lines.empty() ? "there is no conf/masters, and no rest.address or jobmanager.rpc.address with a rest.port"
                         : "the lines of conf/masters have port 0, so that nobody can know their ports");
  }

  void ask(const std::string& host, std::optional<std::uint16_t> port) {
    RestOptions rest;
    rest.host = host;
    rest.url_prefix = plain_url_prefix(configuration_.get(keys::rest_url_prefix));
    std::vector<std::string>& urls = options_.masters.rest;
    for (const std::uint16_t each : rest_ports(port)) {
      std::string url = rest.url(each);
      if (urls.size() < kMastersAskedMax && std::find(urls.begin(), urls.end(), url) == urls.end())
        urls.push_back(std::move(url));
    }
  }

  /// As masters choose theirs, but for 0.
  std::vector<std::uint16_t> rest_ports(std::optional<std::uint16_t> port) const {
    PortRanges ranges = configuration_.get(keys::rest_bind_port);
    if (ranges.empty()) {
      const std::uint16_t one = port.value_or(static_cast<std::uint16_t>(configuration_.get(keys::rest_port)));
      ranges = {{one, one}};
    }
    std::vector<std::uint16_t> ports;
    for (const PortRange& range : ranges)
      for (int each = range.first; each <= range.last && ports.size() < kPortsAskedMax; ++each)
        if (each != 0) ports.push_back(static_cast<std::uint16_t>(each));
    return ports;
  }

  void nobody(const std::string& why) {
    findings_.push_back({FindingKind::error, {}, "", "", "a worker finds no master: " + why});
    failed_ = true;
  }

  const HostsFile* const file_;
  const HostFacts& host_;
  WorkerOptions options_;
};

}  // namespace

std::optional<WorkerOptions> derive_worker_options(const Configuration& configuration, const HostsFile* masters,
                                                   const HostFacts& host, Findings& findings) {
  return WorkerDeriver(configuration, masters, host, findings).derive();
}

WorkerStart load_worker(const Inputs& inputs, const HostFacts& host) {
  Loaded loaded = load(inputs);
  WorkerStart start;
  start.findings = std::move(loaded.findings);
  start.configuration = std::move(loaded.configuration);
  std::optional<HostsFile> masters;
  std::error_code ignored;
  if (!inputs.conf_dir.empty() && std::filesystem::exists(inputs.conf_dir + "/masters", ignored))
    masters = read_hosts(inputs.conf_dir, HostsKind::masters);
  start.options = derive_worker_options(start.configuration, masters ? &*masters : nullptr, host, start.findings);
  return start;
}

}  // namespace stellwerk::config
