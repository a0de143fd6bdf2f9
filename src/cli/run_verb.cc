#include <optional>
#include <ostream>

#include "base/json.h"
#include "base/text.h"
#include "cli/answers.h"
#include "cli/bundle_file.h"
#include "cli/conversation.h"
#include "cli/exit_codes.h"
#include "cli/follow.h"
#include "cli/spec_file.h"
#include "cli/verbs.h"
#include "http/error_text.h"
#include "http/syntax.h"

namespace stellwerk::cli {
namespace {

class Run {
 public:
  /// `id`: what the command line says.
  Run(const RunArguments& arguments, std::optional<JobId> id, Host& host, ClientConfig config)
      : arguments_(arguments), asked_id_(id), host_(host), conversation_(host, std::move(config)) {}

  int spec(const model::ReadSpec& spec) {
    id_ = asked_id_ ? *asked_id_ : spec.job_id ? *spec.job_id : new_id();
    host_.catch_interrupts();
    return submit_and_wait({.method = http::Method::post,
                            .target = "/jobs",
                            .headers = {{"Content-Type", "application/json"}},
                            .body = submission(spec, id_)});
  }

  int bundle(BundleFile bundle, std::optional<std::int32_t> parallelism) {
    id_ = asked_id_ ? *asked_id_ : new_id();
    host_.catch_interrupts();
    std::string uploaded;
    if (const int code = upload(std::move(bundle), uploaded); code != kExitDone) return code;
    return submit_and_wait({.method = http::Method::post,
                            .target = "/jars/" + http::escape_segment(uploaded) + "/run",
                            .headers = {{"Content-Type", "application/json"}},
                            .body = run_wish(parallelism)});
  }

 private:
  JobId new_id() { return JobId::mint(host_.wall_ms(), host_.random_bits()); }

  /// The same file under the same id, however often it has to be sent; what is uploaded and never run goes by itself.
  int upload(BundleFile bundle, std::string& id) {
    const std::string uuid = make_uuid(host_.random_bits());
    const Outcome outcome =
        conversation_.write({.method = http::Method::post,
                             .target = "/jars/upload?once=true&name=" + http::escape_segment(bundle.name),
                             .headers = {{"Content-Type", "application/octet-stream"}, {"Stellwerk-Bundle-Id", uuid}},
                             .body = std::move(bundle.bytes)});
    if (outcome.kind == Outcome::Kind::interrupted)
      return fail(host_, kExitInterrupted, "Interrupted: the job was not submitted");
    if (!outcome.ok())
      return fail(host_, outcome.kind == Outcome::Kind::unknown ? kExitNoLeader : outcome.exit_code(),
                  "The job was not submitted, because " + escaped(bundle.name, http::kErrorBytesMax) +
                      " could not be uploaded: " + outcome.text);
    const auto read = read_uploaded(outcome.response.body);
    if (!read) return fail(host_, kExitNoLeader, "The job was not submitted: " + read.error().text);
    id = *read;
    return kExitDone;
  }

  std::string run_wish(std::optional<std::int32_t> parallelism) const {
    json::object wish{{"jobId", id_.text()}};
    if (parallelism) wish["parallelism"] = *parallelism;
    if (!arguments_.name.empty()) wish["name"] = arguments_.name;
    if (arguments_.at_most_one) wish["atMostOne"] = true;
    if (!arguments_.main_class.empty()) wish["entryClass"] = arguments_.main_class;
    if (!arguments_.command.empty())
      wish["programArgsList"] = json::array(arguments_.command.begin(), arguments_.command.end());
    return canonical_json(wish);
  }

  int submit_and_wait(http::ClientRequest request) {
    if (const int code = submit(std::move(request)); code != kExitDone || arguments_.detached) return code;
    return wait();
  }

  int submit(http::ClientRequest request) {
    const Outcome outcome = conversation_.write(std::move(request));
    if (outcome.kind == Outcome::Kind::interrupted)
      return fail(host_, outcome.maybe_done ? kExitUnknown : kExitInterrupted,
                  outcome.maybe_done ? "Interrupted: whether job " + id_.text() + " was submitted is unknown"
                                     : "Interrupted: the job was not submitted");
    if (outcome.kind == Outcome::Kind::unknown)
      return fail(host_, outcome.exit_code(),
                  "Whether job " + id_.text() + " was submitted is unknown: " + outcome.text);
    if (!outcome.ok()) return fail(host_, outcome, "The job was not submitted: ");
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
  const std::optional<JobId> asked_id_;
  Host& host_;
  Conversation conversation_;
  JobId id_;
};

int refuse(Host& host, const Error& error) {
  host.err() << usage_error(error.text).text;
  return kExitUsage;
}

}  // namespace

int run_job(const RunArguments& arguments, Host& host) {
  std::optional<JobId> id;
  if (!arguments.job_id.empty()) {
    const auto read = JobId::parse(arguments.job_id);
    if (!read) {
      host.err() << bad_job_id(arguments.job_id).text;
      return kExitUsage;
    }
    id = *read;
  }
  auto config = client_config(arguments.client, host, Purpose::submits);
  if (!config) return fail(host, kExitUsage, config.error().text);
  const SpecOverrides overrides{arguments.parallelism ? arguments.parallelism : config->parallelism, arguments.name,
                                arguments.at_most_one};
  if (is_bundle(arguments.file)) {
    auto bundle = read_bundle(arguments.file);
    if (!bundle) return refuse(host, bundle.error());
    if (is_jar(arguments.file))
      host.err() << "There is no Flink runtime here: each worker's own java runs the jar as any program.\n";
    return Run(arguments, id, host, std::move(*config)).bundle(std::move(*bundle), overrides.parallelism);
  }
  const auto spec = arguments.file.empty() ? spec_of_command(arguments.command, overrides)
                                           : read_spec_file(arguments.file, overrides);
  if (!spec) return refuse(host, spec.error());
  return Run(arguments, id, host, std::move(*config)).spec(*spec);
}

}  // namespace stellwerk::cli
