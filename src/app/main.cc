/// `stellwerk`: both the daemon and the command line. The numbered start of a master is in
/// app/master_process.cc; here the verbs get what only this place may put together.

#include <csignal>
#include <string>
#include <vector>

#include "app/master_process.h"
#include "app/version.h"
#include "cli/cli.h"
#include "cli/client_config.h"
#include "cli/system_host.h"
#include "storage/storage_location.h"

namespace {

using namespace stellwerk;

config::Inputs master_inputs(const cli::MasterArguments& arguments, const cli::Host& host) {
  config::Inputs inputs = cli::config_inputs(arguments.config, host);
  inputs.host = arguments.host;
  inputs.webui_port = arguments.webui_port;
  return inputs;
}

Result<std::string> probe_storage(const config::MasterOptions& options) {
  if (!options.storage) return std::string("There is no high-availability.storageDir to try");
  const auto location = storage::parse_storage_location(options.storage->storage_dir, options.cluster_id);
  if (location.has_error()) return location.error();
  const auto store = storage::make_blob_store(*location);
  if (const auto probed = store->probe(); probed.has_error()) return probed.error();
  return store->describe() + " can be read and written";
}

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  cli::Hooks hooks;
  hooks.build = {std::string(app::kVersion), std::string(app::kCommit)};
  cli::Host* host = nullptr;
  hooks.run_master = [&host](const cli::MasterArguments& arguments) {
    return app::run_master(arguments, master_inputs(arguments, *host), host->facts());
  };
  hooks.probe_storage = probe_storage;
  cli::SystemHost system(std::move(hooks));
  host = &system;
  return cli::run_cli(std::vector<std::string>(argv + 1, argv + argc), system);
}
