#include <ostream>

#include "cli/answers.h"
#include "cli/conversation.h"
#include "cli/exit_codes.h"
#include "cli/job_list.h"
#include "cli/verbs.h"

namespace stellwerk::cli {

int list_jobs(const ListArguments& arguments, Host& host) {
  const auto config = client_config(arguments.client, host);
  if (!config) return fail(host, kExitUsage, config.error().text);
  Conversation conversation(host, *config);
  if (!arguments.client.json) host.out() << "Waiting for response...\n" << std::flush;
  const Outcome outcome = conversation.read("/jobs/overview");
  if (!outcome.ok()) return fail(host, outcome);
  auto jobs = read_jobs(outcome.response.body);
  if (!jobs) return fail(host, kExitNoLeader, "No master answered as one would: " + jobs.error().text);
  if (arguments.client.json)
    host.out() << render_jobs_json(std::move(*jobs), arguments);
  else
    host.out() << render_jobs(std::move(*jobs), arguments, [&host](WallMs at) { return host.local_time(at); });
  return kExitDone;
}

int cancel_job(const CancelArguments& arguments, Host& host) {
  const auto id = JobId::parse(arguments.job);
  if (!id) {
    host.err() << bad_job_id(arguments.job).text;
    return kExitUsage;
  }
  const auto config = client_config(arguments.client, host);
  if (!config) return fail(host, kExitUsage, config.error().text);
  Conversation conversation(host, *config);
  if (!arguments.client.json) host.out() << "Cancelling job " << id->text() << ".\n" << std::flush;
  const Outcome outcome =
      conversation.write({.method = http::Method::patch, .target = "/jobs/" + id->text() + "?mode=cancel"});
  if (!outcome.ok()) return fail(host, outcome, "Could not cancel job " + id->text() + ": ");
  if (arguments.client.json)
    host.out() << "{\"jobid\":\"" << id->text() << "\"}\n";
  else
    host.out() << "Cancelled job " << id->text() << ".\n";
  return kExitDone;
}

}  // namespace stellwerk::cli
