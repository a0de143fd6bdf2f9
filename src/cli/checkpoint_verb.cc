#include <algorithm>
#include <ostream>

#include "base/json.h"
#include "base/json_writer.h"
#include "base/text.h"
#include "cli/answers.h"
#include "cli/conversation.h"
#include "cli/exit_codes.h"
#include "cli/verbs.h"
#include "http/error_text.h"

namespace stellwerk::cli {
namespace {

/// Between two looks: doubling from the first to the second.
constexpr Milliseconds kLookLeast = Milliseconds(50);
constexpr Milliseconds kLookMost = std::chrono::seconds(1);
/// Masters remember answers for as long.
constexpr Milliseconds kCheckpointWaitMax = std::chrono::hours(1);

/// `GET /jobs/:jobid/checkpoints/:triggerid`
struct TriggerAnswer {
  bool over = false;
  std::int64_t checkpoint = 0;  ///< 0: none
  std::string cause;
};

Result<TriggerAnswer> read_trigger(std::string_view body) {
  const auto value = parse_json(body, "the answer");
  if (value.has_error()) return value.error();
  JsonFields fields(*value, "the answer");
  JsonFields status(fields.object("status"), "the answer's status");
  TriggerAnswer out;
  out.over = status.string("id") == "COMPLETED";
  if (!fields.ok()) return fields.error();
  if (!status.ok()) return status.error();
  if (!out.over) return out;
  JsonFields operation(fields.object("operation"), "the answer's operation");
  out.checkpoint = operation.integer_or("checkpointId", 0);
  if (operation.has("failureCause")) {
    JsonFields cause(operation.object("failureCause"), "the answer's cause");
    out.cause = escaped(cause.string_or("stack-trace", "no reason is given"), http::kErrorBytesMax);
  }
  if (!operation.ok()) return operation.error();
  return out;
}

class CheckpointVerb {
 public:
  CheckpointVerb(const CheckpointArguments& arguments, JobId job, Host& host, ClientConfig config)
      : arguments_(arguments), job_(std::move(job)), host_(host), conversation_(host, std::move(config)) {}

  int run() {
    const std::string trigger = JobId::mint(host_.wall_ms(), host_.random_bits()).text();
    host_.catch_interrupts();
    say("Triggering checkpoint for job " + job_.text() + ".\nWaiting for response...\n");
    http::ClientRequest request;
    request.method = http::Method::post;
    request.target = "/jobs/" + job_.text() + "/checkpoints";
    request.headers.emplace_back("Content-Type", "application/json");
    request.body = R"({"triggerId":")" + trigger + "\"}";
    const Outcome asked = conversation_.write(std::move(request));
    if (!asked.ok()) return fail_with(asked.exit_code(), asked.text);
    const Milliseconds until = host_.now() + kCheckpointWaitMax;
    for (Milliseconds pause = kLookLeast; host_.now() < until; pause = std::min(2 * pause, kLookMost)) {
      const Outcome outcome = conversation_.read("/jobs/" + job_.text() + "/checkpoints/" + trigger);
      if (outcome.kind == Outcome::Kind::refused) return fail_with(outcome.exit_code(), outcome.text);
      if (outcome.kind == Outcome::Kind::interrupted || host_.interrupted()) return kExitInterrupted;
      if (outcome.ok()) {
        const auto answer = read_trigger(outcome.response.body);
        if (answer.has_error()) return fail_with(kExitUnknown, answer.error().text);
        if (answer->over) return tell(*answer);
      }
      host_.pause(pause);
    }
    return fail_with(kExitUnknown, "it has not ended within an hour");
  }

 private:
  int tell(const TriggerAnswer& answer) {
    if (answer.checkpoint == 0) return fail_with(kExitRefused, answer.cause);
    if (arguments_.client.json) {
      std::string text;
      JsonWriter out(text);
      out.begin_object().member("jobid", job_.text()).member("checkpoint", answer.checkpoint).end_object();
      host_.out() << text << '\n';
    } else {
      host_.out() << "Checkpoint " << answer.checkpoint << " for job " << job_.text() << " completed.\n";
    }
    return kExitDone;
  }

  int fail_with(int code, const std::string& why) {
    return fail(host_, code, "Could not take a checkpoint of job " + job_.text() + ": " + why);
  }

  void say(const std::string& text) {
    if (!arguments_.client.json) host_.out() << text << std::flush;
  }

  const CheckpointArguments& arguments_;
  const JobId job_;
  Host& host_;
  Conversation conversation_;
};

}  // namespace

int take_checkpoint(const CheckpointArguments& arguments, Host& host) {
  const auto id = JobId::parse(arguments.job);
  if (!id) {
    host.err() << bad_job_id(arguments.job).text;
    return kExitUsage;
  }
  const auto config = client_config(arguments.client, host);
  if (!config) return fail(host, kExitUsage, config.error().text);
  return CheckpointVerb(arguments, *id, host, *config).run();
}

}  // namespace stellwerk::cli
