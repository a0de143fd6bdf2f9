#include <algorithm>
#include <array>

#include "cli/parse_verbs.h"
#include "cli/verb_parser.h"

namespace stellwerk::cli {
namespace {

/// Where a jar stands if it is what is to run; else the end. As in Flink, what follows a jar is the program's.
Words::iterator find_jar(Words& words) {
  constexpr std::array<std::string_view, 10> kWithValue = {
      "-p", "--parallelism", "-n", "--name", "-m", "--jobmanager", "--configDir", "-c", "--class", "--job-id"};
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

}  // namespace

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
  parser.text("--job-id", out.job_id,
              "Id of the job, 32 hexadecimal digits; sent again, the same job is not run again.");
  parser.client(out.client, "--configDir");
  parser.app().footer(
      "stellwerk run [options] -- COMMAND [ARGUMENTS...] runs one command without a spec.\n"
      "stellwerk run [options] X.jar [ARGUMENTS...] runs java -jar, or java -cp with -c.");
  if (auto end = parser.parse(std::move(words))) return *end;
  if (const auto fault = fault_of_run(out, has_command)) return *fault;
  return Arguments{std::move(out)};
}

}  // namespace stellwerk::cli
