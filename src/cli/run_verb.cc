#include <algorithm>
#include <ostream>

#include "cli/answers.h"
#include "cli/conversation.h"
#include "cli/exit_codes.h"
#include "cli/spec_file.h"
#include "cli/verbs.h"
#include "model/job.h"

namespace stellwerk::cli {
namespace {

/// Between two looks at a job that is waited for: doubling from the first to the second.
constexpr Milliseconds kLookLeast{50};
constexpr Milliseconds kLookMost{1'000};
/// How long a job may be CREATED before a hint says what it waits for.
constexpr Milliseconds kHintAfter = std::chrono::seconds(3);

class Run {
 public:
  Run(const RunArguments& arguments, Host& host, ClientConfig config)
      : arguments_(arguments), host_(host), conversation_(host, std::move(config)) {}

  int submit_and_wait(const model::ReadSpec& spec) {
    id_ = spec.job_id ? *spec.job_id : JobId::mint(host_.wall_ms(), host_.random_bits());
    host_.catch_interrupts();
    if (const int code = submit(spec); code != kExitDone || arguments_.detached) return code;
    return wait();
  }

 private:
  int submit(const model::ReadSpec& spec) {
    const Outcome outcome = conversation_.write({.method = http::Method::post,
                                                 .target = "/jobs",
                                                 .headers = {{"Content-Type", "application/json"}},
                                                 .body = submission(spec, id_)});
    if (outcome.kind == Outcome::Kind::interrupted)
      return fail(host_, outcome.maybe_done ? kExitUnknown : kExitInterrupted,
                  outcome.maybe_done ? "Interrupted: whether job " + id_.text() + " was submitted is unknown"
                                     : "Interrupted: the job was not submitted");
    if (outcome.kind == Outcome::Kind::unknown)
      return fail(host_, outcome.exit_code(),
                  "Whether job " + id_.text() + " was submitted is unknown: " + outcome.text);
    if (!outcome.ok()) return fail(host_, outcome.exit_code(), "The job was not submitted: " + outcome.text);
    const auto accepted = read_submitted(outcome.response.body);
    if (!accepted || *accepted != id_)
      return fail(host_, kExitUnknown,
                  "Whether job " + id_.text() + " was submitted is unknown: the answer does not name it");
    if (arguments_.client.json && arguments_.detached)
      host_.out() << "{\"jobid\":\"" << id_.text() << "\"}\n";
    else if (!arguments_.client.json)
      host_.out() << "Job has been submitted with JobID " << id_.text() << '\n';
    host_.out() << std::flush;
    return kExitDone;
  }

  int wait() {
    const Milliseconds began = host_.now();
    Milliseconds pause = kLookLeast;
    bool hinted = false;
    for (;;) {
      const Outcome outcome = conversation_.read_patiently("/jobs/" + id_.text() + "/status");
      if (outcome.kind == Outcome::Kind::interrupted) return left_running();
      if (!outcome.ok())
        return fail(host_, kExitUnknown, "Job " + id_.text() + " was submitted; its end is unknown: " + outcome.text);
      const auto status = read_job_status(outcome.response.body);
      if (!status)
        return fail(host_, kExitUnknown,
                    "Job " + id_.text() + " was submitted; its end is unknown: " + status.error().text);
      const auto known = model::parse_job_status(*status);
      if (known && model::is_terminal(*known)) return ended(*known);
      if (!hinted && known == model::JobStatus::created && host_.now() - began >= kHintAfter) {
        host_.err() << "The job is CREATED: " << what_it_waits_for() << ". Ctrl-C leaves it waiting.\n";
        hinted = true;
      }
      host_.pause(pause);
      if (host_.interrupted()) return left_running();
      pause = std::min(pause * 2, kLookMost);
    }
  }

  std::string what_it_waits_for() {
    if (const Outcome outcome = conversation_.read("/jobs/" + id_.text()); outcome.ok())
      if (const auto job = read_job(outcome.response.body); job && job->waiting) {
        const auto& [needed, free, total] = *job->waiting;
        return "it needs " + std::to_string(needed) + (needed == 1 ? " slot, " : " slots, ") + std::to_string(free) +
               " of " + std::to_string(total) + (free == 1 ? " is free" : " are free");
      }
    return "it waits for free slots of workers";
  }

  int left_running() {
    return fail(host_, kExitInterrupted,
                "Interrupted; job " + id_.text() + " goes on. To end it: stellwerk cancel " + id_.text());
  }

  int ended(model::JobStatus status) {
    std::int64_t runtime_ms = -1;
    if (const Outcome outcome = conversation_.read("/jobs/" + id_.text()); outcome.ok())
      if (const auto job = read_job(outcome.response.body)) runtime_ms = job->duration_ms;
    const std::string state(model::to_string(status));
    if (arguments_.client.json)
      host_.out() << "{\"jobid\":\"" << id_.text() << "\",\"status\":\"" << state << "\",\"runtime-ms\":" << runtime_ms
                  << "}\n";
    if (status != model::JobStatus::finished) return ended_badly(status);
    if (arguments_.client.json) return kExitDone;
    host_.out() << "Program execution finished\nJob with JobID " << id_.text() << " has finished.\n";
    if (runtime_ms >= 0) host_.out() << "Job Runtime: " << runtime_ms << " ms\n";
    return kExitDone;
  }

  int ended_badly(model::JobStatus status) {
    const bool failed = status == model::JobStatus::failed;
    std::string text = "Job with JobID " + id_.text() + (failed ? " has failed" : " was cancelled");
    if (failed)
      if (const Outcome outcome = conversation_.read("/jobs/" + id_.text() + "/exceptions"); outcome.ok())
        if (const std::string cause = read_root_exception(outcome.response.body); !cause.empty()) text += ": " + cause;
    return fail(host_, kExitUsage, text);
  }

  const RunArguments& arguments_;
  Host& host_;
  Conversation conversation_;
  JobId id_;
};

}  // namespace

int run_job(const RunArguments& arguments, Host& host) {
  auto config = client_config(arguments.client, host, Purpose::submits);
  if (!config) return fail(host, kExitUsage, config.error().text);
  const SpecOverrides overrides{arguments.parallelism ? arguments.parallelism : config->parallelism, arguments.name};
  const auto spec = arguments.file.empty() ? spec_of_command(arguments.command, overrides)
                                           : read_spec_file(arguments.file, overrides);
  if (!spec) {
    host.err() << usage_error(spec.error().text).text;
    return kExitUsage;
  }
  return Run(arguments, host, std::move(*config)).submit_and_wait(*spec);
}

}  // namespace stellwerk::cli
