#include <filesystem>
#include <ostream>

#include "base/text.h"
#include "cli/answers.h"
#include "cli/conversation.h"
#include "cli/exit_codes.h"
#include "cli/plan.h"
#include "cli/spec_file.h"
#include "cli/table.h"
#include "cli/verbs.h"

namespace stellwerk::cli {
namespace {

/// Nothing if it never failed, or no master tells: what else is known of it is shown all the same.
std::string render_failure(const JobId& id, Conversation& conversation) {
  const Outcome outcome = conversation.read("/jobs/" + id.text() + "/exceptions?maxExceptions=1");
  const auto failure = outcome.ok() ? read_failure(outcome.response.body) : Result<JobFailureLine>(JobFailureLine{});
  if (!failure || failure->text.empty()) return {};
  std::string out = "Its last failure: " + failure->cause() + (failure->text.ends_with('.') ? "\n" : ".\n");
  for (const std::string& line : failure->more) out += "  " + line + '\n';
  return out + '\n';
}

std::string render_job(const JobDetails& job, const std::string& failure, Host& host) {
  std::string out = "Job " + job.id + " : " + job.name + " (" + job.state + ")\n";
  out += "Started " + iso_time(host.local_time(job.start_ms));
  if (job.end_ms >= 0) out += ", ended " + iso_time(host.local_time(job.end_ms));
  out += ", duration " + short_duration(job.duration_ms) + "\n\n";
  out += failure;
  if (job.waiting) out += "It waits: " + job.waiting->text() + ".\n\n";
  for (const UnlimitedTasks& each : job.unlimited) out += "Not limited: " + each.text() + ".\n";
  if (!job.unlimited.empty()) out += "\n";
  std::vector<std::vector<Cell>> rows{
      {{"VERTEX", Colour::bold}, {"PARALLELISM", Colour::bold}, {"STATUS", Colour::bold}}};
  for (const VertexLine& vertex : job.vertices)
    rows.push_back({{vertex.name}, {std::to_string(vertex.parallelism)}, {vertex.status}});
  return out + render_table(rows, host.colour());
}

int show_job(const InfoArguments& arguments, const JobId& id, Host& host) {
  const auto config = client_config(arguments.client, host);
  if (!config) return fail(host, kExitUsage, config.error().text);
  Conversation conversation(host, *config);
  const Outcome outcome = conversation.read("/jobs/" + id.text());
  if (!outcome.ok()) return fail(host, outcome);
  const auto job = read_job(outcome.response.body);
  if (!job) return fail(host, kExitNoLeader, "No master answered as one would: " + job.error().text);
  if (arguments.client.json)
    host.out() << outcome.response.body << '\n';
  else
    host.out() << render_job(*job, render_failure(id, conversation), host);
  return kExitDone;
}

}  // namespace

int show_info(const InfoArguments& arguments, Host& host) {
  std::error_code ignored;
  if (const auto id = JobId::parse(arguments.what); id && !std::filesystem::exists(arguments.what, ignored))
    return show_job(arguments, *id, host);
  // No path, and no id either: most likely a part of one.
  if (arguments.what.find_first_of("./") == std::string::npos && !std::filesystem::exists(arguments.what, ignored)) {
    host.err() << usage_error(shown(arguments.what) +
                              " is neither a file here nor the id of a job; stellwerk list -a shows ids.")
                      .text;
    return kExitUsage;
  }
  const auto config = client_config(arguments.client, host, Purpose::submits);
  if (!config) return fail(host, kExitUsage, config.error().text);
  const auto spec = read_spec_file(
      arguments.what, {.parallelism = arguments.parallelism ? arguments.parallelism : config->parallelism});
  if (!spec) {
    host.err() << usage_error(spec.error().text).text;
    return kExitUsage;
  }
  const std::string plan = render_plan(spec->spec);
  if (arguments.client.json)
    host.out() << plan << '\n';
  else
    host.out() << rule("Execution Plan") << '\n' << plan << '\n' << rule("") << "\n\nNo description provided.\n";
  return kExitDone;
}

}  // namespace stellwerk::cli
