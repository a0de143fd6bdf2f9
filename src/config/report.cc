#include "config/report.h"

#include <algorithm>
#include <filesystem>
#include <map>

#include "base/json.h"
#include "base/text.h"
#include "config/masters_file.h"
#include "config/raw_layer.h"
#include "config/worker_options.h"

namespace stellwerk::config {
namespace {

json::object finding_json(const Finding& finding) {
  json::object out;
  out["kind"] = to_string(finding.kind);
  out["file"] = finding.origin.name;
  out["line"] = finding.origin.line;
  out["key"] = finding.key;
  if (!finding.value.empty()) out["value"] = finding.value;
  out["problem"] = finding.problem;
  out["text"] = finding.text();
  return out;
}

std::string check_json(const MasterStart& start) {
  json::array errors;
  json::array notices;
  for (const Finding& finding : start.findings) {
    json::array& list = finding.kind == FindingKind::error ? errors : notices;
    if (list.size() < kFindingLinesMax) list.push_back(finding_json(finding));
  }
  json::array files;
  for (const std::string& file : start.configuration.files()) files.push_back(json::value(file));
  json::object out;
  out["ok"] = start.options.has_value();
  out["files"] = std::move(files);
  out["errors"] = std::move(errors);
  out["notices"] = std::move(notices);
  return json::serialize(out) + '\n';
}

/// The line of conf/masters by which the scripts start the first master of this machine; none if they do not, or if
/// that file cannot be read.
std::optional<HostLine> line_of_this_machine(const std::string& conf_dir, const HostFacts& host) {
  std::error_code ignored;
  if (conf_dir.empty() || !std::filesystem::exists(conf_dir + "/masters", ignored)) return std::nullopt;
  const HostsFile file = read_hosts(conf_dir, HostsKind::masters);
  if (!file.ok()) return std::nullopt;
  const auto found = std::find_if(file.hosts.begin(), file.hosts.end(), [&](const HostLine& line) {
    return line.local() || (!host.hostname.empty() && line.host == host.hostname);
  });
  return found == file.hosts.end() ? std::nullopt : std::optional(*found);
}

/// What a worker serves, everybody who can connect may read. Its other faults are for itself to say.
void warn_of_worker(const Inputs& inputs, const HostFacts& host, Findings& findings) {
  const WorkerStart worker = load_worker(inputs, host);
  if (!worker.options || worker.options->data.loopback()) return;
  findings.push_back({FindingKind::warning,
                      {},
                      "",
                      "",
                      "the port of workers for logs and output listens on " + worker.options->data.address +
                          " without authentication: whoever can connect can read them; set taskmanager.bind-host to "
                          "loopback or keep strangers out with a firewall"});
}

std::string sum_up(const MasterStart& start, const std::string& whose) {
  if (!start.options) {
    std::size_t errors = 0;
    for (const Finding& finding : start.findings) errors += finding.kind == FindingKind::error ? 1 : 0;
    return errors == 1 ? "1 error: a master would not start."
                       : std::to_string(errors) + " errors: a master would not start.";
  }
  const MasterOptions& options = *start.options;
  std::string out =
      "The configuration" + whose + " is fine: high-availability.type " + std::string(to_string(options.type));
  if (options.zookeeper) out += ", ZooKeeper namespace " + options.zookeeper->path;
  out += options.storage ? ", storage " + options.storage->uri : ", no storage: jobs live as long as the master";
  out += ", REST on " + options.rest.listen.address + " port " + format_ports(options.rest.listen.ports);
  out += ", workers on " + options.rpc.listen.address + " port " + format_ports(options.rpc.listen.ports);
  return out + ", advertised as " + options.rest.host + '.';
}

Report check_text(const MasterStart& start, const std::string& whose) {
  Findings errors;
  Findings warnings;
  Findings notes;
  for (const Finding& finding : start.findings) {
    const bool warning = finding.kind == FindingKind::warning || finding.kind == FindingKind::unknown ||
                         finding.kind == FindingKind::conflict;
    (finding.kind == FindingKind::error ? errors : warning ? warnings : notes).push_back(finding);
  }
  Report report;
  for (const std::string& line : to_lines(errors)) report.err += "[ERROR] " + line + '\n';
  for (const std::string& line : to_lines(warnings)) report.out += "[WARN] " + line + '\n';
  for (const std::string& line : to_lines(notes)) report.out += "[INFO] " + line + '\n';
  report.out += sum_up(start, whose) + '\n';
  return report;
}

}  // namespace

Report check(const Inputs& asked, const HostFacts& host, Format format) {
  Inputs inputs = asked;
  std::string whose;
  const bool of_one = !asked.host.empty() || asked.webui_port;
  if (const auto line = of_one ? std::nullopt : line_of_this_machine(asked.conf_dir, host)) {
    inputs.host = line->host;
    inputs.webui_port = line->port;
    whose = " of the master in line " + std::to_string(line->line) + " of " + asked.conf_dir + "/masters";
  }
  MasterStart start = load_master(inputs, host);
  if (!of_one) warn_of_worker(asked, host, start.findings);
  Report report;
  if (format == Format::json) {
    report.out = check_json(start);
  } else {
    report = check_text(start, whose);
  }
  report.exit_code = start.options ? 0 : 1;
  return report;
}

std::optional<std::string> get(const Configuration& configuration, std::string_view key) {
  const KnownName known = look_up(key);
  if (known.key == nullptr && !configuration.is_set(key)) return std::nullopt;
  std::string value = configuration.text(key);
  return is_secret(key) && !value.empty() ? std::string(kMasked) : value;
}

std::vector<ShownSetting> shown_settings(const Configuration& configuration) {
  std::map<std::string, ShownSetting, std::less<>> by_name;
  for (const Key& key : all_keys()) {
    if (key.standing != Standing::used && !configuration.is_set(key.name)) continue;
    by_name.emplace(key.name, ShownSetting{.key = std::string(key.name),
                                           .value = configuration.text(key.name),
                                           .source = configuration.origin(key.name).text(),
                                           .standing = key.standing});
  }
  for (const auto& [name, setting] : configuration.settings()) {
    if (by_name.contains(name)) continue;
    by_name.emplace(name, ShownSetting{.key = name,
                                       .value = setting.value,
                                       .source = setting.origin.text(),
                                       .standing = Standing::ignored,
                                       .known = look_up(name).open_prefix});
  }
  std::vector<ShownSetting> out;
  for (auto& [name, setting] : by_name) {
    if (is_secret(name) && !setting.value.empty()) setting.value = kMasked;
    if (setting.value.empty() && setting.source == "default") setting.source = "not set";
    out.push_back(std::move(setting));
  }
  return out;
}

std::string show(const Configuration& configuration, Format format) {
  const std::vector<ShownSetting> settings = shown_settings(configuration);
  if (format == Format::json) {
    json::array out;
    for (const ShownSetting& setting : settings)
      out.push_back(json::object{{"key", setting.key}, {"value", setting.value}, {"source", setting.source}});
    return json::serialize(out) + '\n';
  }
  std::string out;
  for (const ShownSetting& setting : settings) {
    std::string remark = setting.source;
    if (!setting.known) {
      remark += ", unknown";
    } else if (setting.standing == Standing::ignored) {
      remark += ", no meaning here";
    } else if (setting.standing == Standing::later) {
      remark += ", used by a later version";
    }
    out += escaped(setting.key, kKeyBytesMax) + ": " + escaped(setting.value, kConfigBytesMax) +
           (setting.value.empty() ? "# " : "  # ") + remark + '\n';
  }
  return out;
}

}  // namespace stellwerk::config
