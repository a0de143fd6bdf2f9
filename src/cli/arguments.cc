#include "cli/arguments.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <functional>

#include "base/text.h"
#include "model/job_spec.h"

namespace stellwerk::cli {
namespace {

struct Verb {
  std::string_view name;
  std::string_view text;
};
constexpr std::array kVerbs = std::to_array<Verb>({
    {"run", "submits a job: a spec, or a command behind --"},
    {"list", "lists running, scheduled and ended jobs"},
    {"info", "shows the plan of a spec, or a job's details"},
    {"cancel", "cancels a job"},
    {"checkpoint", "takes a checkpoint of a job, now"},
    {"status", "shows all masters: who leads, since when, and who could"},
    {"workers", "lists the workers: slots, state, load"},
    {"logs", "shows what a job's tasks write, or a worker's log"},
    {"ps", "lists the daemons on this machine"},
    {"config", "checks or shows the configuration"},
    {"fsck", "checks the stored jobs of a cluster, and repairs them if told to"},
    {"drill", "kills, stops and cuts off parts of a cluster, and checks what it promises"},
    {"master", "runs a master in the foreground"},
    {"worker", "runs a worker in the foreground"},
});
constexpr std::array<std::string_view, 4> kPlanned = {"savepoint", "stop", "drain", "run-application"};

std::string quoted_list(std::string_view last_word) {
  std::string out;
  for (std::size_t i = 0; i < kVerbs.size(); ++i) {
    if (i > 0) out += i + 1 == kVerbs.size() ? ", " + std::string(last_word) + ' ' : ", ";
    out += '"' + std::string(kVerbs[i].name) + '"';
  }
  return out;
}

UsageError unknown_action(std::string_view name) {
  if (std::find(kPlanned.begin(), kPlanned.end(), name) != kPlanned.end())
    return {'"' + std::string(name) + "\" is planned, not in this version.\n\nValid actions are " + quoted_list("or") +
            ".\n"};
  return {shown(name) + " is not a valid action.\n\nValid actions are " + quoted_list("or") +
          ".\n\nSpecify the version option (-v or --version) to print Stellwerk version.\n\n"
          "Specify the help option (-h or --help) to get help on the command.\n"};
}

/// The options of one verb, and its result once they were read.
class VerbParser {
 public:
  VerbParser(const std::string& verb, const std::string& text) : app_(text, "stellwerk " + verb) {
    app_.set_help_flag("-h,--help", "Prints this.");
    app_.get_formatter()->column_width(36);
  }

  CLI::App& app() { return app_; }

  void text(const std::string& names, std::string& into, const std::string& help) {
    app_.add_option(names, into, help)->type_name("TEXT");
  }
  void flag(const std::string& names, bool& into, const std::string& help) { app_.add_flag(names, into, help); }
  void config(ConfigArguments& into, const std::string& names = "-c,--configDir") {
    app_.add_option(names, into.conf_dir,
                    "Directory with config.yaml; else STELLWERK_CONF_DIR, else ../conf beside the program.")
        ->type_name("DIR");
    app_.add_option("-D", into.dynamic, "Sets one key, key=value; may be repeated, comes before all files.")
        ->type_name("KEY=VALUE")
        ->expected(1)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
        ->allow_extra_args(false);
  }
  void json(bool& into) { flag("--json", into, "Prints JSON."); }
  void master(std::string& into) {
    app_.add_option("-m,--jobmanager", into, "Any master, host:port; else those of the configuration.")
        ->type_name("HOST:PORT");
  }
  void client(ClientArguments& into, const std::string& config_names = "-c,--configDir") {
    master(into.master);
    json(into.json);
    config(into.config, config_names);
  }
  void parallelism(std::optional<std::int32_t>& into) {
    app_.add_option("-p,--parallelism", into,
                    "Parallelism of every vertex that does not say its own; else parallelism.default.")
        ->type_name("N")
        ->check(CLI::Range(1, static_cast<int>(model::kParallelismMax)).description(""));
  }

  /// None when all went well.
  std::optional<Parsed> parse(std::vector<std::string> arguments) {
    std::reverse(arguments.begin(), arguments.end());
    try {
      app_.parse(std::move(arguments));
    } catch (const CLI::CallForHelp&) {
      return Arguments{HelpArguments{app_.help()}};
    } catch (const CLI::ExtrasError&) {
      return unexpected();
    } catch (const CLI::ParseError& error) {
      return usage_error(escaped(error.what(), 512));
    }
    return std::nullopt;
  }

