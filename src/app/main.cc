/// `stellwerk`: both the daemon and the command line. The numbered start of a master is in
/// app/master_process.cc; here the verbs get what only this place may put together.

#include <unistd.h>

#include <csignal>
#include <iostream>
#include <string>
#include <vector>

#include "app/fsck_process.h"
#include "app/guard_inheritance.h"
#include "app/guard_process.h"
#include "app/master_process.h"
#include "app/version.h"
#include "app/worker_process.h"
#include "cli/cli.h"
#include "cli/client_config.h"
#include "cli/system_host.h"
#include "drill/drill.h"
#include "storage/storage_location.h"

namespace {

using namespace stellwerk;

config::Inputs master_inputs(const cli::MasterArguments& arguments, const cli::Host& host) {
  config::Inputs inputs = cli::config_inputs(arguments.config, host);
  inputs.host = arguments.host;
  inputs.webui_port = arguments.webui_port;
  return inputs;
}

/// The scripts' host comes after -D, as for a master.
config::Inputs worker_inputs(const cli::WorkerArguments& arguments, const cli::Host& host) {
  config::Inputs inputs = cli::config_inputs(arguments.config, host);
  if (!arguments.host.empty()) inputs.dynamic.insert(inputs.dynamic.begin(), "taskmanager.host=" + arguments.host);
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

/// In a container the daemon would be pid 1, which nobody reaps for and nobody may outlive: so its
/// guard is, and the daemon a child of it.
void leave_pid_1(app::GuardOf what, char** argv) {
  if (::getpid() != 1) return;
  const std::string program = app::find_guard_program();
  const std::string why = program.empty() ? "stellwerk-guard is not in libexec/ of this installation"
                                          : app::become_guard(what, program, argv).text;
  std::cerr << "Going on as pid 1, without a guard: " << why << "\n";
}

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  // A file that may not grow (RLIMIT_FSIZE) is a full disk: it costs lines of a log, and no daemon.
  std::signal(SIGXFSZ, SIG_IGN);
  cli::Hooks hooks;
  hooks.build = {std::string(app::kVersion), std::string(app::kCommit)};
  cli::Host* host = nullptr;
  hooks.run_master = [&host, argv](const cli::MasterArguments& arguments) {
    leave_pid_1(app::GuardOf::master, argv);
    return app::run_master(arguments, master_inputs(arguments, *host), host->facts());
  };
  hooks.run_worker = [&host, argv](const cli::WorkerArguments& arguments) {
    leave_pid_1(app::GuardOf::worker, argv);
    return app::run_worker(arguments, worker_inputs(arguments, *host), host->facts());
  };
  hooks.run_fsck = [&host](const cli::FsckArguments& arguments) {
    return app::run_fsck(arguments, cli::config_inputs(arguments.config, *host), *host);
  };
  hooks.run_drill = [&host](const cli::DrillArguments& arguments) { return drill::run_drill(arguments, *host); };
  hooks.probe_storage = probe_storage;
  cli::SystemHost system(std::move(hooks));
  host = &system;
  return cli::run_cli(std::vector<std::string>(argv + 1, argv + argc), system);
}
