#include "cli/client_config.h"

#include <algorithm>
#include <array>
#include <filesystem>

#include "config/masters_file.h"

namespace stellwerk::cli {
namespace {

using config::Configuration;

struct Directory {
  std::string path;
  std::string asked_by;  ///< empty: nobody asked for it
};

Directory conf_directory(const ConfigArguments& arguments, const Host& host) {
  if (!arguments.conf_dir.empty()) return {arguments.conf_dir, "--configDir"};
  if (std::string set = host.environment("STELLWERK_CONF_DIR"); !set.empty()) return {set, "STELLWERK_CONF_DIR"};
  const std::string beside = host.program_directory();
  return {beside.empty() ? "" : std::filesystem::path(beside + "/../conf").lexically_normal().string(), ""};
}

bool is_directory(const std::string& path) {
  std::error_code ignored;
  return std::filesystem::is_directory(path, ignored);
}

/// Keys that a client reads, with the names they had.
bool concerns_client(const std::string& key, Purpose purpose) {
  constexpr std::array<std::string_view, 7> kKeys = {"rest.address",
                                                     "rest.port",
                                                     "rest.url-prefix",
                                                     "jobmanager.rpc.address",
                                                     "web.port",
                                                     "jobmanager.web.port",
                                                     config::keys::client_timeout.name};
  if (key == config::keys::default_parallelism.name) return purpose == Purpose::submits;
  return key.empty() || std::find(kKeys.begin(), kKeys.end(), key) != kKeys.end();
}

/// Errors of whole files, of what a client reads, and of what this very command line says.
std::string faults(const config::Findings& findings, Purpose purpose) {
  config::Findings ours;
  for (const config::Finding& finding : findings)
    if (finding.kind == config::FindingKind::error &&
        (concerns_client(finding.key, purpose) || finding.origin.layer == config::Layer::dynamic))
      ours.push_back(finding);
  std::string text;
  for (const std::string& line : config::to_lines(ours)) text += (text.empty() ? "" : "\n") + line;
  return text;
}

class Collector {
 public:
  explicit Collector(const Configuration& configuration)
      : port_(configuration.get(config::keys::rest_port)), prefix_(configuration.get(config::keys::rest_url_prefix)) {
    while (prefix_.ends_with('/')) prefix_.pop_back();
  }

  /// A line or key without a port means rest.port; port 0 is any free one, which nobody can guess.
  void add(const std::string& host, std::optional<std::int64_t> port = std::nullopt) {
    const std::int64_t at = port.value_or(port_);
    if (at <= 0 || masters_.size() >= kMastersMax) return;
    http::Endpoint endpoint{host, static_cast<std::uint16_t>(at), prefix_};
    if (std::find(masters_.begin(), masters_.end(), endpoint) == masters_.end())
      masters_.push_back(std::move(endpoint));
  }
  std::vector<http::Endpoint> take() { return std::move(masters_); }
  const std::string& prefix() const { return prefix_; }

 private:
  std::int64_t port_;
  std::string prefix_;
  std::vector<http::Endpoint> masters_;
};

void add_configured(const Configuration& configuration, const std::string& conf_dir, Collector& masters) {
  const std::string rest_address = configuration.get(config::keys::rest_address);
  if (!rest_address.empty()) masters.add(rest_address);
  if (is_directory(conf_dir)) {
    const config::HostsFile file = config::read_hosts(conf_dir, config::HostsKind::masters);
    for (const config::HostLine& line : file.hosts) masters.add(line.host, line.port);
  }
}

}  // namespace

config::Inputs config_inputs(const ConfigArguments& arguments, const Host& host) {
  config::Inputs inputs;
  inputs.conf_dir = conf_directory(arguments, host).path;
  inputs.dynamic = arguments.dynamic;
  inputs.properties = host.environment(inputs.properties_name);
  return inputs;
}

Result<ClientConfig> client_config(const ClientArguments& arguments, const Host& host, Purpose purpose) {
  config::Inputs inputs = config_inputs(arguments.config, host);
  if (!is_directory(inputs.conf_dir)) {
    const std::string asked_by = conf_directory(arguments.config, host).asked_by;
    if (!asked_by.empty())
      return make_error(Errc::invalid, asked_by + " names \"" + inputs.conf_dir + "\", which is not a directory");
    inputs.conf_dir.clear();
  }
  const config::Loaded loaded = config::load(inputs);
  if (std::string text = faults(loaded.findings, purpose); !text.empty())
    return make_error(Errc::invalid, std::move(text));
  const Configuration& configuration = loaded.configuration;

  ClientConfig out;
  out.timeout = std::chrono::duration_cast<Milliseconds>(configuration.get(config::keys::client_timeout));
  if (const auto parallelism = configuration.get(config::keys::default_parallelism); parallelism > 1)
    out.parallelism = static_cast<std::int32_t>(parallelism);

  Collector masters(configuration);
  if (!arguments.master.empty()) {
    auto endpoint = http::parse_endpoint(arguments.master, "-m");
    if (!endpoint) return endpoint.error();
    if (arguments.master.find("://") == std::string::npos) endpoint->prefix = masters.prefix();
    out.masters.push_back(std::move(*endpoint));
    return out;
  }
  add_configured(configuration, inputs.conf_dir, masters);
  out.masters = masters.take();
  if (!out.masters.empty()) return out;
  const std::string rpc_address = configuration.get(config::keys::rpc_address);
  masters.add(rpc_address.empty() ? "localhost" : rpc_address);
  out.masters = masters.take();
  if (out.masters.empty())
    return make_error(Errc::invalid,
                      "The configuration names no master with a port (rest.port is 0); use -m host:port");
  return out;
}

}  // namespace stellwerk::cli
