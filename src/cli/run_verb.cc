#include <ostream>

#include "base/text.h"
#include "cli/answers.h"
#include "cli/conversation.h"
#include "cli/exit_codes.h"
#include "cli/follow.h"
#include "cli/spec_file.h"
#include "cli/verbs.h"

namespace stellwerk::cli {
namespace {

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
    using Show = attach::Show;
    const std::string& master = arguments_.client.master;
    attach::Options options;
    options.job = id_;
    options.show = arguments_.client.json ? Show::json : host_.terminal_columns() > 0 ? Show::terminal : Show::plain;
    options.patience = conversation_.timeout();
    options.cancel_command = "stellwerk cancel " + (master.empty() ? "" : "-m " + master + ' ') + id_.text();
    return follow(options, conversation_, host_);
  }

  const RunArguments& arguments_;
  Host& host_;
  Conversation conversation_;
  JobId id_;
};

Result<model::ReadSpec> read_spec(const RunArguments& arguments, const SpecOverrides& overrides) {
  if (arguments.file.empty()) return spec_of_command(arguments.command, overrides);
  if (is_jar(arguments.file)) return spec_of_jar(arguments.file, arguments.main_class, arguments.command, overrides);
  return read_spec_file(arguments.file, overrides);
}

}  // namespace

int run_job(const RunArguments& arguments, Host& host) {
  auto config = client_config(arguments.client, host, Purpose::submits);
  if (!config) return fail(host, kExitUsage, config.error().text);
  const SpecOverrides overrides{arguments.parallelism ? arguments.parallelism : config->parallelism, arguments.name,
                                arguments.at_most_one};
  const auto spec = read_spec(arguments, overrides);
  if (!spec) {
    host.err() << usage_error(spec.error().text).text;
    return kExitUsage;
  }
  if (is_jar(arguments.file))
    host.err() << "There is no Flink runtime here: each worker's own java runs the jar as any program, and "
               << escaped(absolute_path(arguments.file), kErrorBytesMax) << " must be there on every worker.\n";
  return Run(arguments, host, std::move(*config)).submit_and_wait(*spec);
}

}  // namespace stellwerk::cli
