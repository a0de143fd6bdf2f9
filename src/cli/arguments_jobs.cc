/// Verbs about jobs that a cluster has.
#include "cli/parse_verbs.h"
#include "cli/verb_parser.h"

namespace stellwerk::cli {

Parsed parse_list(Words words) {
  ListArguments out;
  VerbParser parser("list", "Lists jobs; without options those that run and those that are scheduled.");
  parser.flag("-r,--running", out.running, "Only running and restarting jobs.");
  parser.flag("-s,--scheduled", out.scheduled, "Only scheduled jobs.");
  parser.flag("-a,--all", out.all, "All jobs, ended ones too.");
  parser.client(out.client);
  if (auto end = parser.parse(std::move(words))) return *end;
  return Arguments{std::move(out)};
}

Parsed parse_info(Words words) {
  InfoArguments out;
  VerbParser parser("info", "Shows the plan of a job spec, which asks no master, or the details of a job.");
  parser.app().add_option("FILE|JOBID", out.what, "Job spec, directory with job.yaml, or id of a job.")->type_name("");
  parser.parallelism(out.parallelism);
  parser.client(out.client);
  if (auto end = parser.parse(std::move(words))) return *end;
  if (out.what.empty()) return usage_error("A job spec or a JobID should be specified.");
  return Arguments{std::move(out)};
}

Parsed parse_cancel(Words words) {
  CancelArguments out;
  VerbParser parser("cancel", "Cancels a job.");
  parser.app().add_option("JOBID", out.job, "Id of the job.")->type_name("");
  parser.client(out.client);
  if (auto end = parser.parse(std::move(words))) return *end;
  if (out.job.empty()) return usage_error("Missing JobID. Specify a JobID to cancel a job.");
  return Arguments{std::move(out)};
}

Parsed parse_checkpoint(Words words) {
  CheckpointArguments out;
  bool full = false;
  VerbParser parser("checkpoint", "Takes a checkpoint of a running job, and waits until it is completed.");
  parser.app().add_option("JOBID", out.job, "Id of the job.")->type_name("");
  parser.flag("-f,--full", full, "No effect: what a checkpoint holds is up to the job's processes.");
  parser.client(out.client);
  if (auto end = parser.parse(std::move(words))) return *end;
  if (out.job.empty()) return usage_error("Missing JobID. Specify a JobID to take a checkpoint of a job.");
  return Arguments{std::move(out)};
}

namespace {

std::optional<UsageError> fault_of_logs(const LogsArguments& logs) {
  if (logs.job.empty() && logs.worker.empty()) return usage_error("A JobID or --worker ID should be specified.");
  if (!logs.job.empty() && !logs.worker.empty()) return usage_error("Specify either a JobID or --worker, not both.");
  if (logs.output && logs.worker.empty())
    return usage_error("--stdout belongs to --worker; of a job stdout is shown unless --stderr is given.");
  if (logs.errors && !logs.worker.empty())
    return usage_error("--stderr belongs to a JobID; a worker has its log and, with --stdout, its .out.");
  return std::nullopt;
}

}  // namespace

Parsed parse_logs(Words words) {
  LogsArguments out;
  VerbParser parser("logs",
                    "Shows what a job's tasks write to stdout, or a worker's log. Lines of several tasks begin with\n"
                    "\"count 3> \": the vertex, and the number of the subtask if there is more than one, from 1.");
  parser.app().add_option("JOBID", out.job, "Id of the job.")->type_name("");
  parser.app()
      .add_option("VERTEX[/SUBTASK]", out.what, "Name of a vertex, and number of one of its subtasks, from 1.")
      ->type_name("");
  parser.flag("-f,--follow", out.follow, "Goes on with what comes, until the job has ended or Ctrl-C.");
  parser.flag("--stderr", out.errors, "What the tasks write to stderr.");
  parser.text("--worker", out.worker, "Id of a worker (stellwerk workers): its log.");
  parser.flag("--stdout", out.output, "With --worker: its .out, with what its tasks print.");
  parser.master(out.client.master);
  parser.config(out.client.config);
  if (auto end = parser.parse(std::move(words))) return *end;
  if (const auto fault = fault_of_logs(out)) return *fault;
  return Arguments{std::move(out)};
}

}  // namespace stellwerk::cli
