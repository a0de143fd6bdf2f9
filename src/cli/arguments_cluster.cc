/// Verbs about masters, workers and their configuration.
#include "cli/parse_verbs.h"
#include "cli/verb_parser.h"

namespace stellwerk::cli {

Parsed parse_master(Words words) {
  MasterArguments out;
  std::string ignored;
  VerbParser parser("master", "Runs a master in the foreground; bin/jobmanager.sh starts it as a daemon.");
  parser.config(out.config);
  parser.text("--host", out.host, "Host that the master tells others, from its line in conf/masters.");
  parser.app()
      .add_option("-r,--webui-port", out.webui_port, "REST port; 0 is any free one.")
      ->type_name("PORT")
      ->check(CLI::Range(0, 65535).description(""));
  parser.text("--log-file", out.log_file, "File to log to; else STELLWERK_LOG_FILE, else the console.");
  parser.text("--address-file", out.address_file,
              "File for the address of its REST port on this host, once it listens.");
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
  parser.app()
      .add_option("-r,--webui-port", out.webui_port, "Port from a line of conf/masters.")
      ->type_name("PORT")
      ->check(CLI::Range(0, 65535).description(""));
  if (auto end = parser.parse(std::move(words))) return *end;
  if (out.storage && !check) return usage_error("--storage belongs to --check.");
  using Action = ConfigVerbArguments::Action;
  out.action = check ? Action::check : out.key.empty() ? Action::show : Action::get;
  return Arguments{std::move(out)};
}

}  // namespace stellwerk::cli
