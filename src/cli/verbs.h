/// The verbs, each a function from its arguments to an exit code (cli/exit_codes.h). They write what they
/// have to say to the host's streams and never throw for what arguments, files or masters hold.
#pragma once

#include "cli/arguments.h"
#include "cli/host.h"

namespace stellwerk::cli {

int run_job(const RunArguments& arguments, Host& host);
int list_jobs(const ListArguments& arguments, Host& host);
int show_info(const InfoArguments& arguments, Host& host);
int cancel_job(const CancelArguments& arguments, Host& host);
int take_checkpoint(const CheckpointArguments& arguments, Host& host);
int show_status(const StatusArguments& arguments, Host& host);
int list_workers(const WorkersArguments& arguments, Host& host);
int show_logs_of(const LogsArguments& arguments, Host& host);
int list_processes(const PsArguments& arguments, Host& host);
int show_config(const ConfigVerbArguments& arguments, Host& host);

}  // namespace stellwerk::cli
