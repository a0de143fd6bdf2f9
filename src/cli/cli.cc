#include "cli/cli.h"

#include <ostream>

#include "cli/exit_codes.h"
#include "cli/verbs.h"

namespace stellwerk::cli {
namespace {

/// Which function runs which arguments.
struct Dispatch {
  Host& host;

  int operator()(const HelpArguments& help) const {
    host.out() << help.text;
    return kExitDone;
  }
  int operator()(const VersionArguments&) const {
    const Build build = host.build();
    host.out() << "Version: " << build.version << ", Commit ID: " << build.commit << '\n';
    return kExitDone;
  }
  int operator()(const MasterArguments& arguments) const { return host.run_master(arguments); }
  int operator()(const WorkerArguments& arguments) const { return host.run_worker(arguments); }
  int operator()(const FsckArguments& arguments) const { return host.run_fsck(arguments); }
  int operator()(const DrillArguments& arguments) const { return host.run_drill(arguments); }
  int operator()(const RunArguments& arguments) const { return run_job(arguments, host); }
  int operator()(const ListArguments& arguments) const { return list_jobs(arguments, host); }
  int operator()(const InfoArguments& arguments) const { return show_info(arguments, host); }
  int operator()(const CancelArguments& arguments) const { return cancel_job(arguments, host); }
  int operator()(const CheckpointArguments& arguments) const { return take_checkpoint(arguments, host); }
  int operator()(const StatusArguments& arguments) const { return show_status(arguments, host); }
  int operator()(const WorkersArguments& arguments) const { return list_workers(arguments, host); }
  int operator()(const LogsArguments& arguments) const { return show_logs_of(arguments, host); }
  int operator()(const PsArguments& arguments) const { return list_processes(arguments, host); }
  int operator()(const ConfigVerbArguments& arguments) const { return show_config(arguments, host); }
};

}  // namespace

int run_cli(const std::vector<std::string>& arguments, Host& host) {
  const Parsed parsed = parse_arguments(arguments);
  if (const auto* error = std::get_if<UsageError>(&parsed)) {
    host.err() << error->text << std::flush;
    return kExitUsage;
  }
  const int code = std::visit(Dispatch{host}, std::get<Arguments>(parsed));
  host.out() << std::flush;
  // A full disk: what was printed is not what was found. Who closed a pipe knows it.
  if (code == kExitDone && !host.out()) {
    if (host.reader_gone()) return kExitPipeClosed;
    host.err() << "The output could not be written.\n";
    return kExitUsage;
  }
  return code;
}

}  // namespace stellwerk::cli
