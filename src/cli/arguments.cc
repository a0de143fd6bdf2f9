#include "cli/arguments.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "cli/parse_verbs.h"

namespace stellwerk::cli {
namespace {

constexpr std::array kVerbs = std::to_array<Verb>({
    {"run", "submits a job: a spec, a bundle, a jar, or a command behind --", parse_run},
    {"list", "lists running, scheduled and ended jobs", parse_list},
    {"info", "shows the plan of a spec, or a job's details", parse_info},
    {"cancel", "cancels a job", parse_cancel},
    {"checkpoint", "takes a checkpoint of a job, now", parse_checkpoint},
    {"status", "shows all masters: who leads, since when, and who could", parse_status},
    {"workers", "lists the workers: slots, state, load", parse_workers},
    {"logs", "shows what a job's tasks write, or a worker's log", parse_logs},
    {"ps", "lists the daemons on this machine", parse_ps},
    {"config", "checks or shows the configuration", parse_config},
    {"fsck", "checks the stored jobs of a cluster, and repairs them if told to", parse_fsck},
    {"drill", "kills, stops and cuts off parts of a cluster, and checks what it promises", parse_drill},
    {"completion", "prints what makes a shell complete all this", parse_completion},
    {"master", "runs a master in the foreground", parse_master},
    {"worker", "runs a worker in the foreground", parse_worker},
});
struct Planned {
  std::string_view name;
  std::string_view instead;
};
constexpr std::array kPlanned = std::to_array<Planned>({
    {"savepoint", "stellwerk checkpoint JOBID takes a checkpoint, from which a job that restarts goes on."},
    {"stop", "stellwerk checkpoint JOBID and then stellwerk cancel JOBID come nearest."},
    {"drain", "bin/taskmanager.sh stop makes a worker give its tasks back."},
    {"run-application",
     "bin/standalone-job.sh runs one job with masters of its own; stellwerk run, on a cluster that runs already."},
});

std::string quoted_list(std::string_view last_word) {
  std::string out;
  for (std::size_t i = 0; i < kVerbs.size(); ++i) {
    if (i > 0) out += i + 1 == kVerbs.size() ? ", " + std::string(last_word) + ' ' : ", ";
    out += '"' + std::string(kVerbs[i].name) + '"';
  }
  return out;
}

UsageError unknown_action(std::string_view name) {
  const auto planned =
      std::find_if(kPlanned.begin(), kPlanned.end(), [name](const Planned& each) { return each.name == name; });
  if (planned != kPlanned.end())
    return {'"' + std::string(name) + "\" is planned, not in this version; " + std::string(planned->instead) +
            "\n\nValid actions are " + quoted_list("or") + ".\n"};
  std::vector<std::string_view> known;
  known.reserve(kVerbs.size());
  for (const Verb& verb : kVerbs) known.push_back(verb.name);
  const auto near = nearest_name(name, known);
  const std::string meant = near ? " (did you mean \"" + std::string(*near) + "\"?)" : "";
  return {shown(name) + " is not a valid action" + meant + ".\n\nValid actions are " + quoted_list("or") +
          ".\n\nSpecify the version option (-v or --version) to print Stellwerk version.\n\n"
          "Specify the help option (-h or --help) to get help on the command.\n"};
}

bool too_long(const Words& words) {
  std::size_t bytes = 0;
  for (const std::string& word : words) bytes += word.size();
  return words.size() > kArgumentsMax || bytes > kArgumentBytesMax;
}

}  // namespace

std::span<const Verb> all_verbs() {
  return kVerbs;
}

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
  std::size_t longest = 0;
  for (const Verb& verb : kVerbs) longest = std::max(longest, verb.name.size());
  for (const Verb& verb : kVerbs) {
    std::string line = "  " + std::string(verb.name);
    line.resize(longest + 4, ' ');
    out += line + std::string(verb.text) + '\n';
  }
  return out +
         "\n  -h, --help      prints this; behind an action, the help of that action\n"
         "  -v, --version   prints the version\n\n"
         "Exit codes: 0 done; 1 wrong arguments or configuration; 2 no master leads or answers, or its storage is\n"
         "full, nothing happened; 3 it may or may not have happened; 4 refused by a master; of run without -d: 5 the\n"
         "job failed, 6 it was cancelled; of drill: 7 a promise was broken; 130 Ctrl-C.\n";
}

Parsed parse_arguments(const std::vector<std::string>& arguments) {
  if (arguments.empty()) return UsageError{general_help() + "\nPlease specify an action.\n"};
  if (too_long(arguments))
    return usage_error("There are more than " + std::to_string(kArgumentsMax) + " arguments, or more than " +
                       std::to_string(kArgumentBytesMax) + " bytes of them.");
  const std::string& verb = arguments.front();
  if (verb == "-h" || verb == "--help" || verb == "help") return Arguments{HelpArguments{general_help()}};
  if (verb == "-v" || verb == "--version" || verb == "version") return Arguments{VersionArguments{}};
  const auto known = std::find_if(kVerbs.begin(), kVerbs.end(), [&](const Verb& each) { return each.name == verb; });
  if (known == kVerbs.end()) return unknown_action(verb);
  return known->parse(Words(arguments.begin() + 1, arguments.end()));
}

}  // namespace stellwerk::cli
