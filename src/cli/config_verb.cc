#include <algorithm>
#include <ostream>

#include "base/text.h"
#include "cli/client_config.h"
#include "cli/conversation.h"
#include "cli/exit_codes.h"
#include "cli/verbs.h"
#include "config/report.h"

namespace stellwerk::cli {
namespace {

config::Inputs inputs_of(const ConfigVerbArguments& arguments, const Host& host) {
  config::Inputs inputs = config_inputs(arguments.config, host);
  inputs.host = arguments.host;
  inputs.webui_port = arguments.webui_port;
  return inputs;
}

config::Format format_of(const ConfigVerbArguments& arguments) {
  return arguments.json ? config::Format::json : config::Format::text;
}

int check(const ConfigVerbArguments& arguments, Host& host) {
  const config::Inputs inputs = inputs_of(arguments, host);
  const config::Report report = config::check(inputs, host.facts(), format_of(arguments));
  host.out() << report.out << std::flush;
  host.err() << report.err << std::flush;
  if (report.exit_code != 0) return kExitUsage;
  if (!arguments.storage) return kExitDone;
  const config::MasterStart start = config::load_master(inputs, host.facts());
  if (!start.options) return fail(host, kExitUsage, "The configuration changed while it was checked");
  const auto probed = host.probe_storage(*start.options);
  if (!probed) return fail(host, kExitUsage, probed.error().text);
  if (!arguments.json) host.out() << *probed << '\n';
  return kExitDone;
}

int report_faults(const config::Findings& findings, Host& host) {
  config::Findings errors;
  std::copy_if(findings.begin(), findings.end(), std::back_inserter(errors),
               [](const config::Finding& finding) { return finding.kind == config::FindingKind::error; });
  for (const std::string& line : config::to_lines(errors)) host.err() << "[ERROR] " << line << '\n';
  return kExitUsage;
}

int get(const ConfigVerbArguments& arguments, const config::Loaded& loaded, Host& host) {
  const config::KnownName known = config::look_up(arguments.key);
  const std::string name = known.key == nullptr ? arguments.key : std::string(known.key->name);
  if (loaded.configuration.is_faulty(name)) return report_faults(loaded.findings, host);
  if (const auto value = config::get(loaded.configuration, arguments.key)) {
    host.out() << *value << '\n';
    return kExitDone;
  }
  std::string text = shown(arguments.key) + " is no key of the configuration";
  if (const auto nearest = config::nearest_key(arguments.key)) text += " (did you mean " + std::string(*nearest) + "?)";
  return fail(host, kExitUsage, text);
}

}  // namespace

int show_config(const ConfigVerbArguments& arguments, Host& host) {
  using Action = ConfigVerbArguments::Action;
  if (arguments.action == Action::check) return check(arguments, host);
  const config::Loaded loaded = config::load(inputs_of(arguments, host));
  // Without its files a configuration would show nothing but defaults, as if they held.
  const bool unreadable = std::any_of(
      loaded.findings.begin(), loaded.findings.end(),
      [](const config::Finding& finding) { return finding.kind == config::FindingKind::error && finding.key.empty(); });
  if (unreadable) return report_faults(loaded.findings, host);
  if (arguments.action == Action::get) return get(arguments, loaded, host);
  host.out() << config::show(loaded.configuration, format_of(arguments));
  return loaded.ok() ? kExitDone : report_faults(loaded.findings, host);
}

}  // namespace stellwerk::cli