 private:
  UsageError unexpected() const {
    const std::vector<std::string> rest = app_.remaining();
    const std::string first = rest.empty() ? "" : rest.front();
    if (first.starts_with('-')) return usage_error("Unrecognized option: " + escaped(first, kShownBytesMax));
    return usage_error("Unexpected argument: " + escaped(first, kShownBytesMax));
  }

  CLI::App app_;
};

using Words = std::vector<std::string>;

Parsed parse_master(Words words) {
  MasterArguments out;
  std::string ignored;
  VerbParser parser("master", "Runs a master in the foreground; bin/jobmanager.sh starts it as a daemon.");
  parser.config(out.config);
  parser.text("--host", out.host, "Host that the master tells others, from its line in conf/masters.");
  parser.app().add_option("-r,--webui-port", out.webui_port, "REST port; 0 is any free one.")->type_name("PORT");
  parser.text("--log-file", out.log_file, "File to log to; else STELLWERK_LOG_FILE, else the console.");
  parser.text("--entrypoint", ignored, "A name for ps(1); has no effect.");
  parser.app()
      .add_option("-x,--executionMode", ignored, "Accepted as in Flink; has no effect.")
      ->check(CLI::IsMember({"cluster"}).description(""));
  if (auto end = parser.parse(std::move(words))) return *end;
  return Arguments{std::move(out)};
}

Parsed parse_worker(Words words) {
  WorkerArguments out;
  std::string ignored;
  VerbParser parser("worker", "Runs a worker in the foreground; bin/taskmanager.sh starts it as a daemon.");
  parser.config(out.config);
  parser.text("--host", out.host, "Host that the worker tells others; taskmanager.host.");
  parser.text("--log-file", out.log_file, "File to log to; else STELLWERK_LOG_FILE, else the console.");
  parser.text("--entrypoint", ignored, "A name for ps(1); has no effect.");
  if (auto end = parser.parse(std::move(words))) return *end;
  return Arguments{std::move(out)};
}

/// Where a jar stands if it is what is to run; else the end. As in Flink, what follows a jar is the program's.
Words::iterator find_jar(Words& words) {
  constexpr std::array<std::string_view, 9> kWithValue = {"-p",           "--parallelism", "-n", "--name", "-m",
                                                          "--jobmanager", "--configDir",   "-c", "--class"};
  for (auto at = words.begin(); at != words.end() && *at != "--"; ++at) {
    const bool takes_next = *at == "-D" || std::find(kWithValue.begin(), kWithValue.end(), *at) != kWithValue.end();
    if (takes_next && at + 1 != words.end())
      ++at;
    else if (!at->starts_with('-'))
      return is_jar(*at) ? at : words.end();
  }
  return words.end();
}

std::optional<UsageError> fault_of_run(const RunArguments& run, bool has_command) {
  if (!run.main_class.empty() && !is_jar(run.file))
    return usage_error("-c names the class to run in a jar; the configuration's directory is --configDir.");
  if (is_jar(run.file)) return std::nullopt;
  if (has_command && !run.file.empty())
    return usage_error("Specify either a job spec or a command behind --, not both.");
  if (has_command && run.command.empty()) return usage_error("There is no command behind --.");
  if (!has_command && run.file.empty()) return usage_error("A job spec or a command behind -- should be specified.");
  return std::nullopt;
}

Parsed parse_run(Words words) {
  RunArguments out;
  const auto jar = find_jar(words);
  const auto end_of_ours = jar == words.end() ? std::find(words.begin(), words.end(), "--") : jar;
  const bool has_command = jar == words.end() && end_of_ours != words.end();
  if (end_of_ours != words.end()) out.command.assign(end_of_ours + 1, words.end());
  words.erase(jar == words.end() ? end_of_ours : jar + 1, words.end());

  VerbParser parser("run",
                    "Submits a job: a spec (YAML or JSON), a bundle (a directory, .tar.gz or .zip with job.yaml), a "
                    "jar, or a command\n"
                    "behind --. A bundle and a jar are uploaded with all that is in them.\n"
                    "Follows it to its end unless detached, and ends as it did: 0 finished, 5 failed, 6 cancelled.");
  parser.app().add_option("FILE", out.file, "Job spec, bundle, or jar.")->type_name("");
  parser.text("-c,--class", out.main_class, "Class of a jar to run; else the one that the jar names.");
  parser.flag("-d,--detached", out.detached, "Returns once the job is accepted.");
  parser.parallelism(out.parallelism);
  parser.text("-n,--name", out.name, "Name of the job; comes before the spec's.");
  parser.flag("--at-most-one", out.at_most_one, "Never two attempts of a task at a time, as the spec's at-most-one.");
  parser.client(out.client, "--configDir");
  parser.app().footer(
      "stellwerk run [options] -- COMMAND [ARGUMENTS...] runs one command without a spec.\n"
      "stellwerk run [options] X.jar [ARGUMENTS...] runs java -jar, or java -cp with -c.");
  if (auto end = parser.parse(std::move(words))) return *end;
  if (const auto fault = fault_of_run(out, has_command)) return *fault;
  return Arguments{std::move(out)};
}

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
  bool savepoint = false;
  VerbParser parser("cancel", "Cancels a job.");
  parser.app().add_option("JOBID", out.job, "Id of the job.")->type_name("");
  parser.flag("-s,--withSavepoint", savepoint, "Planned, not in this version.");
  parser.client(out.client);
  if (auto end = parser.parse(std::move(words))) return *end;
  if (savepoint) return usage_error("Savepoints are planned, not in this version.");
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

Parsed parse_status(Words words) {
  StatusArguments out;
  VerbParser parser("status",
                    "Asks every master of the configuration, and those they name, what it is.\n"
                    "Exit code 2 if nobody leads.");
  parser.client(out.client);
  if (auto end = parser.parse(std::move(words))) return *end;
  return Arguments{std::move(out)};
}

Parsed parse_workers(Words words) {
  WorkersArguments out;
  VerbParser parser("workers", "Lists the workers that the leader knows: slots, state, when it heard of them, load.");
  parser.client(out.client);
  if (auto end = parser.parse(std::move(words))) return *end;
  return Arguments{std::move(out)};
}

std::optional<UsageError> fault_of_logs(const LogsArguments& logs) {
  if (logs.job.empty() && logs.worker.empty()) return usage_error("A JobID or --worker ID should be specified.");
  if (!logs.job.empty() && !logs.worker.empty()) return usage_error("Specify either a JobID or --worker, not both.");
  if (logs.output && logs.worker.empty())
    return usage_error("--stdout belongs to --worker; of a job stdout is shown unless --stderr is given.");
  if (logs.errors && !logs.worker.empty())
    return usage_error("--stderr belongs to a JobID; a worker has its log and, with --stdout, its .out.");
  return std::nullopt;
}

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

Parsed parse_ps(Words words) {
  PsArguments out;
  VerbParser parser("ps", "Lists the daemons on this machine: process id, entry point, URL and role.");
  parser.json(out.json);
  if (auto end = parser.parse(std::move(words))) return *end;
  return Arguments{std::move(out)};
}

Parsed parse_config(Words words) {
  ConfigVerbArguments out;
  bool check = false;
  bool show = false;
  VerbParser parser("config", "Checks or shows the configuration as a master on this machine would read it.");
  CLI::Option* const check_option = parser.app().add_flag("--check", check, "Names every mistake; exit code 1 if any.");
  CLI::Option* const show_option = parser.app().add_flag("--show", show, "Prints every setting that has a meaning.");
  parser.app()
      .add_option("--get", out.key, "Prints the effective value of one key.")
      ->type_name("KEY")
      ->excludes(check_option)
      ->excludes(show_option);
  check_option->excludes(show_option);
  parser.flag("--storage", out.storage, "With --check: tries the storage directory too.");
  parser.config(out.config);
  parser.json(out.json);
  parser.text("--host", out.host, "Host from a line of conf/masters.");
  parser.app().add_option("-r,--webui-port", out.webui_port, "Port from a line of conf/masters.")->type_name("PORT");
  if (auto end = parser.parse(std::move(words))) return *end;
  if (out.storage && !check) return usage_error("--storage belongs to --check.");
  using Action = ConfigVerbArguments::Action;
  out.action = check ? Action::check : out.key.empty() ? Action::show : Action::get;
  return Arguments{std::move(out)};
}

Parsed parse_fsck(Words words) {
  FsckArguments out;
  std::string last;
  VerbParser parser("fsck",
                    "Checks the register and the stored jobs of a cluster: every file, checksum and reference.\n"
                    "Without --repair nothing is changed. For a repair stop the masters first.");
  const auto many = [&parser](const std::string& name, std::vector<std::string>& into, const std::string& type,
                              const std::string& help) {
    parser.app()
        .add_option(name, into, help)
        ->type_name(type)
        ->expected(1)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
        ->allow_extra_args(false);
  };
  CLI::Option* const head =
      parser.app().add_option("--head", out.head_file, "Takes the register from this file (JSON).");
  head->type_name("FILE");
  parser.app().add_flag("--rebuild-head", out.rebuild_head, "Makes the register anew from the files.")->excludes(head);
  parser.app()
      .add_option("--cluster", out.cluster, "Whose the folder is, where register, cluster.json and files disagree.")
      ->type_name("UUID");
  parser.app()
      .add_option("--last-segment", last, "With --rebuild-head: what to do about a last commit that nothing proves.")
      ->type_name("keep|drop")
      ->check(CLI::IsMember({"keep", "drop"}).description(""));
  many("--keep", out.keep, "JOB", "Serves a quarantined job as it is read now; JOB may be all.");
  many("--drop", out.drop, "JOB", "Ends a quarantined job for good.");
  many("--restore", out.restore, "JOB|KEY=FILE", "Puts back the copy that was found, or a value from a file.");
  parser.flag("--repair", out.repair, "Does it: a new snapshot under the next epoch; damaged files are set aside.");
  parser.flag("--accept-loss", out.accept_loss, "With --repair: also if acknowledged commits are given up.");
  parser.flag("--jobs", out.jobs, "Lists the jobs.");
  parser.json(out.json);
  parser.config(out.config);
  parser.app().footer(
      "Exit codes: 0 nothing is wrong, or it was repaired; 1 wrong arguments or configuration; 2 storage or\n"
      "register cannot be reached; 3 a repair may or may not have happened; 4 something is wrong, or refused.");
  if (auto end = parser.parse(std::move(words))) return *end;
  if (!last.empty() && !out.rebuild_head) return usage_error("--last-segment belongs to --rebuild-head.");
  if (out.accept_loss && !out.repair) return usage_error("--accept-loss belongs to --repair.");
  using Last = FsckArguments::LastSegment;
  out.last_segment = last.empty() ? Last::ask : last == "keep" ? Last::keep : Last::drop;
  return Arguments{std::move(out)};
}

Parsed parse_drill(Words words) {
  DrillArguments out;
  bool yes = false;
  VerbParser parser("drill",
                    "Starts a cluster of its own, hits it again and again while clients use it, prints how long each\n"
                    "recovery took, and checks that nothing that was promised got lost.");
  CLI::App& app = parser.app();
  const auto number = [&app](const std::string& name, int& into, int least, int most, const std::string& help) {
    return app.add_option(name, into, help + " Default " + std::to_string(into) + ".")
        ->type_name("N")
        ->check(CLI::Range(least, most).description(""));
  };
  app.add_option("FAULT", out.fault, "What to do; mixed is all of them, list explains them.")->type_name("");
  number("--rounds", out.rounds, 1, 1'000'000, "How often.");
  number("--jobs", out.jobs, 0, 1'000, "Jobs that run all the time, whose processes are watched.");
  number("--clients", out.clients, 1, 64, "Clients that submit, cancel and read all the time.");
  app.add_option("--seed", out.seed, "Repeats the faults in their order, not the timing; else a new one.")
      ->type_name("N");
  CLI::Option* const masters = number("--masters", out.masters, 1, 9, "Masters to start.");
  CLI::Option* const workers = number("--workers", out.workers, 0, 32, "Workers to start.");
  parser.flag("--no-zookeeper", out.no_zookeeper, "Coordination local, also where this host has a ZooKeeper.");
  parser.text("--dir", out.dir, "Empty folder for logs and storage; else one in TMPDIR.");
  parser.flag("--keep", out.keep, "Leaves that folder; after a violation it is kept anyway.");
  parser.json(out.json);
  app.add_option("--target", out.target, "Drills a running cluster of this host instead: all its masters.")
      ->type_name("HOST:PORT,...")
      ->excludes(masters)
      ->excludes(workers);
  parser.flag("--yes", yes, "With --target: yes, its processes may be hit.");
  app.footer(
      "Exit codes: 0 every promise was kept; 1 wrong arguments, or it is not possible here; 7 a promise was broken,\n"
      "or something did not come back: seed and folder to look into are printed; 130 Ctrl-C.");
  if (auto end = parser.parse(std::move(words))) return *end;
  if (out.fault.empty()) return usage_error("A FAULT should be specified; stellwerk drill list explains them.");
  if (yes && out.target.empty()) return usage_error("--yes belongs to --target.");
  if (!out.target.empty() && !yes && out.fault != "list")
    return usage_error("A drill kills and stops processes of the cluster at " + escaped(out.target, kShownBytesMax) +
                       "; add --yes if it shall.");
  return Arguments{std::move(out)};
}

Parsed parse_verb(const std::string& verb, Words words) {
  if (verb == "master") return parse_master(std::move(words));
  if (verb == "worker") return parse_worker(std::move(words));
  if (verb == "run") return parse_run(std::move(words));
  if (verb == "list") return parse_list(std::move(words));
  if (verb == "info") return parse_info(std::move(words));
  if (verb == "cancel") return parse_cancel(std::move(words));
  if (verb == "checkpoint") return parse_checkpoint(std::move(words));
  if (verb == "status") return parse_status(std::move(words));
  if (verb == "workers") return parse_workers(std::move(words));
  if (verb == "logs") return parse_logs(std::move(words));
  if (verb == "ps") return parse_ps(std::move(words));
  if (verb == "config") return parse_config(std::move(words));
  if (verb == "fsck") return parse_fsck(std::move(words));
  if (verb == "drill") return parse_drill(std::move(words));
  return unknown_action(verb);
}

bool too_long(const Words& words) {
  std::size_t bytes = 0;
  for (const std::string& word : words) bytes += word.size();
  return words.size() > kArgumentsMax || bytes > kArgumentBytesMax;
}

}  // namespace

bool is_jar(std::string_view path) {
  return path.ends_with(".jar");
}

UsageError usage_error(std::string_view sentence) {
  return {std::string(sentence) + "\n\nUse the help option (-h or --help) to get help on the command.\n"};
}

UsageError bad_job_id(std::string_view text) {
  return usage_error("Cannot parse JobID from " + shown(text) +
                     ". The expected format is [0-9a-fA-F]{32}, e.g. fd72014d4c864993a2e5a9287b4a9c5d.");
}

std::string general_help() {
  std::string out = "stellwerk <ACTION> [OPTIONS] [ARGUMENTS]\n\nThe following actions are available:\n\n";
  for (const Verb& verb : kVerbs) {
    std::string line = "  " + std::string(verb.name);
    line.resize(12, ' ');
    out += line + std::string(verb.text) + '\n';
  }
  return out +
         "\n  -h, --help      prints this; behind an action, the help of that action\n"
         "  -v, --version   prints the version\n\n"
         "Exit codes: 0 done; 1 wrong arguments or configuration; 2 no master leads or answers, nothing happened;\n"
         "3 it may or may not have happened; 4 refused by a master; of run without -d: 5 the job failed, 6 it was\n"
         "cancelled; of drill: 7 a promise was broken; 130 Ctrl-C.\n";
}

Parsed parse_arguments(const std::vector<std::string>& arguments) {
  if (arguments.empty()) return UsageError{general_help() + "\nPlease specify an action.\n"};
  if (too_long(arguments))
    return usage_error("There are more than " + std::to_string(kArgumentsMax) + " arguments, or more than " +
                       std::to_string(kArgumentBytesMax) + " bytes of them.");
  const std::string& verb = arguments.front();
  if (verb == "-h" || verb == "--help" || verb == "help") return Arguments{HelpArguments{general_help()}};
  if (verb == "-v" || verb == "--version" || verb == "version") return Arguments{VersionArguments{}};
  return parse_verb(verb, Words(arguments.begin() + 1, arguments.end()));
}

}  // namespace stellwerk::cli
